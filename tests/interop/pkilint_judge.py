"""pkilint as a judge, in process."""

from collections.abc import Iterable
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pkilint import document, loader, pkix, validation
from pkilint.bin import lint_pkix_signer_signee_cert_chain as chain_linter
from pkilint.pkix import certificate, crl, extension, name


def certificate_findings(judged: x509.Certificate) -> set[str]:
    """Every finding of pkilint's RFC 5280 certificate validators, INFO and NOTICE included, as `SEVERITY code`."""
    document = loader.RFC5280CertificateDocumentLoader().load_der_document(judged.public_bytes(Encoding.DER))
    return _codes(_certificate_validators().validate(document.root))


def chain_findings(issuer: x509.Certificate, judged: x509.Certificate) -> set[str]:
    """Findings of pkilint's signer-signee validators: names, key identifiers, policies, the signature itself."""
    documents: dict[str, document.Document] = {}
    load = loader.RFC5280CertificateDocumentLoader().load_der_document
    for role, each in (("issuer", issuer), ("subject", judged)):
        documents[role] = load(each.public_bytes(Encoding.DER), role, role, documents)
    decoder = chain_linter.create_decoder_validation_container()
    results = decoder.validate(documents["issuer"].root)
    results += decoder.validate(documents["subject"].root)
    results += chain_linter.create_issuer_validation_container().validate(documents["issuer"].root)
    results += chain_linter.create_subject_validation_container().validate(documents["subject"].root)
    return _codes(results)


def crl_findings(judged: x509.CertificateRevocationList) -> set[str]:
    """Every finding of pkilint's RFC 5280 CRL validators."""
    document = loader.RFC5280CertificateListDocumentLoader().load_der_document(
        judged.public_bytes(Encoding.DER)
    )
    return _codes(_crl_validators().validate(document.root))


@cache
def _certificate_validators() -> validation.ValidatorContainer:
    return certificate.create_pkix_certificate_validator_container(
        certificate.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
        [
            certificate.create_issuer_validator_container([]),
            certificate.create_validity_validator_container(),
            certificate.create_subject_validator_container([]),
            certificate.create_extensions_validator_container([]),
            certificate.create_spki_validator_container([]),
        ],
    )


@cache
def _crl_validators() -> validation.ValidatorContainer:
    return crl.create_pkix_crl_validator_container(
        [
            pkix.create_attribute_decoder(name.ATTRIBUTE_TYPE_MAPPINGS),
            pkix.create_extension_decoder(extension.EXTENSION_MAPPINGS),
        ],
        [
            crl.create_issuer_validator_container([]),
            crl.create_validity_validator_container([]),
            crl.create_extensions_validator_container([]),
        ],
    )


def _codes(results: Iterable[validation.ValidationResult]) -> set[str]:
    return {
        f"{found.finding.severity.name} {found.finding.code}"
        for result in results
        for found in result.finding_descriptions
    }
