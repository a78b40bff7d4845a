"""Reads every signature and time-stamp of a PDF into neutral facts for the judge (EN 319 142-1; ISO 32000-1 12.8)."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from pyhanko.pdf_utils import generic

from hpki.errors import MalformedInput
from hpki.signatures.cms.evidence import identities
from hpki.signatures.cms.octets import read_signed_data
from hpki.signatures.cms.reading import document_facts
from hpki.signatures.cms.token import Token, read_token, time_stamp_facts, unreadable_time_stamp
from hpki.signatures.facts import (
    DocumentFacts,
    Level,
    SignatureFacts,
    SignedMessage,
    SignerHint,
    TimeStampFacts,
    TimeStampKind,
)
from hpki.signatures.finding import SignatureFinding
from hpki.signatures.pdf.coverage import covered_revision
from hpki.signatures.pdf.fields import SignatureField, signature_fields, spelled
from hpki.signatures.pdf.opening import OpenPdf, bounded, data_of, entry_of, open_pdf
from hpki.signatures.pdf.ranges import RangeContent
from hpki.signatures.pdf.revisions import changes_since
from hpki.validation.evidence import Evidence
from hpki.validation.facts import read_certificate
from hpki.validation.ocsp_answer import read_ocsp_answer
from hpki.validation.revocation_list import read_revocation_list

TIME_STAMP_FILTER: Final = "ETSI.RFC3161"
PADES_FILTER: Final = "ETSI.CAdES.detached"
_FILTERS: Final = frozenset({PADES_FILTER, "adbe.pkcs7.detached"})
_MOST_OF_A_KIND: Final = 512
_MOST_UNREADABLE: Final = 8


def read_pdf_signatures(source: BinaryIO | bytes) -> DocumentFacts:
    """All signatures of a PDF.

    source: the octets, or a seekable file, which is read in chunks.  Raises MalformedInput when it is no PDF that can be
    read, or is encrypted.
    """
    return _Reader(open_pdf(source)).document()


@dataclass(frozen=True)
class Held:
    """The validation data of the DSS dictionary; `revisions` is when each came, by its SHA-256."""

    evidence: Evidence = field(default_factory=Evidence)
    revisions: dict[bytes, int] = field(default_factory=dict)
    troubles: tuple[SignatureFinding, ...] = ()

    def until(self, revision: int) -> frozenset[bytes]:
        """What was there in a revision."""
        return frozenset(each for each, came in self.revisions.items() if came <= revision)


@dataclass
class _Reader:
    pdf: OpenPdf
    evidence: list[Evidence] = field(default_factory=list)
    # The document time-stamps, by their identity, that came when validation data were there already.
    over_values: set[bytes] = field(default_factory=set)

    def document(self) -> DocumentFacts:
        fields = signature_fields(self.pdf)
        held = read_dss(self.pdf)
        signatures: list[SignatureFacts] = []
        stamps: list[TimeStampFacts] = []
        # What stands under each later time-stamp: identities by the octet behind which they are whole.
        proven: list[tuple[int, frozenset[bytes]]] = []
        for each in fields:
            if each.sub_filter == TIME_STAMP_FILTER:
                stamps.append(self._time_stamp(each, held, proven))
            else:
                facts = self._signature(each)
                signatures.append(facts)
                if each.range is not None:
                    # A token inside lies under it too; only certificates and lists outside have their own times.
                    tokens = {one.token.identity for one in facts.time_stamps if one.token is not None}
                    known = {one.sha256 for one in facts.certificates}
                    proven.append((each.range.end, frozenset({facts.identity} | tokens | known)))
        levels = [_level(facts, stamps, held, self.over_values) for facts in signatures]
        return DocumentFacts(
            format="PDF",
            signatures=tuple(
                replace(facts, level=level) for facts, level in zip(signatures, levels, strict=True)
            ),
            evidence=_joined([held.evidence, *self.evidence]),
            time_stamps=tuple(stamps),
            troubles=held.troubles,
        )

    def _content(self, each: SignatureField) -> RangeContent | None:
        return None if each.range is None else RangeContent(self.pdf.stream, each.range.parts)

    def _signature(self, each: SignatureField) -> SignatureFacts:
        content = self._content(each)
        if content is None:
            code = "pdf_signature_dictionary" if each.is_dictionary_bad else "pdf_byte_range"
            return _unreadable(each, SignatureFinding(code, each.trouble))
        try:
            found = _detached_facts(each, content)
        except MalformedInput as error:
            finding = SignatureFinding("pdf_signature_dictionary", f"{error.what}: {error.why}"[:200])
            return _unreadable(each, finding)
        self.evidence.append(found.evidence)
        [facts] = found.signatures
        is_pades = facts.format == "CAdES" and each.sub_filter == PADES_FILTER
        return replace(
            facts,
            format="PAdES" if is_pades else "PDF",
            place=_place(each),
            claimed_signed_at=each.signed_at or facts.claimed_signed_at,
            covers=(f"revision {each.revision + 1}",),
            troubles=(*found.troubles, *facts.troubles, *self._troubles(each)),
        )

    def _troubles(self, each: SignatureField) -> Iterable[SignatureFinding]:
        place = _place(each)
        if any(each.padding):
            yield SignatureFinding("pdf_padding", str(len(each.padding)), place)
        yield from revision_findings(self.pdf, each)

    def _time_stamp(
        self, each: SignatureField, held: Held, proven: list[tuple[int, frozenset[bytes]]]
    ) -> TimeStampFacts:
        place, content = _place(each), self._content(each)
        if content is None or each.range is None:
            return unreadable_time_stamp(TimeStampKind.DOCUMENT, place, each.trouble)
        try:
            token = read_token(each.message, place)
        except MalformedInput as error:
            return unreadable_time_stamp(TimeStampKind.DOCUMENT, place, f"{error.what}: {error.why}"[:200])
        self.evidence.append(token.evidence)
        before = [found for end, found in proven if end <= each.range.first]
        values = held.until(each.revision)
        if values:
            self.over_values.add(token.facts.identity)
        covers = values.union(*before)
        proven.append((each.range.end, _identities(token)))
        computed = None if token.imprint_hash is None else content.digest(token.imprint_hash.name)
        stamp = time_stamp_facts(token, TimeStampKind.DOCUMENT, computed, covers, profile=TIME_STAMP_FILTER)
        return replace(stamp, troubles=(*stamp.troubles, *self._troubles(each)))


def _detached_facts(each: SignatureField, content: RangeContent) -> DocumentFacts:
    """The one signature over the octets outside the gap.  Raises MalformedInput (EN 319 142-1 6.3: one signer)."""
    data = read_signed_data(each.message)
    if data.content is not None or len(data.signers) != 1 or each.sub_filter not in _FILTERS:
        raise MalformedInput("signature", f"{each.sub_filter or '-'} with {len(data.signers)} signers")
    return document_facts(data, content)


def _identities(token: Token) -> frozenset[bytes]:
    return frozenset({token.facts.identity}) | identities(token.evidence)


def revision_findings(pdf: OpenPdf, each: SignatureField) -> list[SignatureFinding]:
    """Whether the signature is over a whole revision, and what came after it."""
    place = _place(each)
    if each.range is None:
        return []
    try:
        covered = covered_revision(pdf, each.revision, each.range)
    except MalformedInput as error:
        return [SignatureFinding("pdf_two_readings", error.why, place)]
    if covered is None:
        return [SignatureFinding("pdf_partial", str(each.range.end), place)]
    return _change_findings(pdf, covered, each.range.end, place)


def _change_findings(pdf: OpenPdf, covered: int, end: int, place: str) -> list[SignatureFinding]:
    """What came after the last revision that is covered, which ends at an octet."""
    try:
        changes = changes_since(pdf, covered, end)
    except MalformedInput as error:
        return [SignatureFinding("pdf_changed_since", error.why, place)]
    if changes.forbidden:
        return [SignatureFinding("pdf_changed_since", ", ".join(changes.forbidden), place)]
    if changes.allowed:
        return [SignatureFinding("pdf_filled_since", ", ".join(changes.allowed), place)]
    return []


def read_dss(pdf: OpenPdf) -> Held:
    """The DSS dictionary of the catalog (EN 319 142-1 5.4.2.2); what cannot be read in it is named."""
    collected = _Collected([], [], [])
    revisions: dict[bytes, int] = {}
    troubles: list[SignatureFinding] = []
    for key, kind in (("/Certs", "certificate"), ("/CRLs", "list"), ("/OCSPs", "answer")):
        try:
            with bounded("DSS"):
                pointers = spelled(entry_of(entry_of(pdf.root(), "/DSS"), key))[:_MOST_OF_A_KIND]
        except MalformedInput as error:
            troubles.append(SignatureFinding("skipped", f"DSS: {error.why}"[:200]))
            continue
        for pointer in pointers:
            if len(troubles) >= _MOST_UNREADABLE:
                # Each may have been unpacked to its limit before it was given up.
                troubles.append(SignatureFinding("skipped", f"DSS: over {_MOST_UNREADABLE} entries"))
                return Held(collected.evidence(), revisions, tuple(troubles))
            try:
                octets, came = _value(pdf, pointer)
                revisions[collected.add(kind, octets)] = came
            except MalformedInput as error:
                troubles.append(SignatureFinding("skipped", f"DSS {kind}: {error.why}"[:200]))
    return Held(collected.evidence(), revisions, tuple(troubles))


def _value(pdf: OpenPdf, pointer: generic.PdfObject) -> tuple[bytes, int]:
    """The octets of one entry and the revision in which it came."""
    with bounded("DSS"):
        if not isinstance(pointer, generic.IndirectObject):
            raise MalformedInput("DSS", "an entry is no object of its own")
        return data_of(pointer.get_object()), pdf.reader.xrefs.get_introducing_revision(pointer.reference)


@dataclass
class _Collected:
    certificates: list[bytes]
    lists: list[bytes]
    answers: list[bytes]

    def add(self, kind: str, octets: bytes) -> bytes:
        """Keep one that can be read; its SHA-256.  Raises MalformedInput."""
        if kind == "certificate":
            certificate = read_certificate(octets)
            self.certificates.append(octets)
            return certificate.sha256
        if kind == "list":
            found = read_revocation_list(octets)
            self.lists.append(octets)
            return found.sha256
        answer = read_ocsp_answer(octets)
        self.answers.append(octets)
        return answer.sha256

    def evidence(self) -> Evidence:
        return Evidence.of(self.certificates, self.lists, self.answers)


def _level(facts: SignatureFacts, stamps: list[TimeStampFacts], held: Held, over_values: set[bytes]) -> Level:
    """EN 319 142-1 6.3 by what stands there; whether it holds is the judge's."""
    if facts.format != "PAdES":
        return Level.NONE
    over_us = [each for each in stamps if facts.identity in each.covers]
    is_stamped = bool(facts.time_stamps) or bool(over_us)
    if not is_stamped:
        return Level.B
    if not held.evidence.crls and not held.evidence.ocsp_answers:
        return Level.T
    is_archived = any(each.token is not None and each.token.identity in over_values for each in over_us)
    return Level.LTA if is_archived else Level.LT


def _place(each: SignatureField) -> str:
    return f"field {each.name}" if each.name else "field"


def _unreadable(each: SignatureField, finding: SignatureFinding) -> SignatureFacts:
    return SignatureFacts(
        format="PDF",
        place=_place(each),
        level=Level.NONE,
        message=SignedMessage(None, b""),
        digests=(),
        references=(),
        hint=SignerHint(),
        claimed_signed_at=each.signed_at,
        troubles=(finding,),
    )


def _joined(several: list[Evidence]) -> Evidence:
    found = Evidence()
    for each in several:
        found = found.joined(each)
    return found
