"""What the judge found: one sentence with its clause."""

from dataclasses import dataclass
from typing import Protocol

from hpki.validation.indication import SubIndication
from hpki.validation.wording import FINDINGS


class Sentence(Protocol):
    """What a report tells, whoever found it."""

    @property
    def code(self) -> str:
        """Stable name of what was found."""
        ...

    @property
    def about(self) -> str:
        """The certificate it speaks of."""
        ...

    @property
    def clause(self) -> str:
        """The standard and clause."""
        ...

    @property
    def sub_indication(self) -> SubIndication | None:
        """What follows from it; None for a remark that changes nothing."""
        ...

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        ...


def sentence_json(found: Sentence) -> dict[str, str | None]:
    """Code, sub-indication, clause, what it is about, and both sentences."""
    return {
        "code": found.code,
        "sub_indication": found.sub_indication,
        "clause": found.clause,
        "about": found.about,
        "ja": found.sentence("ja"),
        "en": found.sentence("en"),
    }


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    `code` is a key of `wording.FINDINGS`, which gives its sentences, its clause and what it means for the outcome;
    `detail` fills the sentence; `about` names the certificate or list it speaks of.
    """

    code: str
    detail: str = ""
    about: str = ""

    @property
    def sub_indication(self) -> SubIndication | None:
        """What follows from it; None for a remark that changes nothing."""
        return FINDINGS[self.code].sub_indication

    @property
    def clause(self) -> str:
        """The standard and clause."""
        return FINDINGS[self.code].clause

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        words = FINDINGS[self.code].ja if lang == "ja" else FINDINGS[self.code].en
        sentence = words.format(detail=self.detail)
        return f"{self.about}: {sentence}" if self.about else sentence
