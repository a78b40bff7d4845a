"""The table of qualifications: our code, the Japanese name, the hcRole string, and where that string was seen.

Source and columns: data/README.md beside this file.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType

from hpki.errors import MalformedInput


class QualificationKind(StrEnum):
    """A licence a state gives, or the charge of a facility."""

    LICENCE = "licence"
    MANAGER = "manager"


@dataclass(frozen=True)
class Qualification:
    """One qualification.

    `hcrole` is None where the healthcare PKI assigns no string; `provenance` says where the string was seen.
    """

    code: str
    name_ja: str
    hcrole: str | None
    provenance: str
    kind: QualificationKind = QualificationKind.LICENCE


def qualifications() -> tuple[Qualification, ...]:
    """All of them: licences in the order of the law, then the manager roles."""
    return tuple(_by_code().values())


def qualification(code: str) -> Qualification:
    """The qualification with our code.  Raises MalformedInput for an unknown one."""
    found = _by_code().get(code)
    if found is None:
        raise MalformedInput("qualification code", f"{code!r} is not in the table")
    return found


def qualification_of_hcrole(text: str) -> Qualification | None:
    """The qualification that a role string names, compared exactly and case-sensitively; None if unknown."""
    return _by_hcrole().get(text)


@cache
def _by_code() -> Mapping[str, Qualification]:
    licences = _read("qualifications.csv", QualificationKind.LICENCE)
    managers = _read("manager-roles.csv", QualificationKind.MANAGER)
    return MappingProxyType({entry.code: entry for entry in (*licences, *managers)})


@cache
def _by_hcrole() -> Mapping[str, Qualification]:
    return MappingProxyType({entry.hcrole: entry for entry in _by_code().values() if entry.hcrole})


def _read(name: str, kind: QualificationKind) -> tuple[Qualification, ...]:
    text = resources.files("hpki.certs").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(
        Qualification(
            code=row["code"],
            name_ja=row["name_ja"],
            hcrole=row["hcrole"] or None,
            provenance=row["provenance"],
            kind=kind,
        )
        for row in csv.DictReader(text.splitlines())
    )
