"""Counter-signs XML signatures: somebody signs that a signature stands there (EN 319 132-1 5.2.7.2)."""

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.xml import names
from hpki.signatures.xml.canonical import EXCLUSIVE, canonical_element
from hpki.signatures.xml.extending import require_open, unsigned_properties
from hpki.signatures.xml.making import Shape, serialised, signature_text
from hpki.signatures.xml.names import ds, xades
from hpki.signatures.xml.reading import read_xml
from hpki.signatures.xml.references import Surroundings
from hpki.signatures.xml.structure import signatures_of
from hpki.signatures.xml.text import SignedPart


def counter_sign_xml(content: bytes, number: int, unit: SigningUnit, claims: Claims) -> bytes:
    """The document with a counter-signature upon its signature of this number, counted from 1.

    Raises MalformedInput when there is no such signature, or its value has no identifier; NotExtended when it has no
    place for one or lies under another signature, which would break; KeyRefused as the maker does.
    """
    document = read_xml(content)
    found = list(signatures_of(document.root))
    if not 1 <= number <= len(found):
        raise MalformedInput("XML", f"it has no signature {number}")
    signature = found[number - 1]
    require_open(found, Surroundings(document), signature)
    value = signature.find(ds("SignatureValue"))
    identifier = None if value is None else value.get("Id")
    if value is None or not identifier or len(document.with_identifier(str(identifier))) != 1:
        raise MalformedInput(
            "SignatureValue", "has no identifier of its own that a counter-signature could name"
        )
    shape = Shape().named()
    digest = unit.digest.digest(canonical_element(value, EXCLUSIVE))
    part = SignedPart(
        f"{shape.identifier}-r1", f"#{identifier}", (EXCLUSIVE.uri,), digest, type=names.COUNTERSIGNED
    )
    holder = etree.SubElement(unsigned_properties(signature), xades("CounterSignature"))
    holder.append(etree.fromstring(signature_text([part], unit, claims, shape)))
    return serialised(document)
