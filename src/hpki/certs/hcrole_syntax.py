"""The ASN.1 of the healthcare actor attribute, as typed classes.

::

    SubjectDirectoryAttributes ::= SEQUENCE OF Attribute               -- RFC 5280 4.2.1.8
    Attribute   ::= SEQUENCE { type OBJECT IDENTIFIER, values SET OF ANY }
    HCActorData ::= SET OF HCActor                                     -- ISO 17090-3, tags as in certificates in use
    HCActor     ::= SEQUENCE { codedData           [0] EXPLICIT CodedData,
                               regionalHCActorData [1] EXPLICIT SEQUENCE OF RegionalData OPTIONAL }
    CodedData   ::= SET { codingSchemeReference [0] EXPLICIT OBJECT IDENTIFIER,
                          codeDataValue         [1] EXPLICIT NumericString OPTIONAL,
                          codeDataFreeText      [2] EXPLICIT DirectoryString }

Two things `cryptography.hazmat.asn1` (version 50) does not know, and what stands in for them:

* NumericString.  An EXPLICIT tag around one element has the same octets as an IMPLICIT tag on a SEQUENCE of that
  one element, so codeDataValue is `[1] IMPLICIT SEQUENCE { any element }`; its tag is checked by `hcrole`.
* A SEQUENCE OF or SET OF as the outermost value.  It is wrapped in a SEQUENCE of one field before reading, and the
  two to four octets of the wrapper are taken off after writing.

The `Shallow…` classes describe one level each.  They only serve to say at which level a refused value went wrong.
"""

from typing import Annotated

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier


@asn1.sequence
class AnyElement:
    """One element of whatever type."""

    element: asn1.TLV


@asn1.set
class CodedData:
    """Scheme, optional code and free text of one role."""

    coding_scheme: Annotated[ObjectIdentifier, asn1.Explicit(0)]
    code: Annotated[AnyElement | None, asn1.Implicit(1)]
    # RFC 5280 4.1.2.4: CAs "MUST use either the PrintableString or UTF8String encoding of DirectoryString".
    text: Annotated[str | asn1.PrintableString, asn1.Explicit(2)]


@asn1.sequence
class HCActor:
    """One role; regional data has no fixed type and stays as it came."""

    coded_data: Annotated[CodedData, asn1.Explicit(0)]
    regional: Annotated[list[asn1.TLV] | None, asn1.Explicit(1)]


@asn1.sequence
class WrappedHCActorData:
    """HCActorData as the only field of a SEQUENCE."""

    actors: asn1.SetOf[HCActor]


@asn1.sequence
class HealthcareActorAttribute:
    """The attribute as we write it: one value."""

    type: ObjectIdentifier
    values: asn1.SetOf[asn1.SetOf[HCActor]]


@asn1.sequence
class Attribute:
    """Any attribute as we read it."""

    type: ObjectIdentifier
    values: asn1.SetOf[asn1.TLV]


@asn1.sequence
class WrappedAttributes:
    """SubjectDirectoryAttributes as the only field of a SEQUENCE."""

    attributes: list[Attribute]


@asn1.sequence
class ShallowActors:
    """HCActorData, one level deep."""

    actors: asn1.SetOf[asn1.TLV]


@asn1.sequence
class ShallowActor:
    """HCActor, one level deep."""

    coded_data: Annotated[asn1.TLV, asn1.Explicit(0)]
    regional: Annotated[AnyElement | None, asn1.Implicit(1)]


@asn1.set
class ShallowCodedData:
    """CodedData, one level deep."""

    coding_scheme: Annotated[asn1.TLV, asn1.Explicit(0)]
    code: Annotated[AnyElement | None, asn1.Implicit(1)]
    text: Annotated[asn1.TLV, asn1.Explicit(2)]
