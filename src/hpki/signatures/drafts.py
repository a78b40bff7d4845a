"""A draft and its signature: how a document of any kind is signed, and whether something signed is this draft and no other.

PDF is signed inside (PAdES), XML inside (XAdES enveloped), everything else beside it (CAdES detached).
"""

from typing import TYPE_CHECKING, Final

from hpki.errors import MalformedInput
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.cms.making import sign_cms
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import DocumentFacts
from hpki.signatures.formats import Format, format_of, read_signed_document, require

if TYPE_CHECKING:
    from hpki.signatures.xml.canonical import Method

BESIDE: Final = "draft"


def draft_format(draft: bytes) -> Format:
    """How a draft is signed: PDF, XML, or CMS for everything else, containers too.

    Raises MalformedInput for a PDF that cannot be read or is encrypted.
    """
    match format_of(draft):
        case Format.PDF:
            require("pyhanko", "PDF signatures")
            from hpki.signatures.pdf.opening import open_pdf

            open_pdf(draft)
            return Format.PDF
        case Format.XML:
            require("lxml", "XML signatures")
            from hpki.signatures.xml.canonical import canonical_document
            from hpki.signatures.xml.reading import read_xml

            try:
                canonical_document(read_xml(draft).root, _everything())
            except MalformedInput:
                # It begins like XML, as a page of the web does, and is signed as any other file.
                return Format.CMS
            return Format.XML
        case _:
            return Format.CMS


def has_signatures(draft: bytes, kind: Format) -> bool:
    """Whether a signature stands in it already.  Raises MalformedInput."""
    if kind is Format.CMS:
        return False
    found = read_signed_document(draft)
    return bool(found.signatures or found.time_stamps)


def sign_draft(draft: bytes, unit: SigningUnit, claims: Claims) -> bytes:
    """The signed document; of what is neither PDF nor XML the signature alone.

    Raises MalformedInput; what the key raises passes through.
    """
    match draft_format(draft):
        case Format.PDF:
            from hpki.signatures.pdf.making import sign_pdf

            return sign_pdf(draft, unit, claims)
        case Format.XML:
            from hpki.signatures.xml.making import sign_enveloped

            return sign_enveloped(draft, unit, claims)
        case _:
            return sign_cms(OctetContent(draft), unit, claims)


def beside(draft: bytes, kind: Format) -> dict[str, Content]:
    """What stands beside the signed document for whoever reads it."""
    return {BESIDE: OctetContent(draft)} if kind is Format.CMS else {}


def read_signature_of(draft: bytes, signed: bytes) -> DocumentFacts:
    """What was read from the signed document, once it is certain that it signs this draft, all of it and nothing else.

    Whether the signature itself is good is the judge's.  Raises MalformedInput with what differs.
    """
    match draft_format(draft):
        case Format.PDF:
            return _pdf(draft, signed)
        case Format.XML:
            return _xml(draft, signed)
        case _:
            return _cms(draft, signed)


def _differs(why: str) -> MalformedInput:
    return MalformedInput("signed document", why)


def _pdf(draft: bytes, signed: bytes) -> DocumentFacts:
    """The draft octet for octet, then one revision that adds a signature over all of it and changes nothing shown."""
    from hpki.signatures.pdf.fields import signature_fields
    from hpki.signatures.pdf.opening import open_pdf
    from hpki.signatures.pdf.revisions import changes_since

    if not signed.startswith(draft) or len(signed) == len(draft):
        raise _differs("it does not begin with the draft, octet for octet")
    before, after = open_pdf(draft), open_pdf(signed)
    last = before.reader.total_revisions - 1
    if after.reader.total_revisions != last + 2:
        raise _differs("it has not exactly one revision more than the draft")
    fields = signature_fields(after)
    if len(fields) != 1:
        raise _differs(f"{len(fields)} signatures stand in it")
    covered = fields[0].range
    if covered is None or covered.first < len(draft) or covered.end != len(signed):
        raise _differs("the signature does not cover the whole document")
    changes = changes_since(after, last, len(draft))
    if changes.forbidden or changes.allowed:
        raise _differs(
            f"more than a signature was added: {', '.join((*changes.forbidden, *changes.allowed))}"
        )
    return read_signed_document(signed)


def _xml(draft: bytes, signed: bytes) -> DocumentFacts:
    """The draft's canonical form with one signature more, which is over the whole document."""
    from hpki.signatures.xml import names
    from hpki.signatures.xml.canonical import canonical_document
    from hpki.signatures.xml.reading import read_xml

    before, after = read_xml(draft), read_xml(signed)
    found = [each for each in after.root if each.tag == names.ds("Signature")]
    if len(found) != 1 or len(list(after.root.iter(names.ds("Signature")))) != 1:
        raise _differs("there is not exactly one signature, as a child of the document's root")
    everything = _everything()
    if canonical_document(after.root, everything, without=found) != canonical_document(
        before.root, everything
    ):
        raise _differs("without its signature it is another document")
    facts = read_signed_document(signed)
    if any(each.leaves_out for each in facts.signatures):
        raise _differs("the signature leaves a part of the document out")
    return facts


def _everything() -> "Method":
    """The canonical form that leaves the least out: comments are under no signature, and yet the document's."""
    from hpki.signatures.xml.canonical import Form, Method

    return Method(Form.INCLUSIVE, comments=True)


def _cms(draft: bytes, signed: bytes) -> DocumentFacts:
    """A signature alone; its digest over the draft is worked out by the reader and judged."""
    if read_signed_data(signed).content is not None:
        raise _differs("it carries a content of its own")
    facts = read_signed_document(signed, {BESIDE: OctetContent(draft)})
    if any(digest.is_broken for each in facts.signatures for digest in each.digests):
        raise _differs("it is over another file")
    return facts
