"""From a model that differs between lanes to the smallest that still does."""
