"""The electronic prescription and the dispensing record, in the shape in which the national service exchanges them.

::

    Document @id, @xsi:noNamespaceSchemaLocation="EP.xsd"
      Prescription
        PrescriptionManagement @id     Version, PrescriptionId            not under the physician's signature
        PrescriptionDocument @id       the CSV (UTF-8) as base64          signed
        AdditionalPrescriptionInformation @id                             not under the physician's signature
        PrescriptionSign/Signature @Id="PrescriptionSign"

    Document @xsi:noNamespaceSchemaLocation="ED.xsd"
      DispensingManagement @id         Version, DispensingId              not under the pharmacist's signature
      Dispensing @id                                                      signed, with all that stands inside:
        ReferencePrescription          the whole prescription with its signature
        DispensingDocument @id         the CSV
      AdditionalDispensedInformation @id
      DispensingSign/Signature @Id="DispensingSign"

Source: real documents made for the national service's acceptance (hpki.md 5.2); no clause of its specification was at
hand.  Reference 1 has no Transforms (so inclusive C14N 1.0), KeyInfo and SignedProperties are signed in exclusive C14N, and
there is no DataObjectFormat.
"""

import uuid
from base64 import b64encode
from dataclasses import dataclass, field, replace
from enum import Enum

from lxml import etree

from hpki.errors import MalformedInput
from hpki.signatures.claims import Claims, SigningUnit
from hpki.signatures.xml.canonical import INCLUSIVE, canonical_element
from hpki.signatures.xml.making import Shape, only_element, serialised, signature_text
from hpki.signatures.xml.names import ds
from hpki.signatures.xml.reading import XmlDocument, read_xml
from hpki.signatures.xml.text import Prefixes, SignedPart
from hpki.signatures.xml.values import octets_of

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_PREFIXES = Prefixes(ds="xs", xades="xa")
MOST_CSV_OCTETS = 1 << 20


class Kind(Enum):
    """The two documents: root of what is signed, holder of the signature, schema, version, first field of the CSV."""

    PRESCRIPTION = ("PrescriptionDocument", "PrescriptionSign", "EP.xsd", "EPS1.0", b"SJ1")
    DISPENSING = ("Dispensing", "DispensingSign", "ED.xsd", "EPD1.0", b"CJ1")

    @property
    def signed(self) -> str:
        """The identifier, and element, that the signature is over."""
        return self.value[0]

    @property
    def sign(self) -> str:
        """The element that holds the signature, and the signature's own Id."""
        return self.value[1]


@dataclass(frozen=True)
class Content:
    """What a prescription or a dispensing record says.

    csv: UTF-8, its first field SJ1 (prescription) or CJ1 (dispensing).  additional: the element
    AdditionalPrescriptionInformation or AdditionalDispensedInformation as XML, or b"" for an empty one.
    """

    identifier: uuid.UUID
    csv: bytes = field(repr=False)
    additional: bytes = field(default=b"", repr=False)


def prescription_document(content: Content) -> bytes:
    """A prescription that nobody has signed yet.  Raises MalformedInput for a CSV that is none."""
    root = _root(Kind.PRESCRIPTION)
    prescription = etree.SubElement(root, "Prescription")
    _management(prescription, "Prescription", Kind.PRESCRIPTION, content)
    _csv(prescription, "PrescriptionDocument", Kind.PRESCRIPTION, content)
    _additional(prescription, "AdditionalPrescriptionInformation", content)
    etree.SubElement(prescription, "PrescriptionSign")
    return _octets(root)


def dispensing_document(prescription: bytes, content: Content) -> bytes:
    """A dispensing record that holds a signed prescription unchanged, and that nobody has signed yet.

    Raises MalformedInput when the prescription is none, has no signature, or the CSV is none.
    """
    given = read_xml(prescription).root
    inner = given.find("Prescription")
    if inner is None or inner.find(f"PrescriptionSign/{ds('Signature')}") is None:
        raise MalformedInput("prescription", "it is no signed prescription")
    root = _root(Kind.DISPENSING)
    _management(root, "Dispensing", Kind.DISPENSING, content)
    dispensing = etree.SubElement(root, "Dispensing", id="Dispensing")
    holder = etree.SubElement(dispensing, "ReferencePrescription")
    holder.text = inner.text
    holder.extend(list(inner))
    _csv(dispensing, "DispensingDocument", Kind.DISPENSING, content)
    _additional(root, "AdditionalDispensedInformation", content)
    etree.SubElement(root, "DispensingSign")
    return _octets(root)


def sign_prescription(document: bytes, unit: SigningUnit, claims: Claims) -> bytes:
    """The prescription with the physician's signature (level ES).

    Raises MalformedInput when it is no prescription or has a signature; KeyRefused as the maker does.
    """
    return _signed(document, Kind.PRESCRIPTION, unit, claims)


def sign_dispensing(document: bytes, unit: SigningUnit, claims: Claims) -> bytes:
    """The dispensing record with the pharmacist's signature (level ES); it covers the prescription as it stands inside.

    Whatever the prescription's own signature needs for the long term is added before: afterwards it would break this one.
    """
    return _signed(document, Kind.DISPENSING, unit, claims)


def csv_of(document: bytes, kind: Kind) -> bytes:
    """The CSV in a document, as octets.  Raises MalformedInput."""
    name = "PrescriptionDocument" if kind is Kind.PRESCRIPTION else "DispensingDocument"
    # A comment inside would end the text for whoever reads up to it; `octets_of` refuses one.
    return octets_of(only_element(read_xml(document), name))


def _signed(document: bytes, kind: Kind, unit: SigningUnit, claims: Claims) -> bytes:
    read = read_xml(document)
    holder = _empty_holder(read, kind)
    target = only_element(read, kind.signed)
    part = SignedPart(
        f"{kind.sign}-r1",
        f"#{kind.signed}",
        (),
        unit.digest.digest(canonical_element(target, INCLUSIVE)),
    )
    shape = Shape(_PREFIXES, signs_key_info=True, identifier=kind.sign)
    # As in the field: the signer's certificate alone; those above it come with the validation data.
    text = signature_text([part], replace(unit, chain=()), claims, shape)
    holder.append(etree.fromstring(text))
    return serialised(read)


def _empty_holder(document: XmlDocument, kind: Kind) -> etree._Element:
    path = "Prescription/PrescriptionSign" if kind is Kind.PRESCRIPTION else "DispensingSign"
    holder = document.root.find(path)
    if str(document.root.tag) != "Document" or holder is None:
        raise MalformedInput(kind.name.lower(), f"it has no place for its signature ({path})")
    if len(holder):
        raise MalformedInput(kind.name.lower(), "it is signed already")
    return holder


def _root(kind: Kind) -> etree._Element:
    root = etree.Element("Document", id="Document", nsmap={"xsi": _XSI})
    root.set(f"{{{_XSI}}}noNamespaceSchemaLocation", kind.value[2])
    return root


def _management(parent: etree._Element, name: str, kind: Kind, content: Content) -> None:
    management = etree.SubElement(parent, f"{name}Management", id=f"{name}Management")
    etree.SubElement(management, "Version", Value=kind.value[3])
    etree.SubElement(management, f"{name}Id", Value=str(content.identifier))


def _csv(parent: etree._Element, name: str, kind: Kind, content: Content) -> None:
    if len(content.csv) > MOST_CSV_OCTETS:
        raise MalformedInput(name, f"over {MOST_CSV_OCTETS} octets")
    try:
        content.csv.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedInput(name, "is not UTF-8") from error
    if not content.csv.startswith(kind.value[4]):
        raise MalformedInput(name, f"does not begin with {kind.value[4].decode()}")
    etree.SubElement(parent, name, id=name).text = b64encode(content.csv).decode()


def _additional(parent: etree._Element, name: str, content: Content) -> None:
    if not content.additional:
        etree.SubElement(parent, name, id=name)
        return
    given = read_xml(content.additional).root
    if str(given.tag) != name or given.get("id") != name:
        raise MalformedInput(name, f'is no element {name} with id="{name}"')
    parent.append(given)


def _octets(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)
