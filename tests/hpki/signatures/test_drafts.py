"""A draft is signed in the form that fits it, and only its own signature is taken for one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hpki.errors import MalformedInput
from hpki.signatures.drafts import draft_format, has_signatures, read_signature_of, sign_draft
from hpki.signatures.formats import Format
from hpki.signatures.judge import judge_document
from tests import signed_pdfs, signing_scene
from tests.signing_scene import CLAIMS, POLICY, SIGNED_AT

SCENE = signing_scene.scene()
PDF = signed_pdfs.letter()
XML = "<紹介状><宛先>岡山病院</宛先></紹介状>".encode()
TEXT = "紹介状".encode()
DRAFTS = {"pdf": PDF, "xml": XML, "text": TEXT}
SIGNED = {name: sign_draft(draft, SCENE.unit(), CLAIMS) for name, draft in DRAFTS.items()}


@pytest.mark.parametrize(
    ("draft", "kind"),
    [
        (PDF, Format.PDF),
        (XML, Format.XML),
        (TEXT, Format.CMS),
        (b"<html><br></html>", Format.CMS),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", Format.CMS),
        (b"<a xmlns='relative/name'/>", Format.CMS),
        (b"PK\x03\x04 something", Format.CMS),
        (b"", Format.CMS),
    ],
)
def test_the_form_that_fits(draft: bytes, kind: Format) -> None:
    assert draft_format(draft) is kind


def test_a_broken_pdf_is_refused_and_a_signed_draft_is_told() -> None:
    with pytest.raises(MalformedInput):
        draft_format(b"%PDF-1.7 nothing")
    for name, draft in DRAFTS.items():
        assert not has_signatures(draft, draft_format(draft))
        signed = SIGNED[name]
        assert has_signatures(signed, draft_format(signed)) is (name != "text")


@pytest.mark.parametrize("name", sorted(DRAFTS))
def test_its_own_signature_is_one_and_no_other_drafts_is(name: str) -> None:
    facts = read_signature_of(DRAFTS[name], SIGNED[name])
    report = judge_document(facts, SCENE.evidence(), POLICY, SCENE.anchors, SIGNED_AT)
    assert report.indication.value == "TOTAL_PASSED"
    for other in DRAFTS.keys() - {name}:
        with pytest.raises(MalformedInput):
            read_signature_of(DRAFTS[name], SIGNED[other])
        with pytest.raises(MalformedInput):
            read_signature_of(DRAFTS[other], SIGNED[name])


@settings(max_examples=80)
@given(st.sampled_from(["pdf", "xml"]), st.integers(min_value=0), st.integers(1, 255))
def test_no_octet_of_the_draft_is_changed_under_a_signature_that_passes(
    name: str, place: int, flip: int
) -> None:
    signed = bytearray(SIGNED[name])
    # Half of them in the draft's own part.
    place %= len(signed) if place % 2 else len(DRAFTS[name])
    signed[place] ^= flip
    try:
        facts = read_signature_of(DRAFTS[name], bytes(signed))
    except MalformedInput:
        return
    report = judge_document(facts, SCENE.evidence(), POLICY, SCENE.anchors, SIGNED_AT)
    body = PDF if name == "pdf" else XML.removesuffix("</紹介状>".encode())
    assert report.indication.value != "TOTAL_PASSED" or body in bytes(signed)


@settings(max_examples=60)
@given(st.sampled_from(sorted(DRAFTS)), st.binary(max_size=200))
def test_whatever_comes_back_there_is_one_kind_of_refusal(name: str, octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_signature_of(DRAFTS[name], octets)
