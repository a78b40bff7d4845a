"""When a card really ends, and why."""

import datetime as dt
from dataclasses import replace

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hpki.issuance.algorithms import JAPAN
from hpki.keys.algorithms import KeyAlgorithm, algorithm_of
from hpki_server.authority.models import Certificate, Issuer
from hpki_server.lifecycle import terms as terms_room
from hpki_server.lifecycle.expiry import (
    CardTerms,
    CertificateTerms,
    EffectiveExpiry,
    Limit,
    effective_expiry,
    known_sunsets,
    natural_end,
    with_sunsets,
)
from tests.hpki_server.lifecycle import stage

RSA, P256 = KeyAlgorithm.RSA_2048, KeyAlgorithm.P_256
DAYS = st.dates(dt.date(2026, 1, 1), dt.date(2045, 12, 31))


def night(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(23, 59, 59), JAPAN).astimezone(dt.UTC)


def terms(card: str, certificate: str, issuer: str) -> CardTerms:
    moments = [night(dt.date.fromisoformat(day)) for day in (certificate, issuer)]
    return CardTerms(
        dt.date.fromisoformat(card), (CertificateTerms(moments[0], moments[1], frozenset({RSA})),)
    )


@pytest.mark.parametrize(
    ("facts", "sunset", "expected"),
    [
        (terms("2031-11-03", "2031-11-03", "2040-01-01"), None, ("2031-11-03", Limit.CARD)),
        (terms("2031-11-03", "2031-10-01", "2040-01-01"), None, ("2031-10-01", Limit.CERTIFICATE)),
        (terms("2031-11-03", "2031-11-03", "2030-05-05"), None, ("2030-05-05", Limit.ISSUER)),
        (terms("2031-11-03", "2031-11-03", "2040-01-01"), "2030-12-31", ("2030-12-31", Limit.ALGORITHM)),
        (terms("2030-12-31", "2031-11-03", "2040-01-01"), "2030-12-31", ("2030-12-31", Limit.ALGORITHM)),
        (terms("2030-12-30", "2031-11-03", "2040-01-01"), "2030-12-31", ("2030-12-30", Limit.CARD)),
    ],
)
def test_the_earliest_counts_and_is_named(
    facts: CardTerms, sunset: str | None, expected: tuple[str, Limit]
) -> None:
    days = {RSA: dt.date.fromisoformat(sunset)} if sunset else {}
    end = effective_expiry(facts, days)
    assert (end.on.isoformat(), end.limit) == expected
    assert (end.algorithm is RSA) == (end.limit is Limit.ALGORITHM)


def test_an_authority_above_the_issuer_ends_a_card_too_and_is_named() -> None:
    [one] = terms("2031-11-03", "2031-11-03", "2040-01-01").certificates
    facts = CardTerms(dt.date(2031, 11, 3), (replace(one, superior_not_after=night(dt.date(2030, 5, 5))),))
    assert natural_end(facts) == EffectiveExpiry(dt.date(2030, 5, 5), Limit.SUPERIOR)
    assert "ルート" in natural_end(facts).why
    later = CardTerms(dt.date(2031, 11, 3), (replace(one, superior_not_after=night(dt.date(2040, 1, 1))),))
    assert natural_end(later).limit is Limit.CARD


@pytest.mark.django_db
@pytest.mark.usefixtures("own_place")
def test_a_cards_end_is_read_up_to_the_root_with_the_keys_of_all() -> None:
    card = stage.hanakos_card()
    issuer = Certificate.objects.filter(card=card).first()
    assert issuer is not None
    chain = terms_room.chain_of(issuer.issuer_id)
    root = issuer.issuer.parent
    assert isinstance(root, Issuer)
    assert root.parent is None
    certificate = x509.load_der_x509_certificate(bytes(root.certificate_der))
    assert chain[-1] == (certificate.not_valid_after_utc, algorithm_of(certificate.public_key()))
    assert len(chain) == 2
    [facts] = terms_room.terms_of([card]).values()
    assert {one.superior_not_after for one in facts.certificates} == {certificate.not_valid_after_utc}
    assert algorithm_of(certificate.public_key()) in facts.algorithms


def test_a_card_without_certificates_ends_as_its_face_says() -> None:
    assert natural_end(CardTerms(dt.date(2027, 3, 31))) == EffectiveExpiry(dt.date(2027, 3, 31), Limit.CARD)


def test_a_validity_ends_on_its_day_in_japan() -> None:
    # 15:00 UTC of the 3rd is midnight of the 4th in Japan.
    one = CertificateTerms(
        dt.datetime(2031, 11, 3, 14, 59, 59, tzinfo=dt.UTC),
        dt.datetime(2040, 1, 1, tzinfo=dt.UTC),
        frozenset({P256}),
    )
    assert natural_end(CardTerms(dt.date(2032, 1, 1), (one,))).on == dt.date(2031, 11, 3)


def test_what_was_announced_counts_only_where_it_is_earlier_than_the_table() -> None:
    table = known_sunsets()
    assert table[RSA] == dt.date(2030, 12, 31)
    assert known_sunsets([(RSA, dt.date(2028, 6, 30))])[RSA] == dt.date(2028, 6, 30)
    assert known_sunsets([(RSA, dt.date(2039, 6, 30))])[RSA] == dt.date(2030, 12, 31)


@given(natural=DAYS, days=st.dictionaries(st.sampled_from(list(KeyAlgorithm)), DAYS))
def test_no_sunset_ever_lengthens_a_card(natural: dt.date, days: dict[KeyAlgorithm, dt.date]) -> None:
    end = with_sunsets(EffectiveExpiry(natural, Limit.CARD), KeyAlgorithm, days)
    assert end.on == min([natural, *days.values()])
