"""A secret that cannot be printed."""

from typing import Final


class Secret:
    """Text that must not reach a log, a traceback or a page: a PIN, a passphrase, a token's PIN.

    The only way out is `reveal()`.  Equality is not defined by value, so a secret is never compared by accident.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text: Final = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        msg = "a Secret is not pickled"
        raise TypeError(msg)


class DrawnSecret(Secret):
    """A secret of 128 random bits or more that no person chose.

    Nobody finds it by trying, however quick a try is, so a file under it is not stretched against guessing.
    """

    __slots__ = ()
