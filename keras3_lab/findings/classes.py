"""What a classifier gets right, class by class."""

from __future__ import annotations

from sklearn.metrics import classification_report

from keras3_lab.engine import predict
from keras3_lab.recipes import Findings, Outcome


def classification(outcome: Outcome) -> list[Findings]:
    """Report precision, recall and F1 of each class on the test rows."""
    (model,) = outcome.models.values()
    predicted = predict(model, outcome.splits.x_test, verbose=0).argmax(axis=-1)
    report = classification_report(
        outcome.splits.y_test, predicted, output_dict=True, zero_division=0
    )
    rows = [
        (name, row["precision"], row["recall"], row["f1-score"], int(row["support"]))
        for name, row in report.items()
        if isinstance(row, dict)
    ]
    columns = ("class", "precision", "recall", "F1", "rows")
    return [Findings(title="Classification report, test rows", columns=columns, rows=rows)]
