"""The entries of a revocation list, found by issuer and serial number without looking at the others.

A list is walked once; of each entry only the serial number and the place are kept, since a list may have a million of
them and a judge asks for one.  What stands behind the date (reason, certificateIssuer) is the same few octets again and
again, so each form is read once.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.x509.oid import CRLEntryExtensionOID

from hpki.certs import der
from hpki.certs.tbs import TbsExtension
from hpki.errors import MalformedInput
from hpki.validation.distinguished_names import NormalisedName, normalised
from hpki.validation.foreign import REFUSALS

# A list of a million entries with a reason each has 49 MB; one of this size is 1.5 million.
MOST_ENTRIES: Final = 4_000_000
# Authorities that one indirect list speaks for; each name costs thirty times as much as an entry.
MOST_ISSUERS: Final = 1024
# RFC 5280 4.1.2.2: "Conforming CAs MUST NOT use serialNumber values longer than 20 octets."  We read longer ones.
MOST_SERIAL_OCTETS: Final = 126
# Different endings of entries (reason, invalidity date): dates differ a lot, so forms are not kept beyond this number.
_MOST_FORMS: Final = 4096

_CRL: Final = "revocation list"
_LONG: Final = 0x80


@dataclass(frozen=True)
class RevokedEntry:
    """One entry: since when, and why (None when no reason is given)."""

    serial_number: int
    revoked_at: dt.datetime
    reason: x509.ReasonFlags | None


@dataclass(frozen=True)
class _Form:
    """What the extensions of an entry say."""

    reason: x509.ReasonFlags | None
    issuer: NormalisedName | None
    unknown_critical: str | None


_PLAIN: Final = _Form(None, None, None)


class CrlIndex:
    """Where the entries of one list stand.

    `unknown_critical` names a critical entry extension nobody here can read.  RFC 5280 5.3: "If a CRL contains a
    critical CRL entry extension that the application cannot process, then the application MUST NOT use that CRL to
    determine the status of any certificates."
    """

    def __init__(self, octets: bytes, start: int, end: int, list_issuer: NormalisedName) -> None:
        """Walk the entries that stand in `octets` from `start` to `end`.  Raises MalformedInput."""
        self._octets = octets
        self._forms: dict[bytes, _Form] = {b"": _PLAIN}
        self._by_issuer: dict[NormalisedName, dict[bytes, int]] = {list_issuer: {}}
        self.unknown_critical: str | None = None
        self.count = 0
        try:
            self._walk(start, end, list_issuer)
        except (*REFUSALS, IndexError) as refused:
            raise MalformedInput(_CRL, f"entry {self.count + 1}: {refused}") from refused

    def find(self, issuer: NormalisedName, serial_number: int) -> RevokedEntry | None:
        """The entry of a certificate, by the name of its issuer and its serial number."""
        place = self._by_issuer.get(issuer, {}).get(_serial_octets(serial_number))
        return None if place is None else self._entry(place)

    def _walk(self, position: int, end: int, list_issuer: NormalisedName) -> None:
        octets, forms = self._octets, self._forms
        places = self._by_issuer[list_issuer]
        count = 0
        while position < end:
            # `_content` written out for the usual entry of less than 128 octets: a call for each takes half the time.
            body, stop = position + 2, position + 2 + octets[position + 1]
            if octets[position] != der.SEQUENCE or octets[body] != der.INTEGER or octets[body - 1] >= _LONG:
                body, stop = _content(octets, position)
            size = octets[body + 1]
            if not 0 < size <= MOST_SERIAL_OCTETS:
                raise ValueError("its serial number cannot be read")
            serial_end = body + 2 + size
            ending = octets[serial_end + 2 + octets[serial_end + 1] : stop]
            form = forms.get(ending) or self._form(ending)
            if form.issuer is not None:
                # RFC 5280 5.3.3: "On subsequent entries in an indirect CRL, if this extension is not present, the
                # certificate issuer for the entry is the same as that for the preceding entry."
                places = self._by_issuer.setdefault(form.issuer, {})
                if len(self._by_issuer) > MOST_ISSUERS:
                    raise ValueError(f"the list speaks for more than {MOST_ISSUERS} authorities")
            serial = octets[body + 2 : serial_end]
            places[serial] = self._graver(places[serial], position) if serial in places else position
            count += 1
            position = stop
        if position != end:
            raise ValueError("it ends beyond the list")
        if count > MOST_ENTRIES:
            raise MalformedInput(_CRL, f"{count} entries, at most {MOST_ENTRIES}")
        self.count = count

    def _graver(self, first: int, second: int) -> int:
        """Of two entries about one certificate the one that says the worse of it."""
        mild = {x509.ReasonFlags.remove_from_crl: 0, x509.ReasonFlags.certificate_hold: 1}
        grave = [
            mild.get(reason, 2) if (reason := self._form_at(place)[1].reason) else 2
            for place in (first, second)
        ]
        return first if grave[0] >= grave[1] else second

    def _form(self, ending: bytes) -> _Form:
        form = _read_form(ending)
        self.unknown_critical = self.unknown_critical or form.unknown_critical
        if len(self._forms) < _MOST_FORMS:
            self._forms[ending] = form
        return form

    def _entry(self, place: int) -> RevokedEntry:
        octets = self._octets
        (body, serial_end, time_end), form = self._form_at(place)
        return RevokedEntry(
            serial_number=int.from_bytes(octets[body + 2 : serial_end], "big", signed=True),
            revoked_at=read_time(octets[serial_end:time_end]),
            reason=form.reason,
        )

    def _form_at(self, place: int) -> tuple[tuple[int, int, int], _Form]:
        """Begin of the serial number's element, begin and end of the date's, and what follows."""
        octets = self._octets
        body, stop = _content(octets, place)
        serial_end = body + 2 + octets[body + 1]
        time_end = serial_end + 2 + octets[serial_end + 1]
        return (body, serial_end, time_end), self._forms.get(octets[time_end:stop]) or _read_form(
            octets[time_end:stop]
        )


def element_at(octets: bytes, position: int) -> tuple[int, int, int]:
    """Tag, begin and end of the content of the DER element at a position.  Raises MalformedInput."""
    try:
        tag, size, body = octets[position], octets[position + 1], position + 2
    except IndexError:
        raise MalformedInput(_CRL, "an element is cut short") from None
    if size & _LONG:
        body += size & ~_LONG
        size = int.from_bytes(octets[position + 2 : body], "big")
    if body + size > len(octets):
        raise MalformedInput(_CRL, "an element ends beyond the list")
    return tag, body, body + size


def _content(octets: bytes, position: int) -> tuple[int, int]:
    """Where the content of the SEQUENCE at a position begins and ends."""
    if octets[position] != der.SEQUENCE:
        raise ValueError("no SEQUENCE")
    size, body = octets[position + 1], position + 2
    if size & _LONG:
        body += size & ~_LONG
        size = int.from_bytes(octets[position + 2 : body], "big")
    if octets[body] != der.INTEGER or not 0 < octets[body + 1] <= MOST_SERIAL_OCTETS:
        raise ValueError("its serial number cannot be read")
    return body, body + size


@asn1.sequence
class _Ending:
    extensions: list[TbsExtension]


def _read_form(ending: bytes) -> _Form:
    """The extensions behind an entry's date."""
    reason: x509.ReasonFlags | None = None
    issuer: NormalisedName | None = None
    unknown: str | None = None
    for extension in asn1.decode_der(_Ending, der.tlv(der.SEQUENCE, ending)).extensions:
        if extension.oid == CRLEntryExtensionOID.CRL_REASON:
            reason = _read_reason(extension.value)
        elif extension.oid == CRLEntryExtensionOID.CERTIFICATE_ISSUER:
            issuer = _read_issuer(extension.value)
        elif extension.critical and extension.oid != CRLEntryExtensionOID.INVALIDITY_DATE:
            unknown = unknown or extension.oid.dotted_string
    return _Form(reason, issuer, unknown)


def _read_reason(value: bytes) -> x509.ReasonFlags:
    # RFC 5280 5.3.1: CRLReason ::= ENUMERATED, without 7.
    if len(value) != 3 or value[:2] != b"\x0a\x01" or value[2] not in _REASONS:
        raise ValueError("its reason cannot be read")
    return _REASONS[value[2]]


def _read_issuer(value: bytes) -> NormalisedName:
    """The directory name of certificateIssuer: GeneralNames with a directoryName [4] EXPLICIT."""
    names = asn1.decode_der(_Names, der.tlv(der.SEQUENCE, value)).names
    for name in names:
        if name.tag_bytes == _DIRECTORY_NAME:
            return normalised(bytes(name.data))
    raise ValueError("its certificateIssuer has no directory name")


@asn1.sequence
class _Names:
    names: list[asn1.TLV]


def read_time(octets: bytes) -> dt.datetime:
    """A Time of RFC 5280 4.1.2.5: UTCTime or GeneralizedTime, in whole seconds of UTC.  Raises MalformedInput."""
    form = _TIMES.get((octets[0], len(octets)) if octets else (0, 0))
    text = octets[2:].decode("ascii", errors="replace")
    if form is None or not text[:-1].isdecimal():
        raise MalformedInput("time", "no UTCTime or GeneralizedTime of RFC 5280")
    # RFC 5280 4.1.2.5.1: "Where YY is greater than or equal to 50, the year SHALL be interpreted as 19YY".
    century = "" if form == _GENERALIZED else "19" if text >= "5" else "20"
    try:
        return dt.datetime.strptime(century + text, "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC)
    except ValueError as refused:
        raise MalformedInput("time", str(refused)) from refused


def _serial_octets(serial_number: int) -> bytes:
    """The content of the INTEGER, in the fewest octets (X.690 8.3.2)."""
    bits = (serial_number if serial_number >= 0 else serial_number + 1).bit_length()
    return serial_number.to_bytes(bits // 8 + 1, "big", signed=True)


_DIRECTORY_NAME: Final = b"\xa4"
_UTC: Final = 0x17
_GENERALIZED: Final = 0x18
_TIMES: Final = {(_UTC, 15): _UTC, (_GENERALIZED, 17): _GENERALIZED}
_REASONS: Final = {
    0: x509.ReasonFlags.unspecified,
    1: x509.ReasonFlags.key_compromise,
    2: x509.ReasonFlags.ca_compromise,
    3: x509.ReasonFlags.affiliation_changed,
    4: x509.ReasonFlags.superseded,
    5: x509.ReasonFlags.cessation_of_operation,
    6: x509.ReasonFlags.certificate_hold,
    8: x509.ReasonFlags.remove_from_crl,
    9: x509.ReasonFlags.privilege_withdrawn,
    10: x509.ReasonFlags.aa_compromise,
}
