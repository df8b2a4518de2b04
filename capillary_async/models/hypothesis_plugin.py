"""Let hypothesis generate models: `from_type(Customer)` generates any customer that the API could send.

hypothesis calls `register` through the package's entry point, so a test need not call it.
"""

from importlib import import_module


def register() -> None:
    """Register the strategy for models."""
    # Importing the module is enough. The import may import hypothesis first, which calls this function again while the
    # module is only partly imported, so this function must not use names of the module.
    import_module("capillary_async.models.strategies")
