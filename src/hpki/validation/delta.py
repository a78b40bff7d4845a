"""Delta lists: what changed since a base list (RFC 5280 5.2.4, 6.3.3 (c))."""

from cryptography import x509

from hpki.validation.crl_index import RevokedEntry
from hpki.validation.currency import Question
from hpki.validation.facts import CertificateFacts
from hpki.validation.revocation_list import RevocationList


def entry_with_deltas(
    base: RevocationList, signer: CertificateFacts, question: Question
) -> tuple[RevokedEntry | None, RevocationList]:
    """The entry of the certificate after the newest fitting delta, and the list that decided."""
    certificate = question.certificate
    entry = base.index.find(certificate.issuer_name, certificate.serial_number)
    delta = _newest(base, signer, question) if question.demand.use_deltas else None
    if delta is None:
        return entry, base
    change = delta.index.find(certificate.issuer_name, certificate.serial_number)
    if change is None:
        return entry, delta
    if change.reason is not x509.ReasonFlags.remove_from_crl:
        return change, delta
    # RFC 5280 5.3.1: removeFromCRL says that the certificate expired or is off hold; a revocation for good remains.
    was_on_hold = entry is None or entry.reason is x509.ReasonFlags.certificate_hold
    return (None if was_on_hold else entry), delta


def _newest(base: RevocationList, signer: CertificateFacts, question: Question) -> RevocationList | None:
    fitting = [
        delta for delta in question.evidence.crls if _fits(delta, base) and _is_in_force(delta, question)
    ]
    fitting.sort(key=lambda delta: (delta.this_update, delta.number or 0), reverse=True)
    # RFC 5280 6.3.3 (h): the delta is verified with the key that verified the complete list.
    return next((delta for delta in fitting if delta.is_signed_by(signer) and delta.trouble is None), None)


def _fits(delta: RevocationList, base: RevocationList) -> bool:
    """RFC 5280 5.2.4: same issuer, scope and key; BaseCRLNumber not above the base's number, which is below its own."""
    if delta.base_number is None or delta.number is None or base.number is None:
        return False
    same_keys = delta.authority_key_identifier == base.authority_key_identifier
    same_scope = delta.issuer_name == base.issuer_name and delta.scope == base.scope
    return same_keys and same_scope and delta.base_number <= base.number < delta.number


def _is_in_force(delta: RevocationList, question: Question) -> bool:
    if delta.next_update is None or not question.allows_digest(delta.signature_words):
        return False
    return delta.this_update <= question.at + question.demand.skew and question.at <= delta.next_update
