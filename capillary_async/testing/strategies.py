"""Let hypothesis make models: `from_type(Customer)` gives any that the API could send.

hypothesis finds `register` by the package's entry point when it loads, so nothing has to be called.
"""

from importlib import import_module


def register() -> None:
    """Tell hypothesis how models are made."""
    # Loading it is enough. It loads hypothesis, which calls this function again if it was not loaded before; then the
    # module is half loaded already, so nothing may be asked of it.
    import_module("capillary_async.testing.model_strategies")
