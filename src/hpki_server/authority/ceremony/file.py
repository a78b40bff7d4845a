"""The reviewed file of one ceremony: everything that will be decided is decided in it, and nothing else is read."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from hpki.issuance.profiles import PROFILES, Environment, Profile, ProfileKind
from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.ceremony.yaml_lines import Lines, read_yaml

_PART: Final = "[A-Za-z0-9_][A-Za-z0-9._-]*"
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^\S(.*\S)?$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]+$", max_length=200)]
# Inside the installation's folder: no leading slash, and no part begins with a dot, so no way up.
InsidePath = Annotated[str, StringConstraints(pattern=rf"^{_PART}(/{_PART})*$")]
# A secret file may also lie where the system's own secret store mounts it.
SecretPath = Annotated[str, StringConstraints(pattern=rf"^/?{_PART}(/{_PART})*$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class People(_Strict):
    """Who is in the room, and who read the file before."""

    conductor: Words
    witnesses: Annotated[tuple[Words, ...], Field(min_length=1)]
    reviewed_by: Annotated[tuple[Words, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _two_reviewers(self) -> "People":
        if len(set(self.reviewed_by)) != len(self.reviewed_by):
            raise ValueError("every reviewer is named once")
        if self.conductor in self.witnesses:
            raise ValueError("the conductor is no witness")
        return self


class Custodians(_Strict):
    """Who holds the shares of the activation secret, and how many of them suffice."""

    names: Annotated[tuple[Words, ...], Field(min_length=2, max_length=32)]
    threshold: Annotated[int, Field(ge=2)]
    shares: Literal["create", "present"]

    @model_validator(mode="after")
    def _enough(self) -> "Custodians":
        if len(set(self.names)) != len(self.names):
            raise ValueError("every custodian is named once")
        if self.threshold > len(self.names):
            raise ValueError(
                f"{self.threshold} shares are needed, but there are {len(self.names)} custodians"
            )
        return self


class Subject(_Strict):
    """An authority's name: C=JP, O, OU (any number), CN."""

    organisation: Words
    organisational_units: tuple[Words, ...] = ()
    common_name: Words | None = None


class CertificateFacts(_Strict):
    """What the certificate will say."""

    profile: str
    environment: Environment
    subject: Subject
    subject_ja: Subject | None = None
    years: Annotated[int, Field(ge=1, le=30)] | None = None

    @model_validator(mode="after")
    def _an_authority(self) -> "CertificateFacts":
        known = PROFILES.get(self.profile)
        if known is None or not known.is_authority:
            names = ", ".join(profile.name for profile in PROFILES.values() if profile.is_authority)
            raise ValueError(f"{self.profile!r} is no profile of an authority; these are: {names}")
        return self

    @property
    def facts(self) -> Profile:
        return PROFILES[self.profile]


class SoftwareStore(_Strict):
    """An encrypted key file inside the installation's folder."""

    kind: Literal["software"]
    path: InsidePath


class TokenStore(_Strict):
    """A PKCS#11 token.  `transport_pin_file` holds the PIN that the token came with; custodians' secret replaces it."""

    kind: Literal["pkcs11"]
    module: Annotated[str, StringConstraints(pattern=r"^/")]
    token_label: Words
    key_label: Words
    pin_file: SecretPath | None = None
    transport_pin_file: SecretPath | None = None


class KeyFacts(_Strict):
    """Which key, where it will live, and who opens it later: custodians together, or the server by a secret file."""

    algorithm: KeyAlgorithm
    opened_by: Literal["custodians", "server"]
    store: Annotated[SoftwareStore | TokenStore, Field(discriminator="kind")]

    @model_validator(mode="after")
    def _pins(self) -> "KeyFacts":
        if isinstance(self.store, TokenStore) and (self.opened_by == "server") != bool(self.store.pin_file):
            raise ValueError(
                "a token that the server opens needs a pin_file; one that custodians open has none"
            )
        return self


class Publication(_Strict):
    """Addresses that relying parties use.  A root's own list (RARL) lies apart from its list of sub-CAs."""

    crl_url: Url
    cps_url: Url
    root_crl_url: Url | None = None


class CeremonyFile(_Strict):
    """One ceremony: one key, one certificate, its first list or lists."""

    format: Literal["openhpki-ceremony/1"]
    ceremony: Slug
    purpose: Words
    place: Words
    people: People
    custodians: Custodians
    authority: Slug
    issued_by: Slug | None
    issues: str | None = None
    certificate: CertificateFacts
    key: KeyFacts
    publication: Publication

    @property
    def is_root(self) -> bool:
        return self.certificate.facts.kind is ProfileKind.ROOT

    @model_validator(mode="after")
    def _root_or_not(self) -> "CeremonyFile":
        if self.is_root:
            _require(self.issued_by is None, "a root is issued by nobody: issued_by is null")
            _require(self.issues is None, "a root issues to authorities only: leave issues out")
            _require(self.key.opened_by == "custodians", "a root's key is opened by custodians")
            _require(self.publication.root_crl_url is not None, "a root needs publication.root_crl_url")
        else:
            _require(self.issued_by is not None, "an authority below a root names it in issued_by")
            _require(self.custodians.shares == "present", "shares are created in the root's ceremony")
            _require(self.publication.root_crl_url is None, "only a root has a root_crl_url")
            issued = PROFILES.get(self.issues or "")
            fits = (
                issued is not None
                and self.certificate.profile in issued.issued_by
                and not issued.is_authority
            )
            _require(fits, f"{self.certificate.profile} does not issue {self.issues!r}")
        return self


def _require(holds: bool, sentence: str) -> None:  # noqa: FBT001 - reads as a sentence at every call
    if not holds:
        raise ValueError(sentence)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and where."""

    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line}, {self.field or 'file'}: {self.sentence}"


class FileRejected(CeremonyStopped):
    """The file is not what a ceremony needs; every problem is named with its line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True)
class ReviewedFile:
    """The file's text as it was reviewed, its hash, and what it says."""

    text: str
    content: CeremonyFile

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_file(path: Path) -> ReviewedFile:
    """The reviewed file.  Raises FileRejected, CeremonyStopped when it cannot be read."""
    try:
        return read_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CeremonyStopped(f"{path}: {error}") from error


def read_text(text: str) -> ReviewedFile:
    """The same from text.  Raises FileRejected."""
    try:
        value, lines = read_yaml(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise FileRejected([Problem(line, "", error.problem or "not YAML")]) from error
    except yaml.YAMLError as error:
        raise FileRejected([Problem(1, "", str(error))]) from error
    try:
        # Through JSON: strict there still means that a number is no text, and lists may become tuples.
        return ReviewedFile(text, CeremonyFile.model_validate_json(json.dumps(value, default=str)))
    except ValidationError as error:
        raise FileRejected(_problems(error, lines)) from error


def _problems(error: ValidationError, lines: Lines) -> list[Problem]:
    problems = []
    for detail in error.errors(include_url=False, include_input=False):
        # A discriminated union puts its tag into the place; no field has that name.
        place = tuple(part for part in detail["loc"] if part not in {"software", "pkcs11"})
        sentence = detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            sentence = "no such field"
        problems.append(Problem(lines.of(place), ".".join(str(part) for part in place), sentence))
    return sorted(problems, key=lambda problem: problem.line)
