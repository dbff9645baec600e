"""Private parts of Keras: each in one place, explained, and missed in one line."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import forked
import keras
import numpy as np
import pytest
from keras.src.utils import file_utils  # noqa: TID251

import keras3_lab.private
from keras3_lab.errors import UsageError
from keras3_lab.private import data, downloads, initializers, layers, models, optimizers
from keras3_lab.private.parts import attribute, part

PACKAGE = Path(keras3_lab.private.__file__).parents[1]
ROOM = PACKAGE / "private"
MODULES = [
    importlib.import_module(f"keras3_lab.private.{module.name}")
    for module in pkgutil.iter_modules(keras3_lab.private.__path__)
    if module.name != "parts"
]
ADVICE = "keras3_lab knows Keras 3.15: install 'keras==3.15.*' or a later keras3-lab"


def _last_line(code: str) -> str:
    result = forked.python("-c", code)
    return (result.stdout if result.returncode == 0 else result.stderr).splitlines()[-1]


def test_a_moved_function_is_told_in_one_line_at_import() -> None:
    code = """
import keras
from keras.src.utils import python_utils
keras.__version__ = "3.17.0"
del python_utils.pythonify_logs
import keras3_lab
keras3_lab.fit
"""
    assert _last_line(code) == (
        "keras3_lab.errors.UsageError: keras 3.17.0 has moved or renamed "
        f"keras.src.utils.python_utils.pythonify_logs, which keras3_lab.engine needs; {ADVICE}"
    )


def test_a_renamed_method_is_told_in_one_line_where_it_is_used() -> None:
    code = """
import keras
import numpy as np
import keras3_lab
keras.Model._build_by_symbols = keras.Model._symbolic_build
for kind in keras.Model.__mro__:
    if "_symbolic_build" in vars(kind):
        del kind._symbolic_build
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
model.compile("sgd", "mse")
keras3_lab.fit(model, np.ones((4, 2)), np.ones((4, 1)), verbose=0)
"""
    assert _last_line(code) == (
        f"keras3_lab.errors.UsageError: keras {keras.__version__} has moved or renamed "
        f"Sequential._symbolic_build, which keras3_lab.engine needs; {ADVICE}"
    )


@pytest.mark.parametrize(
    "path",
    ["keras.src.nowhere:name", "keras.src.utils:nothing", "keras.src:backend.random.nothing"],
)
def test_a_part_that_is_not_there_is_named(path: str) -> None:
    name = re.escape(path.replace(":", "."))
    with pytest.raises(
        UsageError, match=f"^keras {keras.__version__} has .* {name}, which tests needs; "
    ):
        part(path, needed_by="tests")


def test_an_error_inside_a_private_method_is_not_taken_for_a_moved_one() -> None:
    class Broken(keras.Model):
        def _symbolic_build(self, data_batch):
            return data_batch.nothing

    with pytest.raises(AttributeError, match="nothing"):
        models.symbolic_build(Broken(), (1, 2))
    with pytest.raises(UsageError, match=r"renamed Dense\._nothing, which tests needs"):
        attribute(keras.layers.Dense(1), "_nothing", needed_by="tests")


def test_each_part_tells_what_would_make_it_unnecessary() -> None:
    functions = [
        function
        for module in MODULES
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__
        if not name.startswith("_")
    ]
    assert len(functions) > 25
    for function in functions:
        assert "\nUnnecessary once " in (inspect.getdoc(function) or ""), function


def _violations(path: Path) -> list[str]:
    """Return uses of what is private to Keras that ruff's TID251 and SLF001 cannot see."""
    tree = ast.parse(path.read_text())
    nodes = list(ast.walk(tree))
    stored = (ast.Attribute, ast.Name)
    own = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    own |= {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in nodes
        if isinstance(node, stored) and isinstance(node.ctx, ast.Store)
    }
    found = []
    for node in nodes:
        if isinstance(node, ast.Constant) and "keras.src" in str(node.value):
            found.append(f"{path}:{node.lineno} names keras.src")
        if isinstance(node, ast.ImportFrom | ast.Import) and "keras.src" in ast.unparse(node):
            found.append(f"{path}:{node.lineno} imports keras.src")
        if isinstance(node, ast.Attribute) and re.match("_[a-z]", node.attr):
            inherited = ast.unparse(node.value) in ("self", "cls", "super()")
            if inherited and node.attr not in own:
                found.append(f"{path}:{node.lineno} uses {ast.unparse(node)}")
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "setattr"):
            name = node.args[1]
            if isinstance(name, ast.Constant) and re.match("_[a-z]", name.value):
                found.append(f"{path}:{node.lineno} uses {name.value}")
    return found


def test_no_other_file_uses_what_is_private_to_keras() -> None:
    files = [path for path in PACKAGE.rglob("*.py") if ROOM not in path.parents]
    assert len(files) > 100
    assert [line for path in files for line in _violations(path)] == []


def test_what_lint_cannot_see_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "bad.py"
    path.write_text(
        "from keras.src.utils import x\n"
        "y = 'keras.src.utils'\n"
        "class Layer:\n"
        "    def call(self, loss):\n"
        "        self._mine = self._seed_generators\n"
        "        return getattr(loss, '_fn_kwargs', self._mine)\n"
    )
    assert sorted(line.split(":")[1] for line in _violations(path)) == [
        "1 imports keras.src",
        "2 names keras.src",
        "5 uses self._seed_generators",
        "6 uses _fn_kwargs",
    ]


@keras.saving.register_keras_serializable("test_private")
class Block(keras.layers.Layer):
    """A weight of its own, one that is not trained, and layers inside."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first = keras.layers.Dense(2)
        self.drop = keras.layers.Dropout(0.5)

    def build(self, shape):
        self.scale = self.add_weight(shape=(1,), name="scale")
        self.shift = self.add_weight(shape=(1,), name="shift", trainable=False)
        self.first.build(shape)

    def call(self, inputs):
        return self.drop(self.first(inputs)) * self.scale + self.shift


def test_layers_and_their_own_variables() -> None:
    block = Block()
    model = keras.Sequential([keras.Input((3,)), block, keras.layers.Dense(1)])
    kinds = [type(layer).__name__ for layer in layers.flatten_layers(model)]
    assert sorted(kinds) == ["Block", "Dense", "Dense", "Dropout", "InputLayer"]
    kinds = [type(layer).__name__ for layer in layers.flatten_layers(model, recursive=False)]
    assert sorted(kinds) == ["Block", "Dense", "InputLayer"]
    assert layers.sublayers(block) == [block.first, block.drop]
    assert [v.name for v in layers.own_variables(block)] == ["scale", "shift"]
    assert [v.name for v in layers.own_trainable_variables(block)] == ["scale"]
    assert layers.seed_generators(block) == []
    assert layers.seed_generators(block.drop) == [block.drop.seed_generator]
    assert layers.operation_of(model.outputs[0]) is model.layers[-1]


def test_shapes_of_masks() -> None:
    inputs = keras.ops.ones((2, 4, 5, 3))
    shape = layers.spatial_noise_shape(keras.layers.SpatialDropout2D(0.5), inputs)
    assert shape == (2, 1, 1, 3)
    alpha = keras.layers.AlphaDropout(0.5, noise_shape=(None, 1, None, 1))
    assert layers.alpha_noise_shape(alpha, inputs) == (2, 1, 5, 1)


def test_variables_without_values_keep_initializers_and_leave_no_trace() -> None:
    names = keras.layers.Dense(1).name, keras.layers.Dense(1).name
    with initializers.variables_without_values():
        layer = keras.layers.Dense(2, kernel_initializer="ones")
        layer.build((None, 3))
    kept = layers.kept_initializer(layer.kernel)
    assert isinstance(kept, keras.initializers.Ones)
    with keras.StatelessScope(initialize_variables=False):
        pass  # here Keras gives values to all variables that still wait for one
    assert layers.kept_initializer(layer.kernel) is kept
    number = int(names[1].rpartition("_")[2])
    assert keras.layers.Dense(1).name == f"dense_{number + 1}"


def test_fans_and_random_calls() -> None:
    assert initializers.compute_fans((3, 3, 4, 8)) == (36, 72)
    with initializers.random_calls() as calls:
        keras.initializers.Ones()((2,))
        assert calls == []
        keras.initializers.RandomNormal()((2,))
    assert calls[0] == "normal"
    count = len(calls)
    keras.initializers.RandomNormal()((2,))
    assert len(calls) == count


def test_compile_settings_are_others_after_compile_alone() -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    assert models.compile_settings(model) == (None, None, None)
    optimizer = keras.optimizers.SGD()
    model.compile(optimizer, "mse")
    settings = models.compile_settings(model)
    model.fit(keras.ops.ones((2, 2)), keras.ops.ones((2, 1)), verbose=0)
    assert [*map(id, models.compile_settings(model))] == [*map(id, settings)]
    model.compile(optimizer, "mse")
    assert [*map(id, models.compile_settings(model))] != [*map(id, settings)]


def test_arrays_are_checked_weighted_and_split_as_by_keras() -> None:
    x, y = keras.ops.ones((5, 2)), keras.ops.convert_to_tensor([0, 1, 0, 1, 1])
    arrays, batch_size = data.checked_arrays(
        x, y, None, class_weight={0: 1.0, 1: 3.0}, batch_size=None, steps=None
    )
    assert [float(weight) for weight in arrays[2]] == [1, 3, 1, 3, 3]
    assert batch_size == 32
    train, validation = data.train_validation_split((x, y), 0.4)
    assert (len(train[0]), len(validation[1])) == (3, 2)
    assert data.is_of_arrays((x, y, None))
    assert not data.is_of_arrays((iter([x]), None, None))


def test_a_variable_has_its_place_in_the_optimizer() -> None:
    variables = [keras.Variable([float(i)]) for i in range(3)]
    optimizer = keras.optimizers.SGD(momentum=0.9)
    optimizer.build(variables)
    assert [optimizers.variable_index(optimizer, variable) for variable in variables] == [0, 1, 2]


def test_keras_gets_its_files_by_another_function_inside() -> None:
    def get_file(name: str, *_: object, **__: object) -> str:
        raise FileNotFoundError(name)

    decode = keras.applications.mobilenet_v2.decode_predictions  # names of classes are in a file
    before = keras.utils.get_file
    with pytest.raises(FileNotFoundError, match="class_index"), downloads.downloads_by(get_file):
        decode(np.zeros((1, 1000)))
    assert file_utils.get_file is before
