"""Gathering: what is missing is asked for, in order, within bounds, and kept while in force."""

import datetime as dt
from dataclasses import dataclass, field

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID
from hypothesis import given
from hypothesis import strategies as st

from hpki.errors import MalformedInput, Unreachable
from hpki.validation.evidence import Evidence
from hpki.validation.facts import CertificateFacts
from hpki.validation.gather import Gatherer, ocsp_request, read_issuers
from hpki.validation.policy import TrustAnchor
from hpki.validation.revocation import InPath, RevocationDemand
from hpki.validation.shelf import LONGEST, Shelf
from tests.hpki.validation.status_world import (
    AT,
    CA,
    DAY,
    HOUR,
    ROOT,
    Answer,
    Crl,
    Entry,
    card,
    certificate,
    point,
    uri,
)

CRL_URL, ROOT_CRL_URL = "http://crl.test.example/ca.crl", "http://crl.test.example/root.crl"
OCSP_URL, ISSUER_URL = "http://ocsp.test.example/", "http://aia.test.example/ca.cer"
ANCHOR = TrustAnchor(ROOT)
HANAKO = card(point(uri(CRL_URL)))
CA_LISTED = certificate(
    "ca", "ca", "root", "root", serial=7,
    extensions=[(x509.BasicConstraints(ca=True, path_length=None), True),
                (x509.CRLDistributionPoints([point(uri(ROOT_CRL_URL))]), False)],
)  # fmt: skip
LISTS = {CRL_URL: Crl().der(), ROOT_CRL_URL: Crl(issuer="root", signer="root").der()}


def with_access(*access: tuple[x509.ObjectIdentifier, str]) -> CertificateFacts:
    described = x509.AuthorityInformationAccess(
        [x509.AccessDescription(method, uri(url)) for method, url in access]
    )
    lists = x509.CRLDistributionPoints([point(uri(CRL_URL))])
    return certificate("hanako", "hanako", "ca", "ca", extensions=[(described, False), (lists, False)])


@dataclass
class World:
    """Addresses and what they answer; everything asked is written down."""

    answers: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    def get(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.answers:
            raise Unreachable(url, "nobody there")
        return self.answers[url]

    def post(self, url: str, body: bytes, content_type: str) -> bytes:
        assert content_type == "application/ocsp-request"
        assert ocsp.load_der_ocsp_request(body).serial_number == HANAKO.serial_number
        return self.get(url)


def gatherer(world: World, shelf: Shelf | None = None, now: dt.datetime = AT) -> Gatherer:
    return Gatherer(world, RevocationDemand(), now, shelf or Shelf())


def test_the_lists_that_the_path_names_are_fetched() -> None:
    world = World(LISTS)
    gathered = gatherer(world).gather(HANAKO, Evidence(certificates=(CA_LISTED,)), [ANCHOR], AT)

    assert world.asked == [CRL_URL, ROOT_CRL_URL]
    assert len(gathered.evidence.crls) == 2
    assert not gathered.missed


def test_nothing_is_asked_that_is_at_hand() -> None:
    world = World(LISTS)
    evidence = Evidence((CA_LISTED,), (Crl().read(), Crl(issuer="root", signer="root").read()))

    assert gatherer(world).gather(HANAKO, evidence, [ANCHOR], AT).evidence == evidence
    assert world.asked == []


def test_an_outdated_list_is_replaced() -> None:
    world = World(LISTS)
    old = Crl(next_update=AT - HOUR / 2).read()

    gatherer(world).gather(HANAKO, Evidence((CA_LISTED,), (old,)), [ANCHOR], AT)
    assert CRL_URL in world.asked


def test_an_answer_is_asked_for_before_a_list_and_spares_it() -> None:
    about = with_access((AuthorityInformationAccessOID.OCSP, OCSP_URL))
    world = World({OCSP_URL: Answer(about=about).der()})
    gathered = gatherer(world).gather(about, Evidence((CA,)), [TrustAnchor(CA)], AT)

    assert world.asked == [OCSP_URL]
    assert len(gathered.evidence.ocsp_answers) == 1


@pytest.mark.parametrize("answer", [None, b"noise", Answer(ocsp.OCSPCertStatus.UNKNOWN).der()])
def test_when_the_responder_does_not_help_the_list_is_fetched(answer: bytes | None) -> None:
    about = with_access((AuthorityInformationAccessOID.OCSP, OCSP_URL))
    world = World({CRL_URL: LISTS[CRL_URL], **({OCSP_URL: answer} if answer else {})})
    gathered = gatherer(world).gather(about, Evidence(), [TrustAnchor(CA)], AT)

    assert world.asked == [OCSP_URL, CRL_URL]
    assert len(gathered.evidence.crls) == 1


@pytest.mark.parametrize("form", ["der", "pem", "bundle"])
def test_a_missing_issuer_is_fetched_in_every_form(form: str) -> None:
    about = with_access((AuthorityInformationAccessOID.CA_ISSUERS, ISSUER_URL))
    forms = {
        "der": CA_LISTED.der,
        "pem": CA_LISTED.certificate.public_bytes(Encoding.PEM),
        "bundle": pkcs7.serialize_certificates([CA_LISTED.certificate], Encoding.DER),
    }
    world = World({**LISTS, ISSUER_URL: forms[form]})
    gathered = gatherer(world).gather(about, Evidence(), [ANCHOR], AT)

    assert world.asked == [ISSUER_URL, CRL_URL, ROOT_CRL_URL]
    assert CA_LISTED in gathered.evidence.certificates


def test_what_does_not_come_is_told_in_both_languages() -> None:
    gathered = gatherer(World({})).gather(HANAKO, Evidence(certificates=(CA,)), [ANCHOR], AT)

    (missed,) = gathered.missed
    assert missed.as_json() == {"code": "not_fetched", "url": CRL_URL, "why": "nobody there"}
    assert "取得できませんでした" in missed.sentence("ja")
    assert CRL_URL in missed.sentence("en")


def test_other_schemes_are_not_asked() -> None:
    world = World({})
    ldap = card(point(uri("ldap://ldap.test.example/cn=ca?certificateRevocationList")))

    assert not gatherer(world).gather(ldap, Evidence((CA,)), [TrustAnchor(CA)], AT).missed
    assert world.asked == []


def test_a_circle_of_issuers_ends() -> None:
    one, two = certificate("one", "one", "two", "two"), certificate("two", "two", "one", "one")

    gathered = gatherer(World({})).gather(one, Evidence((two, one)), [ANCHOR], AT)
    assert not gathered.evidence.crls


def test_what_was_fetched_is_kept_for_an_hour_at_most() -> None:
    world, shelf = World(LISTS), Shelf()
    for now in (AT, AT + LONGEST / 2, AT + LONGEST * 2):
        gatherer(world, shelf, now).gather(HANAKO, Evidence((CA,)), [TrustAnchor(CA)], now)

    assert world.asked == [CRL_URL, CRL_URL]


def test_the_shelf_is_bounded_and_keeps_nothing_beyond_its_time() -> None:
    shelf = Shelf(most_things=2, most_octets=10)
    shelf.keep("a", b"aaaa", AT + DAY, AT)
    shelf.keep("b", b"bbbb", AT + DAY, AT)
    assert shelf.find("a", AT) == b"aaaa"
    shelf.keep("c", b"cccc", AT + DAY, AT)
    shelf.keep("past", b"p", AT, AT)
    shelf.keep("large", b"x" * 11, AT + DAY, AT)

    assert [shelf.find(key, AT) for key in ("a", "b", "c", "past", "large")] == [
        b"aaaa",
        None,
        b"cccc",
        None,
        None,
    ]
    assert shelf.find("a", AT + DAY) is None


def test_the_request_names_the_certificate_and_carries_no_nonce() -> None:
    request = ocsp.load_der_ocsp_request(ocsp_request(InPath(HANAKO, CA, (ROOT, CA))))

    assert request.serial_number == HANAKO.serial_number
    assert len(request.extensions) == 0


@given(st.binary(max_size=300))
def test_issuers_that_are_none_are_malformed_input(noise: bytes) -> None:
    for octets in (noise, b"-----BEGIN CERTIFICATE-----\n" + noise):
        with pytest.raises(MalformedInput):
            read_issuers(octets)


def test_a_revocation_that_was_fetched_is_evidence_like_any_other() -> None:
    world = World({CRL_URL: Crl((Entry(),)).der()})
    gathered = gatherer(world).gather(HANAKO, Evidence((CA,)), [TrustAnchor(CA)], AT)

    assert gathered.evidence.crls[0].index.count == 1
