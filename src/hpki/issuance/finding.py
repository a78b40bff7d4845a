"""What a lint found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One breach: a stable code, a sentence for people, and the clause or sample that was broken."""

    code: str
    sentence: str
    clause: str

    def __str__(self) -> str:
        return f"{self.code}: {self.sentence} ({self.clause})"
