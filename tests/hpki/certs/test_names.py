"""Names as certificates in service write them."""

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hpki.certs import names
from hpki.certs.names import authority_name, japanese_name, subject_name
from hpki.errors import MalformedInput
from tests.hpki.certs import vectors


@vectors.needed
def test_the_subject_of_a_certificate_in_service_comes_out_byte_for_byte() -> None:
    expected = vectors.certificate("ee_medis_sign_medicaldoctor_015E")
    built = subject_name(
        common_name="Sanjushi Kagurazaka",
        serial_number="Test117120",
        organisation="MEDIS UNIVERSITY HOSPITAL",
    )

    assert built.public_bytes() == expected.subject.public_bytes()


@vectors.needed
def test_the_japanese_subject_of_a_certificate_in_service_comes_out_byte_for_byte() -> None:
    extensions = vectors.certificate("ee_medis_sign_medicaldoctor_015E").extensions
    alternative = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    (expected,) = alternative.get_values_for_type(x509.DirectoryName)
    built = japanese_name(
        family_name="神楽坂", given_name="三十四", serial_number="Test117120", organisation="医療情報大学病院"
    )

    assert built.public_bytes() == expected.public_bytes()


@vectors.needed
def test_the_names_of_authorities_in_service_come_out_byte_for_byte() -> None:
    root = authority_name(
        organisation="Ministry of Health, Labour and Welfare",
        organisational_units=("Director-General for Policy Planning and Evaluation", "MHLW HPKI Root CA V2"),
        common_name=None,
    )
    signing = authority_name(
        organisation="Japan Medical Association",
        organisational_units=("Digital Certificate Center",),
        common_name="HPKI-01-HPKI_JV2-forNonRepudiation",
    )

    assert root.public_bytes() == vectors.certificate("root_mhlw_v2").subject.public_bytes()
    assert signing.public_bytes() == vectors.certificate("ca_jma_sign").subject.public_bytes()


def test_a_presence_certificate_names_the_card_and_nobody() -> None:
    assert names.presence_name("33-000001").rfc4514_string() == "2.5.4.5=33-000001,CN=33-000001,C=JP"


@pytest.mark.parametrize("wrong", ["", " ", "x" * 65, "a\nb", "a\x00b", "\u202eb"])
def test_a_name_that_would_deceive_or_does_not_fit_is_refused(wrong: str) -> None:
    with pytest.raises(MalformedInput, match=r"2\.5\.4\.3"):
        subject_name(common_name=wrong, serial_number="1")


def test_a_name_is_encoded_as_itself_however_many_were_encoded_before() -> None:
    cards = [names.presence_name(f"33-{number}") for number in range(6)]

    for card in (*cards, *cards, *reversed(cards), cards[0], cards[0]):
        assert names.encode_name(card) == card.public_bytes()


def test_a_serial_number_is_a_printable_string() -> None:
    with pytest.raises(MalformedInput, match="PrintableString"):
        subject_name(common_name="Hanako Iryo", serial_number="医籍1")


def test_a_long_foreign_name_counts_characters_and_not_octets() -> None:
    built = japanese_name(family_name="アレクサンドロヴィチ・スミルノフ", given_name="コンスタンチン")
    assert len(built.public_bytes()) > 80


@given(family=st.text(max_size=30), given_name=st.text(max_size=30))
def test_any_other_text_either_stands_in_the_name_or_is_refused(family: str, given_name: str) -> None:
    try:
        built = japanese_name(family_name=family, given_name=given_name)
    except MalformedInput:
        return
    assert built.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == f"{family}\u3000{given_name}"
