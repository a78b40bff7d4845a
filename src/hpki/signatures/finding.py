"""What the judge of signatures found: a sentence with its clause and the place it speaks of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from hpki.signatures.indication import OF_CERTIFICATE, SubIndication, worst_of
from hpki.signatures.wording import FINDINGS
from hpki.validation.finding import Sentence

MOST_FINDINGS: Final = 200


class Told(Protocol):
    """What a report tells, whoever found it."""

    @property
    def code(self) -> str:
        """Stable name of what was found."""
        ...

    @property
    def about(self) -> str:
        """The place in the document, or the certificate, it speaks of."""
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


@dataclass(frozen=True, slots=True)
class SignatureFinding:
    """One thing found in a signature: `code` is a key of `wording.FINDINGS`, `detail` fills its sentence."""

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


@dataclass(frozen=True, slots=True)
class CertificateFinding:
    """What the judge of certificates found, and what it means for the signature; a remark where time has healed it."""

    found: Sentence
    sub_indication: SubIndication | None

    @property
    def code(self) -> str:
        """Stable name of what was found."""
        return self.found.code

    @property
    def about(self) -> str:
        """The certificate it speaks of."""
        return self.found.about

    @property
    def clause(self) -> str:
        """The standard and clause."""
        return self.found.clause

    def sentence(self, lang: str) -> str:
        """The sentence in Japanese ("ja") or English."""
        return self.found.sentence(lang)


def of_certificate(found: Sentence) -> CertificateFinding:
    """A certificate's finding with what it means for a signature whose age is not known."""
    sub = found.sub_indication
    return CertificateFinding(found, None if sub is None else OF_CERTIFICATE[sub])


def readable(findings: Iterable[Told]) -> tuple[Told, ...]:
    """Each finding once, and of very many the first ones, the worst among them: a report is read, stored and printed."""
    found = tuple(dict.fromkeys(findings))
    if len(found) <= MOST_FINDINGS:
        return found
    worst = worst_of(each.sub_indication for each in found)
    naming = next(each for each in found if each.sub_indication is worst)
    kept = tuple(dict.fromkeys((*found[: MOST_FINDINGS - 1], naming)))
    return (*kept, SignatureFinding("more_findings", str(len(found) - len(kept))))


def told_json(found: Told) -> dict[str, str | None]:
    """Code, sub-indication, clause, place, and both sentences."""
    return {
        "code": found.code,
        "sub_indication": found.sub_indication,
        "clause": found.clause,
        "about": found.about,
        "ja": found.sentence("ja"),
        "en": found.sentence("en"),
    }
