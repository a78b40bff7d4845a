"""Documents prepared before the signature, or saved over it, so that people see something else than what was signed."""

import io
import re
import time
import zlib
from collections.abc import Mapping
from typing import Any

import pytest

from hpki.signatures.judge import judge_document
from hpki.signatures.pdf.holes import may_have_holes
from hpki.signatures.pdf.making import sign_pdf
from hpki.signatures.pdf.opening import OpenPdf, open_pdf
from hpki.signatures.pdf.reader import read_pdf_signatures
from tests import signing_scene
from tests.signing_scene import CLAIMS, DAY, SIGNED_AT

SCENE = signing_scene.scene()
HONEST = b"BT /F1 12 Tf 100 700 Td (100 yen) Tj ET"
FORGED = b"BT /F1 12 Tf 100 700 Td (999999 yen) Tj ET"


def stream(octets: bytes, entries: bytes = b"") -> bytes:
    return b"<<%b /Length %d>>\nstream\n%b\nendstream" % (entries, len(octets), octets)


def picture(text: bytes) -> bytes:
    drawn = b"BT /F1 12 Tf 2 2 Td (%b) Tj ET" % text
    return stream(drawn, b"/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</Font<</F1 5 0 R>>>>")


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>%b>>"
LETTER = {
    1: b"<</Type/Catalog/Pages 2 0 R>>",
    2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
    3: PAGE % b"",
    4: stream(HONEST),
    5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
}
FIELD = (
    b"<</Type/Annot/Subtype/Widget/FT/Tx/T(amount)/V(%b)/Rect[100 600 300 620]/P 3 0 R/F 4/AP<</N 7 0 R>>>>"
)
FORM = LETTER | {
    1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[6 0 R]/DR<</Font<</F1 5 0 R>>>>>>>>",
    3: PAGE % b"/Annots[6 0 R]",
    6: FIELD % b"100",
    7: picture(b"100"),
}
EMPTY_FORM = FORM | {6: FIELD % b"", 7: picture(b"")}


def saved(before: bytes, objects: Mapping[int, bytes], root: int = 1) -> bytes:
    """A document with objects added as a revision of its own; the first one when there is nothing before."""
    out = bytearray(before or b"%PDF-1.7\n")
    places = {}
    for number, written in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, written)
    table = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n" if not before else b"xref\n"
    out += b"".join(b"%d 1\n%010d 00000 n \n" % (number, places[number]) for number in sorted(places))
    earlier = re.findall(rb"startxref\s+(\d+)", before)
    previous = b"/Prev " + earlier[-1] if earlier else b""
    out += b"trailer\n<</Size %d/Root %d 0 R %b>>\nstartxref\n%d\n%%%%EOF\n" % (
        200 if before else 100,
        root,
        previous,
        table,
    )
    return bytes(out)


def signed(objects: Mapping[int, bytes]) -> bytes:
    return sign_pdf(saved(b"", objects), SCENE.unit(), CLAIMS)


def judged(content: bytes) -> Any:
    facts, at = read_pdf_signatures(content), SIGNED_AT + DAY
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at).as_json()


def codes(report: Any) -> set[str]:
    return {finding["code"] for signature in report["signatures"] for finding in signature["findings"]}


def own_field(content: bytes) -> bytes:
    """The number of the signature's field."""
    return bytes(re.findall(rb"/Fields \[ ?(\d+) 0 R", content)[-1])


def overlay(before: bytes) -> dict[int, bytes]:
    """An empty signature field whose picture lies over the page."""
    fields = b"/AcroForm<</Fields[%b 0 R 190 0 R]/SigFlags 3>>" % own_field(before)
    return {
        1: b"<</Type/Catalog/Pages 2 0 R%b>>" % fields,
        3: PAGE % (b"/Annots[%b 0 R 190 0 R]" % own_field(before)),
        190: b"<</Type/Annot/Subtype/Widget/FT/Sig/T(S9)/Rect[0 0 595 842]/F 132/P 3 0 R/AP<</N 191 0 R>>>>",
        191: picture(b"999999 yen"),
    }


def inherited(before: bytes) -> dict[int, bytes]:
    """The same with the widget below its field."""
    parts = overlay(before)
    widget = parts[190].replace(b"/FT/Sig/T(S9)", b"/Parent 190 0 R")
    page = parts[3].replace(b"190 0 R", b"192 0 R")
    return parts | {3: page, 190: b"<</FT/Sig/T(S9)/Kids[192 0 R]>>", 192: widget}


def borrowed(before: bytes) -> dict[int, bytes]:
    """The same with the signature that is there already as its own."""
    parts = overlay(before)
    value = re.findall(rb"/V (\d+) 0 R", before)[-1]
    return parts | {190: parts[190].replace(b"/T(S9)", b"/T(S9)/V %b 0 R" % value)}


def another_catalog(before: bytes) -> dict[int, bytes]:
    """Nothing that was there is written again; the trailer names a catalog of its own."""
    form = b"/AcroForm<</Fields[%b 0 R]/SigFlags 3>>" % own_field(before)
    return {
        190: b"<</Type/Catalog/Pages 191 0 R%b>>" % form,
        191: b"<</Type/Pages/Count 1/Kids[192 0 R]>>",
        192: PAGE.replace(b"2 0 R", b"191 0 R").replace(b"4 0 R", b"193 0 R") % b"",
        193: stream(FORGED),
    }


@pytest.mark.parametrize(
    ("prepared", "changed"),
    [
        (LETTER | {1: b"<</Type/Catalog/Pages 2 0 R/DSS<</Certs 4 0 R>>>>"}, {4: stream(FORGED)}),
        (
            LETTER | {3: PAGE.replace(b"<</Font<</F1 5 0 R>>>>", b" 50 0 R") % b"", 4: stream(b"/X Do"), 50: b"<</Title(x)>>"},
            {50: b"<</XObject<</X 190 0 R>>>>", 190: picture(b"999999 yen")},
        ),
        (FORM, {6: FIELD % b"999999"}),
        (FORM, {7: picture(b"999999")}),
        (FORM | {6: FIELD % b""}, {6: FIELD % b"999999", 7: picture(b"999999")}),
    ],
    ids=["validation data that are the page", "an information dictionary that is the page's", "a field's value", "its picture", "its picture and no value"],
)  # fmt: skip
def test_what_was_prepared_and_is_swapped_after_the_signature_is_told(
    prepared: dict[int, bytes], changed: dict[int, bytes]
) -> None:
    before = signed(prepared)
    assert judged(before)["indication"] == "TOTAL_PASSED"
    report = judged(saved(before, changed))
    assert report["indication"] == "INDETERMINATE"
    assert "pdf_changed_since" in codes(report)


@pytest.mark.parametrize("attack", [overlay, inherited, borrowed, another_catalog])
def test_what_is_laid_over_or_put_in_the_place_of_what_was_signed_is_told(attack: Any) -> None:
    before = signed(LETTER)
    added = attack(before)
    report = judged(saved(before, added, root=1 if 1 in added else min(added)))
    assert report["indication"] == "INDETERMINATE"
    assert "pdf_changed_since" in codes(report)


def test_an_empty_field_may_be_filled_in_after_the_signature_and_that_is_told() -> None:
    report = judged(saved(signed(EMPTY_FORM), {6: FIELD % b"100", 7: picture(b"100")}))
    assert report["indication"] == "TOTAL_PASSED", report["signatures"][0]["findings"]
    assert codes(report) == {"pdf_filled_since"}


@pytest.mark.parametrize(
    ("pointer", "junk"),
    [(b"<</Certs[190 0 R]>>", stream(b"no certificate")), (b"190 0 R", b"<</Certs[B]>>")],
)
def test_junk_among_the_validation_data_is_a_remark_and_hides_no_signature(
    pointer: bytes, junk: bytes
) -> None:
    before = signed(LETTER)
    form = b"/AcroForm<</Fields[%b 0 R]/SigFlags 3>>" % own_field(before)
    root = b"<</Type/Catalog/Pages 2 0 R%b/DSS %b>>" % (form, pointer)
    report = judged(saved(before, {1: root, 190: junk}))
    assert report["indication"] == "TOTAL_PASSED"
    assert {finding["code"] for finding in report["findings"]} == {"skipped"}


HIDING = FORM | {6: FIELD % b"999999"}
DRAWN_ANEW = HIDING | {1: HIDING[1].replace(b"/DR", b"/NeedAppearances true/DR")}


def form_with(before: bytes, more: bytes, resources: bytes = b"/F1 5 0 R") -> bytes:
    """The catalog of a signed form with something else in its form."""
    [own] = re.findall(rb"(\d+) 0 obj\s*<<\s*/FT /Sig", before)
    entries = b"/Fields[6 0 R %b 0 R]/SigFlags 3/DR<</Font<<%b>>>>%b" % (own, resources, more)
    return b"<</Type/Catalog/Pages 2 0 R/AcroForm<<%b>>>>" % entries


def test_a_picture_that_viewers_draw_anew_is_told() -> None:
    """The picture that was signed says 100 and the value behind it 999999; a mark makes viewers draw the value."""
    before = signed(HIDING)
    assert judged(saved(before, {1: form_with(before, b"")}))["indication"] == "TOTAL_PASSED"
    marked = judged(saved(before, {1: form_with(before, b"/NeedAppearances true")}))
    assert (marked["indication"], codes(marked)) == ("INDETERMINATE", {"pdf_changed_since"})
    drawn = signed(DRAWN_ANEW)
    kept = form_with(drawn, b"/NeedAppearances true")
    other = form_with(drawn, b"/NeedAppearances true", b"/F1 190 0 R")
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"
    assert judged(saved(drawn, {1: kept}))["indication"] == "TOTAL_PASSED"
    assert judged(saved(drawn, {1: other, 190: font}))["indication"] == "INDETERMINATE"


@pytest.mark.parametrize(
    ("old", "new"), [(b"/F 4", b"/F 2"), (b"/F 4", b"/F 4/DA(1 g)")], ids=["hidden", "in white"]
)
def test_a_field_that_said_something_is_not_hidden_unnoticed(old: bytes, new: bytes) -> None:
    report = judged(saved(signed(FORM), {6: FORM[6].replace(old, new)}))
    assert (report["indication"], codes(report)) == ("INDETERMINATE", {"pdf_changed_since"})


def test_a_stream_that_unpacks_without_end_costs_little() -> None:
    before = signed(LETTER)
    packed = zlib.compress(bytes(65 << 20))
    form = b"/AcroForm<</Fields[%b 0 R]/SigFlags 3>>" % own_field(before)
    root = b"<</Type/Catalog/Pages 2 0 R%b/DSS<</Certs[%b]>>>>" % (form, b"190 0 R " * 200)
    began = time.process_time()
    report = judged(saved(before, {1: root, 190: stream(packed, b"/Filter/FlateDecode")}))
    assert {finding["code"] for finding in report["findings"]} == {"skipped"}
    assert time.process_time() - began < 20


def test_a_hundred_fields_with_one_signature_are_one() -> None:
    """Each would have the whole document compared once more."""
    before = signed(LETTER)
    value = re.findall(rb"/V (\d+) 0 R", before)[-1]
    fields = b" ".join(b"%d 0 R" % number for number in range(110, 190))
    root = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%b %b]/SigFlags 3>>>>" % (
        own_field(before) + b" 0 R",
        fields,
    )
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(S%d)/Rect[0 0 0 0]/F 132/P 3 0 R/V %b 0 R>>"
    added = {number: field % (number, value) for number in range(110, 190)}
    assert len(judged(saved(before, {1: root, **added}))["signatures"]) == 1


def test_pointers_are_found_across_what_only_looks_like_an_end_of_a_revision() -> None:
    """A first comparison that ends inside a comment must not hide a pointer from the second one."""
    octets = b"%PDF-1.7\n1 0 obj [12 %startxref 5 %%EOF\n0 R] endobj\nstartxref\n9\n%%EOF\n 13 0 R %%EOF"
    for inside in (octets.index(b"%%EOF") + 5, octets.rindex(b"startxref") + 17):
        pdf = OpenPdf(io.BytesIO(octets), open_pdf(saved(b"", LETTER)).reader, len(octets))
        assert not may_have_holes(pdf, 0, frozenset({14}), inside)
        assert may_have_holes(pdf, 0, frozenset({12}), len(octets))
        assert may_have_holes(pdf, 0, frozenset({13}), len(octets))
        assert not may_have_holes(pdf, 0, frozenset({13}), inside)
