"""Foreign software judges every certificate and list that we can make.

pkilint reads every profile with every key type.  OpenSSL 3.0, GnuTLS and JDK 17 of Debian 12 build and validate the
chains of all but ML-DSA, which none of them knows yet.
"""

import datetime as dt
import subprocess
from functools import cache
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.issuance import profiles
from hpki.issuance.crl_request import ListScope, RevokedEntry
from hpki.issuance.profiles import Environment, Profile
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki
from tests.interop import pkilint_judge

ALGORITHMS = (
    KeyAlgorithm.RSA_2048,
    KeyAlgorithm.RSA_3072,
    KeyAlgorithm.P_256,
    KeyAlgorithm.P_384,
    KeyAlgorithm.ML_DSA_65,
)
CLASSIC = tuple(algorithm for algorithm in ALGORITHMS if algorithm is not KeyAlgorithm.ML_DSA_65)
END_ENTITIES = tuple(profile for profile in profiles.PROFILES.values() if not profile.is_authority)
WITH_POLICY = tuple(profile for profile in END_ENTITIES if profile.policies)
A_DAY_LATER = pki.CEREMONY_DAY + dt.timedelta(days=1)

# Every finding of pkilint that may stand, with the reason.
EXPLAINED = {
    "INFO pkix.subject_key_identifier_method_1_identified": "says which method RFC 5280 4.2.1.2 was used, as intended",
    "NOTICE pkix.certificate_policies_policy_has_qualifier": "RFC 5280 4.2.1.4 recommends an OID alone; every "
    "certificate in service carries the CPS qualifier, and relying parties may look for it",
}
EXPLAINED_IN_CHAINS = {
    "INFO pkix.certificate_has_no_certificate_policies_extension": "an OCSP responder speaks for its issuer only and "
    "carries no policy; the root carries none, as in service",
    "NOTICE pkix.unsupported_algorithm": "pkilint 0.13 does not verify ML-DSA signatures; we verify each ourselves",
}


@cache
def hierarchy_of(algorithm: KeyAlgorithm) -> pki.Hierarchy:
    return pki.hierarchy(algorithm)


@cache
def chain_of(profile: Profile, algorithm: KeyAlgorithm) -> tuple[x509.Certificate, x509.Certificate]:
    """(issuer, certificate) of a profile in a hierarchy of one algorithm."""
    made = hierarchy_of(algorithm)
    root = made.root.issuer.certificate
    if profile is profiles.ROOT:
        return root, root
    if profile.is_authority:
        return root, made.authorities[profile.name].issuer.certificate
    issuer = made.authority_for(profile).issuer.certificate
    return issuer, made.issue(profile, pki.key(algorithm, "holder").public_key())


def lists_of(made: pki.Hierarchy, *revoked: int) -> list[x509.CertificateRevocationList]:
    """The root's two lists and every sub-CA's, with `revoked` serials on each of the latter."""
    entries = tuple(
        RevokedEntry(serial, pki.CEREMONY_DAY, x509.ReasonFlags.cessation_of_operation) for serial in revoked
    )
    return [
        made.root.revocation_list(scope=ListScope.ROOTS, number=1),
        made.root.revocation_list(scope=ListScope.SUBORDINATES, number=2),
        *(authority.revocation_list(entries=entries) for authority in made.authorities.values()),
    ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("profile", profiles.PROFILES.values(), ids=lambda profile: profile.name)
def test_pkilint_finds_nothing_unexplained(profile: Profile, algorithm: KeyAlgorithm) -> None:
    issuer, certificate = chain_of(profile, algorithm)

    assert pkilint_judge.certificate_findings(certificate) <= set(EXPLAINED)
    assert pkilint_judge.chain_findings(issuer, certificate) <= set(EXPLAINED_IN_CHAINS)


@pytest.mark.parametrize("subject_algorithm", ALGORITHMS)
def test_pkilint_accepts_every_holder_key_below_an_rsa_2048_authority(
    subject_algorithm: KeyAlgorithm,
) -> None:
    public_key = pki.key(subject_algorithm, "holder").public_key()
    certificate = hierarchy_of(KeyAlgorithm.RSA_2048).issue(profiles.SIGNING, public_key)

    assert pkilint_judge.certificate_findings(certificate) <= set(EXPLAINED)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_pkilint_finds_nothing_in_revocation_lists(algorithm: KeyAlgorithm) -> None:
    for revocation_list in lists_of(hierarchy_of(algorithm), 2, 3):
        assert pkilint_judge.crl_findings(revocation_list) == set()


def pem_file(folder: Path, name: str, *items: x509.Certificate | x509.CertificateRevocationList) -> Path:
    path = folder / name
    path.write_bytes(b"".join(item.public_bytes(Encoding.PEM) for item in items))
    return path


def openssl_verify(
    folder: Path,
    algorithm: KeyAlgorithm,
    certificate: x509.Certificate,
    *options: str,
    crls: list[x509.CertificateRevocationList] | None = None,
) -> subprocess.CompletedProcess[str]:
    made = hierarchy_of(algorithm)
    subordinates = [authority.issuer.certificate for authority in made.authorities.values()]
    files: list[str | Path] = [
        "-CAfile", pem_file(folder, "root.pem", made.root.issuer.certificate),
        "-untrusted", pem_file(folder, "sub.pem", *subordinates),
        "-CRLfile", pem_file(folder, "crls.pem", *(crls or lists_of(made))),
    ]  # fmt: skip
    return subprocess.run(
        [
            "openssl", "verify", "-no-CApath", "-no-CAstore", "-x509_strict", "-attime",
            str(int(A_DAY_LATER.timestamp())), "-crl_check_all", "-extended_crl", *files, *options,
            pem_file(folder, "judged.pem", certificate),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def under_policy(oid: x509.ObjectIdentifier | None) -> tuple[str, ...]:
    return () if oid is None else ("-policy", oid.dotted_string, "-policy_check", "-explicit_policy")


@pytest.mark.parametrize("algorithm", CLASSIC)
@pytest.mark.parametrize("profile", END_ENTITIES, ids=lambda profile: profile.name)
def test_openssl_accepts_the_chain_with_lists_and_explicit_policy(
    tmp_path: Path, profile: Profile, algorithm: KeyAlgorithm
) -> None:
    _, certificate = chain_of(profile, algorithm)
    if profile is profiles.OCSP_RESPONDER:
        # Without a distribution point of its own (nocheck) it still comes under its issuer's full list.
        judged = openssl_verify(tmp_path, algorithm, certificate)
    else:
        judged = openssl_verify(
            tmp_path, algorithm, certificate, *under_policy(profile.policy(Environment.TEST))
        )

    assert judged.returncode == 0, judged.stderr


@pytest.mark.parametrize("profile", WITH_POLICY, ids=lambda profile: profile.name)
def test_openssl_refuses_a_test_certificate_under_the_production_policy(
    tmp_path: Path, profile: Profile
) -> None:
    _, certificate = chain_of(profile, KeyAlgorithm.P_256)
    production = under_policy(profile.policy(Environment.PRODUCTION))
    judged = openssl_verify(tmp_path, KeyAlgorithm.P_256, certificate, *production)

    assert judged.returncode != 0
    assert "no explicit policy" in judged.stderr


def test_openssl_tells_a_production_hierarchy_from_a_test_one(tmp_path: Path) -> None:
    made = pki.hierarchy(environment=Environment.PRODUCTION)
    certificate = made.issue(profiles.SIGNING, pki.key(KeyAlgorithm.P_256, "holder").public_key())
    anchor = pem_file(tmp_path, "root.pem", made.root.issuer.certificate)
    subordinate = pem_file(tmp_path, "sub.pem", made.authorities["SIGNING_CA"].issuer.certificate)
    judged = pem_file(tmp_path, "judged.pem", certificate)

    verdicts = {
        environment: subprocess.run(
            [
                "openssl", "verify", "-no-CApath", "-no-CAstore", "-attime", str(int(A_DAY_LATER.timestamp())),
                "-CAfile", anchor, "-untrusted", subordinate,
                *under_policy(profiles.SIGNING.policy(environment)), judged,
            ],
            capture_output=True, check=False,
        ).returncode
        for environment in Environment
    }  # fmt: skip
    assert verdicts[Environment.PRODUCTION] == 0
    assert verdicts[Environment.TEST] != 0


def test_openssl_refuses_a_revoked_certificate(tmp_path: Path) -> None:
    _, certificate = chain_of(profiles.SIGNING, KeyAlgorithm.P_256)
    crls = lists_of(hierarchy_of(KeyAlgorithm.P_256), certificate.serial_number)
    judged = openssl_verify(tmp_path, KeyAlgorithm.P_256, certificate, crls=crls)

    assert judged.returncode != 0
    assert "certificate revoked" in judged.stderr


@pytest.mark.parametrize(
    ("profile", "purpose", "verdict"),
    [
        (profiles.AUTHENTICATION, "sslclient", "accepted"),
        (profiles.ORGANISATION, "sslclient", "accepted"),
        (profiles.PRESENCE, "sslclient", "refused"),
        (profiles.PRESENCE, "sslserver", "refused"),
        (profiles.PRESENCE, "smimesign", "refused"),
        (profiles.SIGNING, "sslclient", "refused"),
        (profiles.TIME_STAMP, "timestampsign", "accepted"),
        (profiles.TIME_STAMP, "sslclient", "refused"),
        (profiles.OCSP_RESPONDER, "sslclient", "refused"),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_openssl_lets_only_login_certificates_log_in(
    tmp_path: Path, profile: Profile, purpose: str, verdict: str
) -> None:
    _, certificate = chain_of(profile, KeyAlgorithm.P_256)
    judged = openssl_verify(tmp_path, KeyAlgorithm.P_256, certificate, "-purpose", purpose)

    assert verdict == ("accepted" if judged.returncode == 0 else "refused"), judged.stderr


@pytest.mark.parametrize("algorithm", CLASSIC)
def test_certtool_accepts_the_chains(tmp_path: Path, algorithm: KeyAlgorithm) -> None:
    # certtool judges for now and has no option for another moment.
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)  # noqa: TID251 - see above
    made = pki.hierarchy(algorithm, at=now)
    root = made.root.issuer.certificate
    for profile in END_ENTITIES:
        certificate = made.issue(profile, pki.key(algorithm, "holder").public_key(), at=now)
        chain = pem_file(
            tmp_path, "chain.pem", certificate, made.authority_for(profile).issuer.certificate, root
        )
        anchor = pem_file(tmp_path, "root.pem", root)
        judged = subprocess.run(
            ["certtool", "--verify", "--load-ca-certificate", anchor, "--infile", chain],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert judged.returncode == 0, f"{profile.name}: {judged.stdout}{judged.stderr}"


def test_the_path_builder_of_the_jdk_agrees(tmp_path: Path) -> None:
    lines = []
    wanted: dict[str, str] = {}
    for algorithm in CLASSIC:
        made = hierarchy_of(algorithm)
        crls = [pem_file(tmp_path, f"{algorithm}-{n}.crl", each) for n, each in enumerate(lists_of(made))]
        for profile in WITH_POLICY:
            issuer, certificate = chain_of(profile, algorithm)
            files = [
                pem_file(tmp_path, f"{algorithm}-{profile.name}-{place}.pem", each)
                for place, each in (
                    ("root", made.root.issuer.certificate),
                    ("sub", issuer),
                    ("ee", certificate),
                )
            ]
            for environment, verdict in ((Environment.TEST, "VALID"), (Environment.PRODUCTION, "REFUSED")):
                policy = profile.policy(environment)
                assert policy is not None
                name = f"{algorithm}/{profile.name}/{environment}"
                words = [name, *files, policy.dotted_string, ",".join(str(crl) for crl in crls)]
                lines.append(" ".join(str(word) for word in (*words, int(A_DAY_LATER.timestamp()))))
                wanted[name] = verdict
    manifest = tmp_path / "manifest"
    manifest.write_text("\n".join(lines), encoding="utf-8")
    program = Path(__file__).parent / "PathBuilderJudge.java"
    judged = subprocess.run(
        ["java", "-XX:TieredStopAtLevel=1", program, manifest], capture_output=True, text=True, check=False
    )

    assert judged.returncode == 0, judged.stderr
    verdicts = {line.split(" ")[0]: line.split(" ", 1)[1] for line in judged.stdout.splitlines()}
    assert {name: verdict.split(" ")[0] for name, verdict in verdicts.items()} == wanted, verdicts


def test_post_quantum_certificates_stay_readable_where_no_foreign_judge_exists() -> None:
    _, certificate = chain_of(profiles.SIGNING, KeyAlgorithm.ML_DSA_65)
    issuer = hierarchy_of(KeyAlgorithm.ML_DSA_65).authorities["SIGNING_CA"]
    certificate.verify_directly_issued_by(issuer.issuer.certificate)

    # FIPS 204 table 2: public key 1,952 octets, signature 3,309 octets.
    assert 5_261 < len(certificate.public_bytes(Encoding.DER)) < 6_500
