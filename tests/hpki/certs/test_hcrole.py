"""hcRole, read and built: the octets of certificates in service, and everything that could be in their place."""

import base64

import pytest
from asn1crypto import core
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from hpki.certs import der, hcrole
from hpki.certs.hcrole import HcRole, build_hcrole_extension, encode_hcroles, hcroles_of, read_hcroles
from hpki.errors import MalformedInput
from hpki.oids import ID_JHPKI_CDATA, SUBJECT_DIRECTORY_ATTRIBUTES
from tests.hpki.certs import vectors

# Extension values of MEDIS 015E, 6F, JMA 8090 (identical) and of MEDIS 0164, JPA 83E3.
MEDICAL_DOCTOR = bytes.fromhex(
    "303430320606288185420001312831263024a0223120a00c060a2a830886910f01060101a2100c0e4d65646963616c20446f63746f72"
)
PHARMACIST = bytes.fromhex(
    "3030302e0606288185420001312431223020a01e311ca00c060a2a830886910f01060101a20c0c0a506861726d6163697374"
)
# HCActor values of a public verifier's tests: with a code, and with a code and an empty list of regional data.
WITH_CODE = base64.b64decode("MCegJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3Q=")
WITH_REGIONAL = base64.b64decode("MCugJTEjoAwGCiqDCIaRDwEGAQGhBRIDMTIzogwMClBoYXJtYWNpc3ShAjAA")

PRINTABLE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?"
arcs = st.lists(st.integers(0, 100_000), min_size=1, max_size=6)
regional_data = st.binary(max_size=20).map(lambda content: der.tlv(der.OCTET_STRING, content))
roles = st.builds(
    HcRole,
    text=st.text(st.characters(codec="utf-8"), max_size=40),
    code=st.none() | st.text("0123456789 ", max_size=8),
    coding_scheme=st.just(ID_JHPKI_CDATA)
    | arcs.map(lambda tail: x509.ObjectIdentifier("1.2." + ".".join(map(str, tail)))),
    regional=st.none() | st.lists(regional_data, max_size=3).map(tuple),
) | st.builds(HcRole, text=st.text(PRINTABLE, max_size=40), printable=st.just(value=True))


@pytest.mark.parametrize(
    ("text", "expected"), [("Medical Doctor", MEDICAL_DOCTOR), ("Pharmacist", PHARMACIST)]
)
def test_the_roles_in_service_come_out_byte_for_byte(text: str, expected: bytes) -> None:
    assert encode_hcroles([HcRole(text)]) == expected
    assert read_hcroles(expected) == (HcRole(text),)


@vectors.needed
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ee_medis_sign_medicaldoctor_015E", "Medical Doctor"),
        ("ee_medis_sign_medicaldoctor_6F", "Medical Doctor"),
        ("ee_jma_sign_medicaldoctor_8090", "Medical Doctor"),
        ("ee_medis_sign_pharmacist_0164", "Pharmacist"),
        ("ee_jpa_sign_pharmacist_83E3", "Pharmacist"),
    ],
)
def test_a_certificate_in_service_is_read_and_its_extension_built_again(name: str, text: str) -> None:
    certificate = vectors.certificate(name)
    stands = certificate.extensions.get_extension_for_oid(SUBJECT_DIRECTORY_ATTRIBUTES)

    assert hcroles_of(certificate) == (HcRole(text),)
    assert build_hcrole_extension([HcRole(text)]) == stands.value
    assert not stands.critical


@vectors.needed
def test_a_certificate_without_the_extension_names_no_role() -> None:
    assert hcroles_of(vectors.certificate("root_mhlw_v2")) == ()


@pytest.mark.parametrize(
    ("actor", "regional"), [(WITH_CODE, None), (WITH_REGIONAL, ())], ids=["code", "code and regional data"]
)
def test_what_is_not_used_in_japan_is_read_and_kept(actor: bytes, regional: tuple[()] | None) -> None:
    role = hcrole.read_actor(actor)

    assert role == HcRole("Pharmacist", code="123", regional=regional)
    assert hcrole.encode_actor(role) == actor


def test_several_roles_stand_in_the_order_of_der_whatever_order_they_were_given_in() -> None:
    given_order = [HcRole("Pharmacist"), HcRole("Medical Doctor"), HcRole("Dentist")]
    value = encode_hcroles(given_order)

    assert value == encode_hcroles(given_order[::-1])
    # X.690 11.6: ascending as octet strings; all else being equal, the shorter text has the smaller length octets.
    assert [role.text for role in read_hcroles(value)] == ["Dentist", "Pharmacist", "Medical Doctor"]


def test_no_role_means_no_extension() -> None:
    with pytest.raises(MalformedInput, match="leave the extension out"):
        encode_hcroles([])


def test_an_attribute_without_actors_names_no_role() -> None:
    empty = bytes.fromhex("300e300c06062881854200013102") + b"\x31\x00"
    assert read_hcroles(empty) == ()


def test_other_attributes_are_passed_over() -> None:
    date_of_birth = bytes.fromhex("301d06082b06010505070901311118") + b"\x0f19700101000000Z"
    value = der.tlv(der.SEQUENCE, date_of_birth, MEDICAL_DOCTOR[2:])

    assert read_hcroles(value) == (HcRole("Medical Doctor"),)


@given(st.lists(roles, min_size=1, max_size=5))
def test_every_list_of_roles_survives_the_round_trip(wanted: list[HcRole]) -> None:
    value = encode_hcroles(wanted)

    assert sorted(map(repr, read_hcroles(value))) == sorted(map(repr, wanted))
    assert encode_hcroles(read_hcroles(value)) == value


class CodedData(core.Set):  # type: ignore[misc]  # asn1crypto has no types
    _fields = (
        ("scheme", core.ObjectIdentifier, {"explicit": 0}),
        ("code", core.NumericString, {"explicit": 1, "optional": True}),
        ("text", core.Any, {"explicit": 2}),
    )


class HCActor(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    _fields = (
        ("coded_data", CodedData, {"explicit": 0}),
        ("regional", core.SequenceOf, {"explicit": 1, "optional": True, "spec": core.Any}),
    )


@given(roles)
def test_another_asn1_reader_sees_the_same_role(role: HcRole) -> None:
    actor = HCActor.load(hcrole.encode_actor(role), strict=True)
    coded = actor["coded_data"]

    assert coded["scheme"].dotted == role.coding_scheme.dotted_string
    assert coded["code"].native == role.code
    assert (
        coded["text"].parse(core.PrintableString if role.printable else core.UTF8String).native == role.text
    )


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("060a2a83", "0c0a2a83", "codingSchemeReference"),
        ("0c0a5068", "1e0a5068", "codeDataFreeText"),
        ("0c0a5068", "0c0affff", "HCActorData"),
        ("12033132", "0c033132", "codeDataValue"),
        ("12033132", "12034132", "codeDataValue"),
        ("3123", "3023", "CodedData"),
        ("a025", "a125", "HCActor"),
        ("a025", "a024", "HCActor"),
        ("a105", "a305", "CodedData"),
    ],
)
def test_malformed_octets_are_refused_by_the_name_of_what_is_wrong(
    before: str, after: str, what: str
) -> None:
    broken = bytes.fromhex(WITH_CODE.hex().replace(before, after, 1))

    with pytest.raises(MalformedInput) as refused:
        hcrole.read_actor(broken)
    assert refused.value.what == what


@pytest.mark.parametrize(
    "value",
    [b"", b"\x30", b"\x30\x80", MEDICAL_DOCTOR + b"\x00", MEDICAL_DOCTOR[:-1], b"\x31" + MEDICAL_DOCTOR[1:]],
    ids=["empty", "no length", "indefinite", "trailing", "cut", "set"],
)
def test_a_value_that_is_no_list_of_attributes_is_refused(value: bytes) -> None:
    with pytest.raises(MalformedInput, match="subjectDirectoryAttributes"):
        read_hcroles(value)


def test_roles_out_of_der_order_are_refused() -> None:
    ordered = encode_hcroles([HcRole("Dentist"), HcRole("Pharmacist")])
    dentist, pharmacist = hcrole.encode_actor(HcRole("Dentist")), hcrole.encode_actor(HcRole("Pharmacist"))
    swapped = ordered.replace(dentist + pharmacist, pharmacist + dentist)

    assert swapped != ordered
    with pytest.raises(MalformedInput, match="HCActorData"):
        read_hcroles(swapped)


def test_an_endless_value_is_not_read() -> None:
    with pytest.raises(MalformedInput, match="at most 16384"):
        read_hcroles(b"\x30" * 20_000)


@pytest.mark.parametrize(
    "role",
    [
        HcRole("x", code="A"),
        HcRole("£", printable=True),
        HcRole("\ud800"),
        HcRole("x", regional=(b"\x04\x05",)),
    ],
    ids=["code", "printable", "surrogate", "regional"],
)
def test_what_has_no_encoding_is_refused(role: HcRole) -> None:
    with pytest.raises(MalformedInput):
        encode_hcroles([role])


@given(st.data())
def test_no_mutation_raises_anything_but_malformed_input(data: st.DataObject) -> None:
    seed = data.draw(
        st.sampled_from([MEDICAL_DOCTOR, PHARMACIST, der.tlv(der.SEQUENCE, WITH_CODE, WITH_REGIONAL)])
    )
    octets = bytearray(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(octets) - 1))
        if data.draw(st.booleans()):
            octets[place] = data.draw(st.integers(0, 255))
        else:
            del octets[place : place + 1]
    for read in (read_hcroles, hcrole.read_actor):
        try:
            read(bytes(octets))
        except MalformedInput:
            continue


@given(st.binary(max_size=200))
def test_no_octets_raise_anything_but_malformed_input(octets: bytes) -> None:
    try:
        read_hcroles(octets)
    except MalformedInput:
        return
