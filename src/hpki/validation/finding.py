"""What the judge found: one sentence with its clause."""

from dataclasses import dataclass

from hpki.validation.indication import SubIndication
from hpki.validation.wording import FINDINGS


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

    def as_json(self) -> dict[str, str | None]:
        """Code, sub-indication, clause, what it is about, detail and both sentences."""
        return {
            "code": self.code,
            "sub_indication": self.sub_indication,
            "clause": self.clause,
            "about": self.about,
            "detail": self.detail,
            "ja": self.sentence("ja"),
            "en": self.sentence("en"),
        }
