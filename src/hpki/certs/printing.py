"""Values from a certificate as text that is safe on a terminal and in a log."""

import datetime as dt
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

# Japan keeps no summer time; times in certificates follow its midnight.
JAPAN: Final = dt.timezone(dt.timedelta(hours=9), "JST")

_SHORT: Final = {
    NameOID.COUNTRY_NAME: "C",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.ORGANIZATIONAL_UNIT_NAME: "OU",
    NameOID.COMMON_NAME: "CN",
    NameOID.SERIAL_NUMBER: "serialNumber",
    NameOID.STATE_OR_PROVINCE_NAME: "ST",
    NameOID.LOCALITY_NAME: "L",
}


def printable(text: str) -> str:
    """`text` with everything that could move a cursor or hide itself written as an escape; U+3000 stays."""
    return "".join(sign if sign.isprintable() or sign == "\u3000" else f"\\u{ord(sign):04x}" for sign in text)


def storable(value: object) -> object:
    """JSON values with the texts in them as databases and terminals take them: no zero octets, no half characters."""
    if isinstance(value, str):
        return value if value.isprintable() else printable(value)
    if isinstance(value, dict):
        return {key: storable(each) for key, each in value.items()}
    return [storable(each) for each in value] if isinstance(value, list) else value


def name_words(name: x509.Name) -> str:
    """A name in the order of the certificate, serialNumber by its name: `C=JP, O=…, CN=…, serialNumber=…`.

    A value with a comma stands in quotation marks, since the ministry's root has one in its O.
    """
    return ", ".join(f"{_SHORT.get(a.oid, a.oid.dotted_string)}={_value(a)}" for a in name)


def common_name(name: x509.Name) -> str | None:
    """The last CN of a name; None when it has none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return printable(_text(found[-1])) if found else None


def moment_words(moment: dt.datetime) -> str:
    """A moment in Japan's time: `2027-02-07 23:59:59 JST`; in UTC on the calendar's last day, which Japan has left by then."""
    try:
        return moment.astimezone(JAPAN).strftime("%Y-%m-%d %H:%M:%S JST")
    except OverflowError:
        return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def moment_json(moment: dt.datetime) -> str:
    """A moment in UTC, RFC 3339: `2027-02-07T14:59:59Z`."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def serial_words(serial_number: int) -> str:
    """A serial in hexadecimal, whole octets."""
    digits = f"{abs(serial_number):X}"
    return ("-" if serial_number < 0 else "") + digits.zfill(len(digits) + len(digits) % 2)


def _value(attribute: x509.NameAttribute[str | bytes]) -> str:
    text = printable(_text(attribute))
    return f'"{text}"' if "," in text else text


def _text(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    return value if isinstance(value, str) else value.hex()
