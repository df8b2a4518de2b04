"""Generate models, as the API could send them, with polyfactory.

```python
customer = ModelFactory.create_factory(Customer).build(id=1)
```
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Generic, TypeGuard, TypeVar

from polyfactory.factories.attrs_factory import AttrsFactory

from capillary_async.models.definition import NOTHING_EXTRA, Model

ModelT = TypeVar("ModelT", bound=Model)


class ModelFactory(AttrsFactory[ModelT], Generic[ModelT]):
    """Generates a model and its inner models: amounts with three decimal places, date-times of recent years in UTC.

    `extra` is empty unless it is given.
    """

    __is_base_factory__ = True
    extra = NOTHING_EXTRA

    @classmethod
    def is_supported_type(cls, value: Any) -> TypeGuard[type[ModelT]]:
        """Support models only."""
        return isinstance(value, type) and issubclass(value, Model)

    @classmethod
    def get_provider_map(cls) -> dict[Any, Callable[[], Any]]:
        """Add providers for the types for which polyfactory has none."""
        return {**super().get_provider_map(), Decimal: cls._amount, datetime: cls._moment}

    @classmethod
    def _amount(cls) -> Decimal:
        return Decimal(cls.__random__.randrange(10_000_000)).scaleb(-3)

    @classmethod
    def _moment(cls) -> datetime:
        return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=cls.__random__.randrange(60_000_000))
