"""Canonical XML: octet for octet what xmlsec digests, the traps of lxml included."""

import base64
import hashlib
from pathlib import Path

import pytest
import xmlsec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.xml.base_uri import joined
from hpki.signatures.xml.canonical import (
    EXCLUSIVE,
    INCLUSIVE,
    INCLUSIVE_11,
    Form,
    Method,
    canonical_document,
    canonical_element,
    method_of,
)
from hpki.signatures.xml.reading import XmlLimits, read_xml

DS = "http://www.w3.org/2000/09/xmldsig#"
EC = "http://www.w3.org/2001/10/xml-exc-c14n#"
PRESCRIPTIONS = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "eprescription"
METHODS = [
    Method(form, comments)
    for form in (Form.INCLUSIVE, Form.INCLUSIVE_11, Form.EXCLUSIVE)
    for comments in (False, True)
]


def digest_by_xmlsec(content: bytes, method: Method, *, enveloped: bool = False) -> bytes:
    """The SHA-256 that xmlsec finds for the element Id="x" of a document, which gets a signature as last child."""
    root = etree.fromstring(content)
    # A bare name leaves comments out whatever the method says; only this pointer keeps them (XMLDSig 4.4.3.3).
    uri = "#xpointer(id('x'))" if method.comments else "#x"
    prefixes = " ".join(prefix or "#default" for prefix in method.prefixes)
    inclusive = f'<ec:InclusiveNamespaces xmlns:ec="{EC}" PrefixList="{prefixes}"/>' if prefixes else ""
    transforms = f'<Transform Algorithm="{DS}enveloped-signature"/>' if enveloped else ""
    signature = etree.fromstring(
        f'<Signature xmlns="{DS}"><SignedInfo><CanonicalizationMethod Algorithm="{Form.EXCLUSIVE.value}"/>'
        '<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"/>'
        f'<Reference URI="{uri}"><Transforms>{transforms}<Transform Algorithm="{method.uri}">{inclusive}</Transform>'
        '</Transforms><DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>'
        "</SignedInfo><SignatureValue/></Signature>"
    )
    marked = next(each for each in root.iter(etree.Element) if each.get("Id") == "x")
    place = marked if enveloped else root
    place.append(signature)
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, b"secret")
    context.register_id(marked, "Id")
    context.sign(signature)
    return base64.b64decode(signature.findtext(f".//{{{DS}}}DigestValue") or "")


def digest_by_us(content: bytes, method: Method) -> bytes:
    (element,) = read_xml(content).with_identifier("x")
    return hashlib.sha256(canonical_element(element, method)).digest()


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.uri)
@pytest.mark.parametrize(
    "content",
    [
        b'<a xmlns="urn:a"><b Id="x"><c><d/></c></b></a>',
        b'<a xml:lang="ja" xml:space="preserve"><b Id="x"><c/></b></a>',
        b'<a xml:lang="ja"><m xml:lang="en"><b Id="x" xml:lang="de"><c/></b></m></a>',
        b'<a xml:id="outer"><b Id="x"/></a>',
        b'<a xml:base="http://example.org/one/"><m xml:base="two/"><b Id="x" xml:base="../three"/></m></a>',
        b'<a xml:base="one/two/"><b Id="x"/></a>',
        b'<a xmlns="urn:a"><b xmlns="" Id="x"><c xmlns="urn:c"><d xmlns=""/></c></b></a>',
        b'<a xmlns:p="urn:p" xmlns:q="urn:q"><p:b Id="x" q:k="1" p:k="2" k="3"><q:c xmlns:p="urn:other" p:z="4"/></p:b></a>',
        b'<a xmlns:p="urn:p" xmlns:q="urn:p"><b Id="x" q:k="1" p:l="2"/></a>',
        b'<a><b Id="x"><!-- one -->t<?pi  some data?><?empty?><![CDATA[<&>]]>u<!--two--></b></a>',
        '<a><b Id="x" k="&#9;&#10;&#13;&quot;&lt;&amp;&gt;">&#13;&lt;&gt;&amp;"葛&#xE0100;城</b></a>'.encode(),
        b'<a xmlns:unused="urn:u" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b Id="x">body</b></a>',
        b'<?xml version="1.0" encoding="UTF-8"?>\n<!-- before --><b Id="x"><c/></b><!-- after -->',
    ],
)
def test_a_subtree_is_digested_as_xmlsec_does(content: bytes, method: Method) -> None:
    if b'<b Id="x"><c/></b><!-- after' in content:
        # Without a root of its own around it, xmlsec's signature would lie inside the element.
        return
    assert digest_by_us(content, method) == digest_by_xmlsec(content, method)


@pytest.mark.parametrize("prefixes", [("p",), ("p", "q"), ("",), ("", "q"), ("missing",)])
def test_a_prefix_list_is_treated_inclusively(prefixes: tuple[str, ...]) -> None:
    content = b'<a xmlns="urn:a" xmlns:p="urn:p" xmlns:q="urn:q"><q:b Id="x"><c k="p:value"/><d xmlns:p="urn:2"/></q:b></a>'
    method = Method(Form.EXCLUSIVE, comments=False, prefixes=prefixes)
    assert digest_by_us(content, method) == digest_by_xmlsec(content, method)


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.uri)
def test_an_enveloped_signature_is_left_out_and_the_text_behind_it_stays(method: Method) -> None:
    content = b'<a xmlns="urn:a"><b Id="x">one<c/>two</b></a>'
    document = read_xml(content[:-8] + b"<Signature xmlns='urn:s'/></b></a>")
    (element,) = document.with_identifier("x")
    signature = element[-1]
    found = canonical_element(element, method, without=[signature])
    assert hashlib.sha256(found).digest() == digest_by_xmlsec(content, method, enveloped=True)
    signature.tail = "behind"
    assert canonical_element(element, method, without=[signature]).endswith(b"twobehind</b>")


# --- properties -----------------------------------------------------------------------------------------------

NAMESPACES = st.sampled_from(["", "urn:a", "urn:b"])
BOUND = st.sampled_from(["urn:a", "urn:b"])
TEXTS = st.text(alphabet="ab <>&\"'\r\n\t葛\U000e0100", max_size=6)


def escaped(text: str) -> str:
    named = {
        "<": "&lt;",
        "&": "&amp;",
        '"': "&quot;",
        "\r": "&#13;",
        "\n": "&#10;",
        "\t": "&#9;",
        ">": "&gt;",
    }
    return "".join(named.get(character, character) for character in text)


@st.composite
def elements(draw: st.DrawFn, depth: int = 0) -> str:
    declared = {
        prefix: draw(NAMESPACES if not prefix else BOUND)
        for prefix in draw(st.lists(st.sampled_from(["", "p", "q"]), unique=True, max_size=3))
    }
    # p and q are always bound at the root, so any element may use them.
    name = draw(st.sampled_from(["a", "p:b", "q:c"]))
    attributes = draw(
        st.lists(st.sampled_from(["k", "xml:lang", "xml:space", "p:k"]), unique=True, max_size=3)
    )
    head = name + "".join(
        f' xmlns{":" + prefix if prefix else ""}="{uri}"' for prefix, uri in declared.items()
    )
    for attribute in attributes:
        value = "preserve" if attribute == "xml:space" else escaped(draw(TEXTS))
        head += f' {attribute}="{value}"'
    inside = ""
    if depth < 4:
        for child in draw(st.lists(elements(depth=depth + 1), max_size=3)):
            inside += child + escaped(draw(TEXTS))
    if draw(st.booleans()):
        inside += "<!--note-->" + escaped(draw(TEXTS)) + "<?do it?>"
    return f"<{head}>{inside}</{name.split()[0]}>"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(outer=elements(depth=3), inner=elements(), method=st.sampled_from(METHODS))
def test_any_subtree_is_digested_as_xmlsec_does(outer: str, inner: str, method: Method) -> None:
    name_end = min(inner.index(character) for character in " >" if character in inner)
    marked = inner[:name_end] + ' Id="x"' + inner[name_end:]
    start = outer.index(">") + 1
    content = (
        f'<root xmlns:p="urn:p" xmlns:q="urn:q">{outer[:start]}{marked}{outer[start:]}</root>'
    ).encode()
    assert digest_by_us(content, method) == digest_by_xmlsec(content, method)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(inner=elements(), method=st.sampled_from(METHODS))
def test_the_short_way_and_the_written_out_way_agree(inner: str, method: Method) -> None:
    """lxml's own form is taken where it is right; leaving a subtree out that is not there forces our own writer."""
    document = read_xml(f'<root xmlns:p="urn:p" xmlns:q="urn:q">{inner}</root>'.encode())
    stranger = etree.fromstring("<stranger/>")
    root = document.root
    assert canonical_document(root, method) == canonical_document(root, method, without=[stranger])
    for child in root:
        assert canonical_element(child, method) == canonical_element(child, method, without=[stranger])


def test_what_stands_beside_the_root_keeps_its_lines() -> None:
    content = b"<?xml version='1.0'?><!--a--><?b c?>\n<root/>\n<!--d--><?e?>"
    root = read_xml(content).root
    assert canonical_document(root, Method(Form.INCLUSIVE_11, comments=True)) == (
        b"<!--a-->\n<?b c?>\n<root></root>\n<!--d-->\n<?e?>"
    )
    assert canonical_document(root, INCLUSIVE_11) == b"<?b c?>\n<root></root>\n<?e?>"
    assert canonical_document(root, INCLUSIVE) == canonical_document(root, INCLUSIVE_11)


# --- real documents -------------------------------------------------------------------------------------------


@pytest.mark.skipif(not PRESCRIPTIONS.exists(), reason="the shared samples are not beside the project")
def test_the_scanned_bundle_s_signed_information_has_its_length() -> None:
    content = (PRESCRIPTIONS / "Scan_20170511154438586_ESXLA.xml").read_bytes()
    signed = read_xml(content).root.find(f".//{{{DS}}}SignedInfo")
    assert signed is not None
    assert len(canonical_element(signed, INCLUSIVE)) == 1022


@pytest.mark.skipif(not PRESCRIPTIONS.exists(), reason="the shared samples are not beside the project")
def test_every_digest_of_the_dispensing_record_is_found_again() -> None:
    document = read_xml((PRESCRIPTIONS / "Dispensing-005_03.xml").read_bytes())
    checked = 0
    for reference in document.root.iter(f"{{{DS}}}Reference"):
        uri = reference.get("URI")
        assert uri is not None
        transform = reference.find(f"{{{DS}}}Transforms/{{{DS}}}Transform")
        method = INCLUSIVE if transform is None else method_of(str(transform.get("Algorithm")))
        assert method is not None
        signature = next(reference.iterancestors(f"{{{DS}}}Signature"))
        targets = document.with_identifier(uri[1:])
        (target,) = [t for t in targets if len(targets) == 1 or signature in t.iterancestors()]
        expected = base64.b64decode(reference.findtext(f"{{{DS}}}DigestValue") or "")
        assert hashlib.sha256(canonical_element(target, method)).digest() == expected
        checked += 1
    assert checked == 6


# --- names and bounds -----------------------------------------------------------------------------------------


def test_a_method_is_known_by_its_identifier_and_an_unknown_one_is_not() -> None:
    for method in METHODS:
        assert method_of(method.uri) == method
    assert method_of(EXCLUSIVE.uri, "xs #default") == Method(
        Form.EXCLUSIVE, comments=False, prefixes=("xs", "")
    )
    assert method_of("http://www.w3.org/TR/1999/REC-xslt-19991116") is None


@pytest.mark.parametrize(
    ("references", "result"),
    [
        (["http://example.org/a/b", "c"], "http://example.org/a/c"),
        (["one/", "two/"], "one/two/"),
        (["../..", ".."], "../../../"),
        (["a/b/", "/c"], "/c"),
        (["http://h", "x"], "http://h/x"),
        (["http://h/a//b/", "."], "http://h/a/b/"),
        (["a", ""], "a"),
    ],
)
def test_base_addresses_are_joined(references: list[str], result: str) -> None:
    assert joined(references) == result


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>", "document type"),
        (b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "document type"),
        (
            b"<?xml version='1.0'?><!-- x --><?pi?>\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
            "document type",
        ),
        ("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>".encode("utf-16"), "document type"),
        (b"<?xml version='1.0' encoding='UTF-7'?>+ADw-a/+AD4-", "encoding utf-7"),
        (b"<?xml version='1.0' encoding='ISO-2022-JP'?><a/>", "encoding iso-2022-jp"),
        (b"<!-- without an end", "prolog"),
        (b"<a>", "well-formed"),
        (b"<a>&unknown;</a>", "well-formed"),
        (b"", "well-formed"),
        (b"<a>" * 300 + b"</a>" * 300, "well-formed"),
        (b"<a>" + b"<b/>" * 30 + b"</a>", "over 20 elements"),
        (b"<a " + b" ".join(b'k%d="v"' % n for n in range(300)) + b"/>", "attributes"),
        (b"<a>" + b"x" * 5000 + b"</a>", "octets"),
    ],
)
def test_what_a_document_may_not_be_is_refused_in_words(content: bytes, why: str) -> None:
    with pytest.raises(MalformedInput, match=why):
        read_xml(content, limits=XmlLimits(octets=4500, elements=20))


def test_a_relative_namespace_has_no_canonical_form() -> None:
    document = read_xml(b"<a><b xmlns='relative/name'/></a>")
    for method in (INCLUSIVE, EXCLUSIVE):
        with pytest.raises(MalformedInput, match="relative namespace"):
            canonical_document(document.root, method)


def test_a_doubled_identifier_is_seen_whatever_it_is_called() -> None:
    document = read_xml(b'<a Id="x"><b ID="x"/><c id="x"/><d xml:id="x"/><e Id="y" id="y"/></a>')
    assert [str(one.tag) for one in document.with_identifier("x")] == ["a", "b", "c", "d"]
    assert len(document.with_identifier("y")) == 1
    assert document.with_identifier("z") == ()
