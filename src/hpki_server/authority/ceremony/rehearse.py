"""A rehearsal: the whole ceremony with throw-away keys and invented custodians, in a folder that is removed."""

import datetime as dt
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from hpki_server.authority.ceremony.books import Books, KnownIssuer
from hpki_server.authority.ceremony.custodians import Share
from hpki_server.authority.ceremony.file import CeremonyFile, ReviewedFile, TokenStore, read_text
from hpki_server.authority.ceremony.run import Room, hold, plan
from hpki_server.authority.ceremony.stopped import CeremonyStopped, ShareRefused
from hpki_server.authority.ceremony.verify import VerifiedTranscript, verify_transcript
from hpki_server.authority.orders import IssuerRegistration


@dataclass
class _InventedPeople:
    """Custodians who remember their shares and type them correctly."""

    tell: Callable[[str], None]
    remembered: list[str] = field(default_factory=list)
    _presented: int = 0

    def say(self, line: str) -> None:
        self.tell(line)

    def next_share(self, number: int, threshold: int) -> str:
        self.tell(f"  an invented custodian presents share {number} of {threshold}")
        text = self.remembered[self._presented % len(self.remembered)]
        self._presented += 1
        return text

    def refused(self, error: ShareRefused) -> None:
        raise error

    def hand_over(self, ceremony: str, custodian: str, share: Share) -> None:
        self.tell(f"  {custodian} would receive share {share.index} of {share.total} of {ceremony}")
        self.remembered.append(share.as_text())


@dataclass
class _LooseBooks:
    """Books that end with the rehearsal."""

    registered: dict[str, KnownIssuer] = field(default_factory=dict)

    def find(self, slug: str) -> KnownIssuer | None:
        return self.registered.get(slug)

    def register(self, registration: IssuerRegistration, at: dt.datetime) -> None:  # noqa: ARG002 - as the port says
        self.registered[registration.slug] = KnownIssuer(
            slug=registration.slug,
            profile=registration.profile,
            environment=registration.environment,
            certificate_der=registration.certificate_der,
            key_store=registration.key_store,
            crl_url=registration.crl_url,
            cps_url=registration.cps_url,
        )


def rehearse(
    file: ReviewedFile, *, clock: Callable[[], dt.datetime], tell: Callable[[str], None]
) -> VerifiedTranscript:
    """Hold the ceremony for practice and verify its transcript.  Nothing stays, and no real key or book is touched.

    A token's key is rehearsed with a key file: a token keeps traces.  Raises what the ceremony itself would raise.
    """
    books: Books = _LooseBooks()
    people = _InventedPeople(tell)
    with tempfile.TemporaryDirectory(prefix="openhpki-rehearsal-") as name:
        room = Room(folder=Path(name), desk=people, books=books, clock=clock)
        if file.content.issued_by is not None:
            tell(f"REHEARSAL: first a throw-away root in the place of {file.content.issued_by}")
            hold(_throwaway_root(file.content), room)
        practice = _for_practice(file.content)
        for line in plan(practice.content, room):
            tell(line)
        hold(practice, room)
        transcript = room.ceremony_folder(practice.content.ceremony) / "transcript.json"
        verified = verify_transcript(transcript)
    tell(
        f"REHEARSAL: {len(verified.transcript.steps)} steps, transcript verified; everything was thrown away"
    )
    return verified


def _for_practice(file: CeremonyFile) -> ReviewedFile:
    content = file.model_dump(mode="json")
    if file.is_root:
        content["custodians"]["shares"] = "create"
    if isinstance(file.key.store, TokenStore):
        content["key"]["store"] = {"kind": "software", "path": f"keys/{file.authority}.key"}
    return _as_reviewed(content)


def _throwaway_root(file: CeremonyFile) -> ReviewedFile:
    if file.issued_by is None:
        raise CeremonyStopped("a root has no issuer")
    content = file.model_dump(mode="json")
    content["ceremony"] = f"root-of-{file.ceremony}"[:64].rstrip("-")
    content["authority"], content["issued_by"], content["issues"] = file.issued_by, None, None
    content["custodians"]["shares"] = "create"
    content["certificate"] |= {
        "profile": "ROOT",
        "subject": {
            "organisation": "Rehearsal",
            "organisational_units": ["Throw-away root"],
            "common_name": None,
        },
        "subject_ja": None,
        "years": None,
    }
    content["key"] |= {
        "opened_by": "custodians",
        "store": {"kind": "software", "path": f"keys/{file.issued_by}.key"},
    }
    content["publication"]["root_crl_url"] = "http://rehearsal.invalid/root.crl"
    return _as_reviewed(content)


def _as_reviewed(content: object) -> ReviewedFile:
    return read_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
