"""The outcome of one key of a bulk lookup: `Succeeded` or `Failed`."""

from typing import ClassVar, Generic, Literal, NamedTuple, Never, NoReturn, TypeAlias, TypeVar

K = TypeVar("K")
V = TypeVar("V")
E = TypeVar("E")


class _Outcome(NamedTuple, Generic[K, V, E]):
    key: K
    value: V
    error: E
    seconds: float


class Succeeded(_Outcome[K, V, None]):
    """The outcome of a call that returned.

    Attributes:
        key: The key as it was given.
        value: What the call returned.
        error: `None`.
        seconds: Duration of the call with all its waits and retries.
        ok: `True`; type checkers take the value's type from `if outcome.ok:`.
    """

    __slots__ = ()
    ok: ClassVar[Literal[True]] = True

    def unwrap(self) -> V:
        """Return the value."""
        return self.value


# `Never`, not `None`: mypy narrows a union by the truth of `ok`, but pyright does not.
class Failed(_Outcome[K, Never, Exception]):
    """The outcome of a call that raised.

    Attributes:
        key: The key as it was given.
        value: `None`.
        error: What the call raised.
        seconds: Duration of the call with all its waits and retries.
        ok: `False`.
    """

    __slots__ = ()
    ok: ClassVar[Literal[False]] = False

    def unwrap(self) -> NoReturn:
        """Raise the error.

        Raises:
            Exception: The call's own.
        """
        raise self.error


Outcome: TypeAlias = Succeeded[K, V] | Failed[K]
