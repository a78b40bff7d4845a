"""Holding a ceremony: every step is done once, written down, and never done again.

Killed anywhere, the same command goes on from the last step that is on disk: a key that was made is found again, a
certificate that was linted is signed with the same serial, and the server's books are written last, in one transaction.
"""

import base64
import contextlib
import datetime as dt
import fcntl
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from hpki.issuance.crl import sign_crl
from hpki.issuance.request import new_serial_number
from hpki.issuance.sign import sign
from hpki.keys.key_file import write_durably
from hpki.keys.secret import Secret
from hpki.keys.signer import Signer
from hpki.keys.software import generate_software_key
from hpki_server.authority.ceremony.books import Books, KnownIssuer
from hpki_server.authority.ceremony.content import first_list_scopes, prepared_certificate, prepared_list
from hpki_server.authority.ceremony.custodians import combine, make_share_set
from hpki_server.authority.ceremony.desk import Desk, collect_shares
from hpki_server.authority.ceremony.file import CeremonyFile, ReviewedFile
from hpki_server.authority.ceremony.key_making import KeyPlace, key_place
from hpki_server.authority.ceremony.key_store import open_with
from hpki_server.authority.ceremony.paper import paper
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from hpki_server.authority.ceremony.transcript import CLOSED, Fact, Journal, Step, Transcript
from hpki_server.authority.orders import IssuerRegistration

SOFTWARE = "openhpki"


@dataclass(frozen=True)
class Room:
    """Where a ceremony is held: the installation's folder, the people, the books and the clock on the wall."""

    folder: Path
    desk: Desk
    books: Books
    clock: Callable[[], dt.datetime]

    def now(self) -> dt.datetime:
        return self.clock().replace(microsecond=0)

    def ceremony_folder(self, ceremony: str) -> Path:
        return self.folder / "ceremony" / ceremony

    def is_begun(self, file: CeremonyFile) -> bool:
        return (self.ceremony_folder(file.ceremony) / "transcript.json").exists()


def hold(file: ReviewedFile, room: Room) -> Transcript:
    """Hold the ceremony of a reviewed file, or go on with it where it was interrupted.

    Raises CeremonyStopped with the reason and what to do, and HpkiError as keys and lints do.
    """
    folder = room.ceremony_folder(file.content.ceremony)
    with _alone(folder):
        return _Ceremony(file, room, Journal(folder)).hold()


def plan(file: CeremonyFile, room: Room) -> list[str]:
    """What the ceremony will do, in words.  Raises CeremonyStopped and ProfileViolation when it could not be done."""
    issuer = _issuer_of(file, room.books)
    throwaway = generate_software_key(file.key.algorithm)
    facts = None if issuer is None else issuer.facts()
    prepared = prepared_certificate(
        file, facts, throwaway.public_key(), serial_number=new_serial_number(), at=room.now()
    )
    request, custodians = prepared.request, file.custodians
    shares = (
        f"make a new activation secret and share it out to {len(custodians.names)} custodians"
        if custodians.shares == "create"
        else f"ask {custodians.threshold} of {len(custodians.names)} custodians for their shares"
    )
    return [
        f"{file.ceremony}: {file.purpose}",
        f"  at {file.place}; conductor {file.people.conductor}; witnesses {', '.join(file.people.witnesses)}",
        f"  1. {shares}",
        f"  2. make a new {file.key.algorithm} key, {key_place(file, room.folder).describe()}, opened by the {file.key.opened_by}",
        f"  3. lint and sign {file.certificate.profile} ({file.certificate.environment}) {request.subject.rfc4514_string()}",
        f"     from {request.not_before.isoformat()} to {request.not_after.isoformat()}, "
        + (f"issued by {file.issued_by}" if issuer else "self-signed"),
        f"  4. sign the first list: {', '.join(first_list_scopes(file))}",
        f"  5. register it as {file.authority}" + (f", issuing {file.issues}" if file.issues else ""),
    ]


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CeremonyStopped(f"this ceremony is being held by another process ({folder})") from None
        yield


def _issuer_of(file: CeremonyFile, books: Books) -> KnownIssuer | None:
    """The issuer that the file names, after checking that it may issue this."""
    if file.issued_by is None:
        return None
    issuer = books.find(file.issued_by)
    if issuer is None:
        raise CeremonyStopped(f"issuer {file.issued_by} is not in the books: hold its ceremony first")
    if issuer.profile not in file.certificate.facts.issued_by:
        raise CeremonyStopped(
            f"issuer {file.issued_by} is a {issuer.profile}; it does not issue this profile"
        )
    if issuer.environment != file.certificate.environment:
        raise CeremonyStopped(
            f"issuer {file.issued_by} is for {issuer.environment}, the file for another environment"
        )
    return issuer


class _Ceremony:
    """One run of one ceremony; what earlier runs did is in the journal."""

    def __init__(self, reviewed: ReviewedFile, room: Room, journal: Journal) -> None:
        self._reviewed = reviewed
        self._file = reviewed.content
        self._room = room
        self._journal = journal

    def hold(self) -> Transcript:
        self._open()
        issuer = self._issuer()
        secret = self._secret()
        signer = self._key(secret)
        issuer_signer = signer if issuer is None else self._issuer_signer(issuer, secret)
        certificate = self._certificate(signer, issuer, issuer_signer)
        list_der = self._lists(certificate, signer)
        self._register(certificate, list_der)
        return self._close(certificate)

    def _once(self, name: str, act: Callable[[], Mapping[str, Fact]]) -> Step:
        """The step of that name: as an earlier run wrote it, or done now."""
        done = self._journal.transcript.find(name)
        return done if done is not None else self._journal.record(name, act(), self._room.now())

    def _open(self) -> None:
        transcript = self._journal.transcript
        opened = transcript.find("opened")
        if opened is None:
            self._refuse_taken_name()
            # Everything that can be known to fail fails here, before the custodians open their envelopes.
            plan(self._file, self._room)
            key_place(self._file, self._room.folder).refuse_taken()
            self._once("opened", self._opening_facts)
            return
        if opened.facts.get("file_sha256") != self._reviewed.sha256:
            raise CeremonyStopped(
                f"ceremony {self._file.ceremony} was begun with another file "
                f"(SHA-256 {opened.facts.get('file_sha256')}); go on with that one"
            )
        if transcript.is_closed:
            write_paper(self._journal.folder, transcript)
            raise CeremonyStopped(
                f"ceremony {self._file.ceremony} was held and closed at {transcript.steps[-1].at}; nothing was done now"
            )
        self._journal.record("resumed", {"after": transcript.steps[-1].name}, self._room.now())

    def _refuse_taken_name(self) -> None:
        if self._room.books.find(self._file.authority) is not None:
            raise CeremonyStopped(
                f"an authority {self._file.authority} is registered already; choose another name"
            )

    def _opening_facts(self) -> dict[str, Fact]:
        file = self._file
        return {
            "ceremony": file.ceremony,
            "purpose": file.purpose,
            "place": file.place,
            "conductor": file.people.conductor,
            "witnesses": list(file.people.witnesses),
            "reviewed_by": list(file.people.reviewed_by),
            "software": f"{SOFTWARE} {metadata.version(SOFTWARE)}",
            "file_sha256": self._reviewed.sha256,
            "file": self._reviewed.text,
        }

    def _issuer(self) -> KnownIssuer | None:
        issuer = _issuer_of(self._file, self._room.books)
        if issuer is None:
            return None
        step = self._once(
            "issuer_found",
            lambda: {
                "issuer": issuer.slug,
                "certificate_sha256": _sha256(issuer.certificate_der),
                "certificate_der": _base64(issuer.certificate_der),
                "crl_url": issuer.crl_url,
                "cps_url": issuer.cps_url,
            },
        )
        if step.facts["certificate_sha256"] != _sha256(issuer.certificate_der):
            raise CeremonyStopped(f"issuer {issuer.slug} is not the one that this ceremony began with")
        return issuer

    def _secret(self) -> Secret:
        """The activation secret: made and shared out once, and put together from shares in every later run."""
        custodians, desk = self._file.custodians, self._room.desk
        if custodians.shares == "create" and self._journal.transcript.find("shares_made") is None:
            made = make_share_set(custodians.threshold, len(custodians.names))
            for name, share in zip(custodians.names, made.shares, strict=True):
                desk.hand_over(self._file.ceremony, name, share)
            # No key hangs on a share until this step is on disk; a run killed before it makes a new set.
            self._once(
                "shares_made",
                lambda: {
                    "set": made.name,
                    "threshold": custodians.threshold,
                    "custodians": [
                        f"{share.index} {name}"
                        for name, share in zip(custodians.names, made.shares, strict=True)
                    ],
                },
            )
            return made.secret
        shares = collect_shares(desk, custodians.threshold, len(custodians.names))
        secret = combine(shares)
        presented: dict[str, Fact] = {
            "set": shares[0].set_name,
            "custodians": [f"{share.index} {custodians.names[share.index - 1]}" for share in shares],
        }
        self._journal.record("shares_presented", presented, self._room.now())
        return secret

    def _key(self, secret: Secret) -> Signer:
        place = key_place(self._file, self._room.folder)
        if self._journal.transcript.find("key_intended") is None:
            place.refuse_taken()
            place.take_over(secret)
            if place.is_taken(secret):
                raise CeremonyStopped(
                    f"{place.describe()} exists and this ceremony did not make it: name another key and begin again"
                )
        self._once("key_intended", lambda: {"algorithm": self._file.key.algorithm, "place": place.describe()})
        signer = self._made_key(place, secret)
        spki = _spki(signer)
        made = self._once(
            "key_made", lambda: {"public_key_sha256": _sha256(spki), "public_key_der": _base64(spki)}
        )
        if made.facts["public_key_sha256"] != _sha256(spki):
            raise CeremonyStopped(f"the key in {place.describe()} is not the one that this ceremony made")
        return signer

    def _made_key(self, place: KeyPlace, secret: Secret) -> Signer:
        if place.is_taken(secret):
            # Made by a run that was interrupted before it wrote so, or by one that wrote it and stopped later.
            signer = place.open(secret)
            if signer.algorithm is not self._file.key.algorithm:
                raise CeremonyStopped(f"{place.describe()} holds a {signer.algorithm} key")
            return signer
        if self._journal.transcript.find("key_made") is not None:
            raise CeremonyStopped(
                f"the key of this ceremony is gone from {place.describe()}: put it back and go on, or begin a new "
                "ceremony under another name"
            )
        return place.make(secret)

    def _issuer_signer(self, issuer: KnownIssuer, secret: Secret) -> Signer:
        signer = open_with(issuer.key_store, self._room.folder, secret)
        if signer.public_key() != issuer.facts().certificate.public_key():
            raise CeremonyStopped(f"the key of issuer {issuer.slug} is not the one in its certificate")
        return signer

    def _certificate(
        self, signer: Signer, issuer: KnownIssuer | None, issuer_signer: Signer
    ) -> x509.Certificate:
        facts = None if issuer is None else issuer.facts()
        at, serial = self._room.now(), new_serial_number()
        if (linted := self._journal.transcript.find("linted")) is not None:
            at, serial = (
                dt.datetime.fromisoformat(linted.text("judged_at")),
                int(linted.text("serial_number"), 16),
            )
        prepared = prepared_certificate(self._file, facts, signer.public_key(), serial_number=serial, at=at)
        step = self._once(
            "linted",
            lambda: {
                "judged_at": at.isoformat(),
                "serial_number": f"{serial:x}",
                "not_before": prepared.request.not_before.isoformat(),
                "not_after": prepared.request.not_after.isoformat(),
                "subject": prepared.request.subject.rfc4514_string(),
                "tbs_sha256": _sha256(prepared.tbs_der),
                "tbs_der": _base64(prepared.tbs_der),
            },
        )
        if step.facts["tbs_sha256"] != _sha256(prepared.tbs_der):
            raise CeremonyStopped(
                "this software prepares another certificate than was linted; use the one that began"
            )

        def signed() -> dict[str, Fact]:
            certificate_der = sign(prepared, issuer_signer).public_bytes(serialization.Encoding.DER)
            return {
                "certificate_sha256": _sha256(certificate_der),
                "certificate_der": _base64(certificate_der),
            }

        return x509.load_der_x509_certificate(
            from_base64(self._once("signed", signed).text("certificate_der"))
        )

    def _lists(self, certificate: x509.Certificate, signer: Signer) -> bytes:
        """Sign the first lists; the last one is what the server goes on from."""
        done = self._journal.transcript.all_of("list_signed")
        for number, scope in enumerate(first_list_scopes(self._file), start=1):
            if number > len(done):
                at = self._room.now()
                prepared = prepared_list(self._file, certificate, scope, number, at)
                crl_der = sign_crl(prepared, signer).public_bytes(serialization.Encoding.DER)
                facts: dict[str, Fact] = {
                    "scope": scope.value,
                    "crl_number": number,
                    "this_update": at.isoformat(),
                    "crl_sha256": _sha256(crl_der),
                    "crl_der": _base64(crl_der),
                }
                self._journal.record("list_signed", facts, at)
        return from_base64(self._journal.transcript.all_of("list_signed")[-1].text("crl_der"))

    def _register(self, certificate: x509.Certificate, list_der: bytes) -> None:
        # The hash of the last signature's step stays the same however often this part is run again.
        lists = self._journal.transcript.all_of("list_signed")
        head = lists[-1].hash()
        registration = IssuerRegistration(
            slug=self._file.authority,
            profile=self._file.certificate.profile,
            issues=self._file.issues or "",
            environment=self._file.certificate.environment,
            certificate_der=certificate.public_bytes(serialization.Encoding.DER),
            parent_slug=self._file.issued_by,
            key_store=key_place(self._file, self._room.folder).as_key_store(),
            crl_url=self._file.publication.crl_url,
            cps_url=self._file.publication.cps_url,
            first_crl_der=list_der,
            transcript_sha256=head,
            earlier_crl_ders=tuple(from_base64(step.text("crl_der")) for step in lists[:-1]),
        )

        def registered() -> dict[str, Fact]:
            try:
                self._room.books.register(registration, self._room.now())
            except ValueError as error:
                raise CeremonyStopped(f"the server's books refuse the authority: {error}") from error
            return {"authority": registration.slug, "transcript_sha256": head}

        self._once("registered", registered)

    def _close(self, certificate: x509.Certificate) -> Transcript:
        folder = self._journal.folder
        write_durably(folder / "ceremony.yaml", self._reviewed.text.encode(), replace=True)
        for encoding, suffix in ((serialization.Encoding.DER, "cer"), (serialization.Encoding.PEM, "pem")):
            write_durably(folder / f"certificate.{suffix}", certificate.public_bytes(encoding), replace=True)
        for step in self._journal.transcript.all_of("list_signed"):
            name = f"list-{step.number_of('crl_number')}-{step.text('scope')}.crl"
            write_durably(folder / name, from_base64(step.text("crl_der")), replace=True)
        self._once(CLOSED, dict)
        write_paper(folder, self._journal.transcript)
        return self._journal.transcript


def write_paper(folder: Path, transcript: Transcript) -> None:
    """The text beside the transcript, made from it."""
    write_durably(folder / "transcript.txt", paper(transcript).encode(), replace=True)


def from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _sha256(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def _spki(signer: Signer) -> bytes:
    return signer.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
