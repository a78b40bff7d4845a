"""An expected no: a value with a code and a sentence, never a bare False."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass(frozen=True)
class Denial:
    """`code` is for records and tests; `sentence` is for people and may be a lazy translation."""

    code: str
    sentence: str | Promise


class Denied(Exception):
    """A use case was refused by its rules; nothing was written."""

    def __init__(self, denials: Sequence[Denial]) -> None:
        super().__init__(", ".join(denial.code for denial in denials))
        self.denials = tuple(denials)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(denial.code for denial in self.denials)
