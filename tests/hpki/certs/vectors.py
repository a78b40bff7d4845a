"""The shared folder with certificates in service; outside of our workshop it is absent, and tests on it are skipped."""

from pathlib import Path

import pytest
from cryptography import x509

FOLDER = Path(__file__).resolve().parents[3].parent / "shared" / "vectors" / "hpki"
needed = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the folder shared/vectors beside the project is absent"
)


def certificate(name: str) -> x509.Certificate:
    return x509.load_der_x509_certificate((FOLDER / f"{name}.der").read_bytes())


def revocation_list(name: str) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl((FOLDER / f"{name}.der").read_bytes())
