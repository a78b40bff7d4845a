"""Who issues: facts about an authority, without its key."""

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256

from hpki.certs.reading import REFUSALS
from hpki.errors import MalformedInput
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of


@dataclass(frozen=True, eq=False)
class Issuer:
    """An authority as its certificates name it.

    `crl_url` is where the list of what it issues lies (http), `cps_url` goes into the policy qualifier of what it
    issues; the rest is read from the certificate.  Two issuers are equal when all facts are.  Raises MalformedInput
    for a certificate that is no CA's, has no subjectKeyIdentifier, or a key of a kind not in use here.
    """

    certificate: x509.Certificate
    crl_url: str
    cps_url: str
    key_identifier: bytes = field(init=False)
    public_key: CertificatePublicKeyTypes = field(init=False, repr=False)
    algorithm: KeyAlgorithm = field(init=False)
    _facts: tuple[bytes, str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            extensions = self.certificate.extensions
            identifier = extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            is_ca = extensions.get_extension_for_class(x509.BasicConstraints).value.ca
            public_key = self.certificate.public_key()
        except x509.ExtensionNotFound as missing:
            raise MalformedInput("issuer certificate", str(missing)) from missing
        except REFUSALS as refused:
            raise MalformedInput("issuer certificate", str(refused)) from refused
        if not is_ca:
            raise MalformedInput("issuer certificate", "its basicConstraints say that it is no authority")
        object.__setattr__(self, "key_identifier", identifier.digest)
        object.__setattr__(self, "public_key", public_key)
        object.__setattr__(self, "algorithm", algorithm_of(public_key))
        facts = (self.certificate.fingerprint(SHA256()), self.crl_url, self.cps_url)
        object.__setattr__(self, "_facts", facts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Issuer) and self._facts == other._facts

    def __hash__(self) -> int:
        return hash(self._facts)

    @property
    def is_root(self) -> bool:
        """Whether the certificate is self-issued."""
        return self.certificate.subject == self.certificate.issuer
