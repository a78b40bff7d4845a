"""The report on a signed document as a PDF that people file (Japanese or English), and the picture of a signature."""

import datetime as dt
from typing import Final

from hpki.certs import printing
from hpki.signatures.finding import Told
from hpki.signatures.indication import Indication
from hpki.signatures.report import DocumentReport, SignatureReport, outcome_words
from hpki.signatures.sheets import typeset
from hpki.signatures.wording_advice import ADVICE
from hpki.validation.facts import CertificateFacts
from hpki.validation.report import qualifications_of

_JAPAN: Final = dt.timezone(dt.timedelta(hours=9))
_WORDS: Final = {
    "ja": {
        "title": "署名検証結果報告書",
        "document": "文書",
        "sha256": "文書の SHA-256",
        "at": "判定時点",
        "policy": "検証ポリシー",
        "signature": "署名 {number}",
        "findings": "所見",
        "footer": "openhpki による検証",
        Indication.TOTAL_PASSED: "すべての署名が有効です。内容に変化がないかは、署名ごとに下に示します。",
        Indication.TOTAL_FAILED: "有効でない署名があります。この文書を署名済みの文書として扱わないでください。",
        Indication.INDETERMINATE: "有効とも無効とも判定できません。理由は下の所見に示します。",
    },
    "en": {
        "title": "Report on a signed document",
        "document": "Document",
        "sha256": "SHA-256 of the document",
        "at": "Moment",
        "policy": "Validation policy",
        "signature": "Signature {number}",
        "findings": "Findings",
        "footer": "Validated by openhpki",
        Indication.TOTAL_PASSED: "Every signature is good. Whether the content has changed is told for each below.",
        Indication.TOTAL_FAILED: "There is a signature that is not good. Do not treat this as a signed document.",
        Indication.INDETERMINATE: "It cannot be said whether the signatures are good. The findings below say why.",
    },
}


def report_pdf(report: DocumentReport, *, name: str, sha256: bytes, lang: str = "ja") -> bytes:
    """The report as an archival PDF.

    name: what people call the document; sha256: 32 octets of its hash; lang: "ja" or "en".
    """
    words = _WORDS[lang]
    sub = report.sub_indication
    advice = "" if sub is None else f" {ADVICE[sub].in_language(lang)}"
    payload = {
        "lang": lang,
        "title": words["title"],
        "outcome": outcome_words(report.indication, report.sub_indication, lang),
        "meaning": words[report.indication] + advice,
        "footer": words["footer"],
        "findings": words["findings"],
        "document": [
            [words["document"], printing.printable(name)[:200]],
            [words["sha256"], sha256.hex()],
            [words["at"], printing.moment_words(report.at)],
            [words["policy"], report.policy],
        ],
        "signatures": [
            {
                "title": words["signature"].format(number=number),
                "rows": _rows(signature, lang),
                "findings": [_told(found, lang) for found in signature.findings],
            }
            for number, signature in enumerate(report.all_signatures(), 1)
        ],
        "notes": [_told(found, lang) for found in report.findings],
    }
    return typeset("report.typ", payload, at=report.at)


def _rows(signature: SignatureReport, lang: str) -> list[list[str]]:
    """The lines of one signature without its findings and those upon it, which stand by themselves."""
    upon = {row for each in signature.counter_signatures for row in each.words(lang)}
    told = {_told(found, lang) for found in signature.findings}
    return [
        [label, value]
        for label, value in signature.words(lang)
        if (label, value) not in upon and value not in told
    ]


def _told(found: Told, lang: str) -> str:
    return f"{found.sentence(lang)} [{found.clause}]"


def signature_picture(
    certificate: CertificateFacts, *, signed_at: dt.datetime, width: float, height: float, name: str = ""
) -> bytes:
    """The picture of a visible signature: name, qualification, and the day in 和暦.

    width, height: of the place on the page, in points.  name: as the signer writes it; "" takes the certificate's.
    """
    stated = qualifications_of(certificate)
    day = signed_at.astimezone(_JAPAN).date()
    payload = {
        "name": printing.printable(name or certificate.subject_words)[:80],
        "role": "・".join(each.words("ja") for each in stated)[:80] or "電子署名",
        "date": f"{_japanese_day(day)}（{day.isoformat()}）電子署名",
        "under": certificate.issuer_words[:120],
        "width": width,
        "height": height,
    }
    return typeset("seal.typ", payload, at=signed_at, archival=False)


# First days: cabinet orders 元号を改める政令 (1989-01-08 平成, 2019-05-01 令和); no signature is older.
_ERAS: Final = ((dt.date(2019, 5, 1), 2018, "令和"), (dt.date(1989, 1, 8), 1988, "平成"))


def _japanese_day(day: dt.date) -> str:
    for first, before, era in _ERAS:
        if day >= first:
            number = day.year - before
            return f"{era}{'元' if number == 1 else number}年{day.month}月{day.day}日"
    return f"{day.year}年{day.month}月{day.day}日"
