"""How much for the long term stands in an XML signature, and in which of the two families."""

from hpki.signatures.facts import Level, TimeStampKind
from hpki.signatures.xml import names
from hpki.signatures.xml.coverage import is_part_of_signature
from hpki.signatures.xml.imprints import Resolved
from hpki.signatures.xml.properties import SignedProperties
from hpki.signatures.xml.unsigned import UnsignedProperties

_VALUES = ("CertificateValues", "RevocationValues", "TimeStampValidationData", "AnyValidationData")
_REFERENCES = ("CompleteCertificateRefs", "CompleteCertificateRefsV2", "CompleteRevocationRefs")


def level_of(resolved: Resolved, signed: SignedProperties, unsigned: UnsignedProperties) -> Level:
    """The level by what stands there; whether it holds is the judge's.

    Baseline (EN 319 132-1 6.3) has a signing time, the signer's certificate and a format for each signed object; what
    lacks one of them is of the long-term profile family (JIS X 5093: ES, ES-T, ES-XL, ES-A).
    """
    if not signed.certificates:
        return Level.NONE
    kinds = {stamp.kind for stamp in unsigned.stamps}
    has_stamp = TimeStampKind.SIGNATURE in kinds
    has_values = unsigned.has(*_VALUES)
    is_baseline = signed.signed_at is not None and _has_formats(resolved, signed)
    # Validation data inside and an evidence record over them are as much as an archive time-stamp.
    is_archived = TimeStampKind.ARCHIVE in kinds or (has_values and bool(unsigned.records))
    if is_archived and has_stamp:
        return Level.LTA if is_baseline else Level.ES_A
    if has_stamp and has_values:
        return Level.LT if is_baseline else Level.ES_XL
    if has_stamp and unsigned.has(*_REFERENCES):
        return Level.T if is_baseline else Level.ES_C
    if has_stamp:
        return Level.T if is_baseline else Level.ES_T
    return Level.B if is_baseline else Level.ES


def _has_formats(resolved: Resolved, signed: SignedProperties) -> bool:
    named = {identifier.removeprefix("#") for identifier in signed.formats}
    objects = [each.reference for each in resolved if not is_part_of_signature(each)]
    if objects and all(reference.type == names.COUNTERSIGNED for reference in objects):
        # EN 319 132-1 5.2.7.2: what a counter-signature is over needs no format.
        return True
    return bool(named) and bool(objects) and all(reference.identifier in named for reference in objects)
