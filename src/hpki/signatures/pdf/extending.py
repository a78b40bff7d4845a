"""A signed PDF given what it needs for the long term: validation data and document time-stamps (EN 319 142-1 5.4 – 5.5).

Extending a document that has a time-stamp over its validation data adds the data of that time-stamp and another one: that
is renewal, nobody signs again.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name

from hpki.errors import NotExtended
from hpki.signatures.algorithms import SHA_256, HashKind
from hpki.signatures.basic import identify
from hpki.signatures.facts import DocumentFacts, Level
from hpki.signatures.material import material_for, without
from hpki.signatures.pdf.fields import spelled
from hpki.signatures.pdf.making import append_stamp
from hpki.signatures.pdf.opening import OpenPdf, bounded, open_pdf
from hpki.signatures.pdf.reader import read_dss, read_pdf_signatures
from hpki.signatures.pdf.writing import Update, copied
from hpki.signatures.time_stamping import TimeStamper
from hpki.validation.evidence import Evidence

_STEPS: Final[Mapping[Level, int]] = {Level.T: 1, Level.LT: 2, Level.LTA: 3}


@dataclass(frozen=True)
class PdfExtension:
    """What an extension goes by: who stamps, with which hash, and the revocation data at hand."""

    stamper: TimeStamper
    evidence: Evidence = field(default_factory=Evidence)
    kind: HashKind = SHA_256


def extend_pdf(
    source: BinaryIO | bytes, level: Level, extension: PdfExtension, target: BinaryIO | None = None
) -> bytes:
    """The document with its signatures at a level, or with one document time-stamp more where they are at LTA already.

    source: the octets, or a seekable file, which is read in pieces.  target: a new file to be written and read, where the
    result goes; else it is returned.
    Raises MalformedInput when it cannot be read, NotExtended when a signature is broken or what it needs is not at hand;
    what the stamper raises passes through; then what stands in `target` is nothing.
    """
    if level not in _STEPS:
        raise NotExtended(f"{level} is no level that a PDF is extended to")
    facts = _whole(source)
    out = io.BytesIO() if target is None else target
    pdf = open_pdf(source)
    copied(pdf.stream, out, pdf.size)
    if any(each.level is Level.B for each in facts.signatures):
        append_stamp(open_pdf(out), extension.stamper, kind_name=extension.kind.name, target=out)
        facts = read_pdf_signatures(out)
    if _STEPS[level] > 1:
        _add_values(out, level, facts, extension)
    return out.getvalue() if isinstance(out, io.BytesIO) and target is None else b""


def _add_values(out: BinaryIO, level: Level, facts: DocumentFacts, extension: PdfExtension) -> None:
    """Behind a document: what is missing of validation data, for LTA with a time-stamp over them."""
    pdf = open_pdf(out)
    update = _with_material(pdf, facts, extension)
    if level is Level.LTA:
        append_stamp(pdf, extension.stamper, kind_name=extension.kind.name, target=out, update=update)
    elif update is not None:
        octets = update.written().octets
        out.seek(pdf.size)
        out.write(octets)


def _whole(source: BinaryIO | bytes) -> DocumentFacts:
    """The facts of a document none of whose signatures is broken: a later time-stamp would only hide when it broke."""
    facts = read_pdf_signatures(source)
    if not facts.signatures:
        raise NotExtended("there is no signature in it")
    for each in facts.signatures:
        identified = identify(each, facts.evidence.certificates, must_be_signed=False)
        if not identified.holds or any(digest.is_broken for digest in each.digests):
            raise NotExtended(f"{each.place} is broken")
    return facts


def _with_material(pdf: OpenPdf, facts: DocumentFacts, extension: PdfExtension) -> Update | None:
    """An update with what the signers and authorities need and is not in the DSS yet; None when nothing is missing."""
    tokens = (stamp.token for stamp in facts.all_time_stamps())
    wanted = [*facts.signatures, *(token for token in tokens if token is not None)]
    found = material_for(wanted, facts.evidence.joined(extension.evidence))
    if not found.crls and not found.ocsp_answers:
        raise NotExtended(
            "no revocation data are at hand for the signer: give a revocation list (--crl) or an OCSP answer (--ocsp)"
        )
    missing = without(found, read_dss(pdf).evidence)
    if not (missing.certificates or missing.crls or missing.ocsp_answers):
        return None
    update = Update(pdf)
    with bounded("DSS"):
        dss = _dss(update)
        answers = [each.response.public_bytes(Encoding.DER) for each in missing.ocsp_answers]
        _append(update, dss, "/Certs", [each.der for each in missing.certificates])
        _append(update, dss, "/CRLs", [each.crl.public_bytes(Encoding.DER) for each in missing.crls])
        _append(update, dss, "/OCSPs", answers)
    return update


def _dss(update: Update) -> generic.DictionaryObject:
    root = update.root()
    raw = root.raw_get("/DSS") if "/DSS" in root else None
    if isinstance(raw, generic.IndirectObject):
        return update.dictionary(raw.reference)
    made = generic.DictionaryObject(raw if raw is not None else {pdf_name("/Type"): pdf_name("/DSS")})
    root[pdf_name("/DSS")] = update.add(made)
    return made


def _append(update: Update, dss: generic.DictionaryObject, key: str, values: list[bytes]) -> None:
    if not values:
        return
    raw = dss.raw_get(key) if key in dss else generic.ArrayObject()
    listed = raw.get_object() if isinstance(raw, generic.IndirectObject) else raw
    made = []
    for octets in values:
        stream = generic.StreamObject(stream_data=octets)
        stream.compress()
        made.append(update.add(stream))
    dss[pdf_name(key)] = generic.ArrayObject([*spelled(listed), *made])
