"""A report in plain words: what a visitor wants to know first, and the rest below."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from hpki.signatures.indication import SubIndication
from hpki.signatures.wording_advice import ADVICE, changes_words, covers_words

_VERDICTS: Final[Mapping[str, tuple[str, str | Promise, str | Promise]]] = {
    "TOTAL_PASSED": (
        "ok",
        _("有効な署名です"),
        _("誰がどの資格で署名したか、内容に変化がないかは、下のとおりです。"),
    ),
    "TOTAL_FAILED": (
        "bad",
        _("有効でない署名です"),
        _("この文書を署名済みの文書として扱わないでください。理由は下の「所見」にあります。"),
    ),
    "INDETERMINATE": (
        "warn",
        _("有効とも無効とも判定できません"),
        _("足りないものや合わないものがあります。理由は下の「所見」にあります。"),
    ),
}


@dataclass(frozen=True)
class Verdict:
    """One outcome for people: `kind` is ok, warn or bad."""

    kind: str
    title: str | Promise
    sentence: str | Promise
    code: str
    advice: str


def verdict_of(shown: Mapping[str, Any]) -> Verdict:
    """The outcome of a report, or of one signature in it."""
    kind, title, sentence = _VERDICTS[str(shown["indication"])]
    code = str(shown["sub_indication"] or "")
    advice = ADVICE[SubIndication(code)].in_language(_lang()) if code else ""
    return Verdict(kind, title, sentence, code, advice)


@dataclass(frozen=True)
class SignatureSummary:
    """One signature for people."""

    verdict: Verdict
    shown: Mapping[str, Any]
    findings: tuple[str, ...]

    @property
    def signed_at(self) -> dt.datetime | None:
        """What the signer claims."""
        return _moment(self.shown["signed_at"])

    @property
    def proven_at(self) -> dt.datetime | None:
        """What a time-stamp proves."""
        return _moment(self.shown["proven_at"])

    @property
    def changes(self) -> str:
        """Whether the content is what was signed, and whether something was added to the file afterwards."""
        codes = {each["code"] for each in self.shown["findings"]}
        return changes_words(codes, is_intact=self.shown["intact"]).in_language(_lang())

    @property
    def covers(self) -> list[str]:
        """What is under it."""
        return [covers_words(each, _lang()) for each in self.shown["covers"]]

    @property
    def qualifications(self) -> list[str]:
        """What the signer may call himself, if the signature is good."""
        lang = _lang()
        found = self.shown["qualifications"]
        return [str(each.get("name_ja") if lang == "ja" else each.get("hcrole")) for each in found]


def signatures_of(report: Mapping[str, Any]) -> list[SignatureSummary]:
    """The signatures of a report, counter-signatures behind the one they are upon."""
    found: list[SignatureSummary] = []
    waiting = list(report["signatures"])
    while waiting:
        each = waiting.pop(0)
        findings = tuple(_told(one) for one in each["findings"])
        found.append(SignatureSummary(verdict_of(each), each, findings))
        waiting = [*each["counter_signatures"], *waiting]
    return found


def findings_of(report: Mapping[str, Any]) -> list[str]:
    """What is said of the document as a whole."""
    return [_told(each) for each in report["findings"]]


def _told(finding: Mapping[str, Any]) -> str:
    return f"{finding[_lang()]} [{finding['clause']}]"


def _moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _lang() -> str:
    return "ja" if (get_language() or "ja").startswith("ja") else "en"
