"""Validity: Japan's midnights, five years, the issuer's end, the sunset of algorithms."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hpki.errors import ProfileViolation
from hpki.issuance import profiles
from hpki.issuance.algorithms import JAPAN, latest_not_after, life_ends_at, sunsets, validity
from hpki.issuance.profiles import Life
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki
from tests.hpki.certs import vectors

QUANTUM_SAFE = {KeyAlgorithm.ML_DSA_65}


def japan(*when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=JAPAN)  # type: ignore[arg-type, misc]  # year to second


def test_five_years_from_midnight_to_the_last_second_as_in_service() -> None:
    assert validity(profiles.SIGNING, None, QUANTUM_SAFE, japan(2026, 11, 4, 10)) == (
        japan(2026, 11, 4),
        japan(2031, 11, 3, 23, 59, 59),
    )


@vectors.needed
def test_the_certificate_of_2017_in_service_has_exactly_this_life() -> None:
    certificate = vectors.certificate("ee_medis_sign_medicaldoctor_6F")
    begins = certificate.not_valid_before_utc

    assert life_ends_at(Life(years=5), begins) == certificate.not_valid_after_utc


def test_a_life_from_a_leap_day_ends_with_february() -> None:
    assert life_ends_at(Life(years=5), japan(2028, 2, 29)) == japan(2033, 2, 28, 23, 59, 59)


@given(st.datetimes(dt.datetime(2014, 1, 1), dt.datetime(2035, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_no_end_entity_lives_longer_than_five_years(at: dt.datetime) -> None:
    begins, ends = validity(profiles.SIGNING, None, QUANTUM_SAFE, at)

    assert begins <= at < ends
    assert ends.astimezone(JAPAN).time() == dt.time(23, 59, 59)
    anniversary = begins.astimezone(JAPAN)
    assert ends.astimezone(JAPAN).year - anniversary.year <= 5
    assert (ends - begins).days <= 5 * 365 + 1


@pytest.mark.parametrize(
    ("algorithms", "ends"),
    [
        ({KeyAlgorithm.RSA_2048}, japan(2030, 12, 31, 23, 59, 59)),
        ({KeyAlgorithm.RSA_2048, KeyAlgorithm.ML_DSA_65}, japan(2030, 12, 31, 23, 59, 59)),
        ({KeyAlgorithm.P_256}, japan(2033, 11, 3, 23, 59, 59)),
    ],
)
def test_the_weakest_of_both_keys_sets_the_end(algorithms: set[KeyAlgorithm], ends: dt.datetime) -> None:
    at = japan(2028, 11, 4)
    assert latest_not_after(profiles.SIGNING, None, algorithms, at) == ends


def test_an_end_entity_never_outlives_its_issuer() -> None:
    issuer = pki.hierarchy().authorities["SIGNING_CA"].issuer.certificate
    near_the_end = issuer.not_valid_after_utc - dt.timedelta(days=100)

    _, ends = validity(profiles.SIGNING, issuer, QUANTUM_SAFE, near_the_end)
    assert ends == issuer.not_valid_after_utc


def test_it_never_begins_before_its_issuer() -> None:
    issuer = pki.hierarchy().authorities["SIGNING_CA"].issuer.certificate
    begins, _ = validity(profiles.SIGNING, issuer, QUANTUM_SAFE, issuer.not_valid_before_utc)
    assert begins == issuer.not_valid_before_utc


def test_after_the_sunset_nothing_is_issued() -> None:
    with pytest.raises(ProfileViolation, match="no_life_left"):
        validity(profiles.SIGNING, None, {KeyAlgorithm.RSA_2048}, japan(2031, 1, 1))


def test_authorities_keep_the_life_in_service() -> None:
    _, root_ends = validity(profiles.ROOT, None, {KeyAlgorithm.RSA_2048}, japan(2026, 11, 4))
    _, sub_ends = validity(profiles.SIGNING_CA, None, {KeyAlgorithm.RSA_2048}, japan(2026, 11, 4))

    assert (root_ends, sub_ends) == (japan(2056, 11, 3, 23, 59, 59), japan(2046, 11, 3, 23, 59, 59))


def test_a_responder_lives_ninety_days_from_the_moment_itself() -> None:
    begins, ends = validity(profiles.OCSP_RESPONDER, None, QUANTUM_SAFE, japan(2026, 11, 4, 10))

    assert begins == japan(2026, 11, 4, 10)
    assert ends - begins == dt.timedelta(days=90, seconds=-1)


def test_every_algorithm_has_a_row_with_its_source() -> None:
    assert set(sunsets()) == set(KeyAlgorithm)
    assert all(row.source and row.provenance for row in sunsets().values())
