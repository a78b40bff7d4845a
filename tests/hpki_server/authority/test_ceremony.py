"""A ceremony from file to registered authority: judged by openssl, killed anywhere, held once."""

import datetime as dt
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pkcs11
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pytest_django import Settings

from hpki.errors import KeyUnavailable, ProfileViolation, WrongPassphrase
from hpki.keys.algorithms import verify
from hpki_server.authority.ceremony.books import DatabaseBooks
from hpki_server.authority.ceremony.file import ReviewedFile, read_text
from hpki_server.authority.ceremony.key_store import open_signer
from hpki_server.authority.ceremony.run import Room, hold, plan
from hpki_server.authority.ceremony.stopped import CeremonyStopped, ShareRefused
from hpki_server.authority.ceremony.transcript import Transcript, read_transcript
from hpki_server.authority.ceremony.verify import verify_transcript
from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.authority.orders import IssuerRegistration
from hpki_server.people.models import AuditLine
from tests.ceremony_room import Clock, People, room, shipped
from tests.softhsm import MODULE, PIN, new_token, remove_token, use_own_store

pytestmark = pytest.mark.django_db
SUBORDINATES = ("2-signing", "3-authentication", "4-organisation", "5-presence")


@pytest.fixture
def people() -> People:
    return People()


@pytest.fixture
def with_root(tmp_path: Path, people: People) -> Room:
    """A room in which the root's ceremony was held."""
    held_in = room(tmp_path, people)
    hold(shipped("1-root"), held_in)
    return held_in


def openssl(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_whole_demonstration_hierarchy_is_held_and_openssl_accepts_it(
    with_root: Room, people: People, tmp_path: Path
) -> None:
    for name, custodians in zip(SUBORDINATES, [(0, 1), (1, 2), (2, 0), (0, 2)], strict=True):
        people.present(*custodians)
        hold(shipped(name), with_root)
    folder = tmp_path / "ceremony"
    root = folder / "demo-root"
    assert openssl(
        root, "verify", "-check_ss_sig", "-x509_strict", "-CAfile", "certificate.pem", "certificate.pem"
    )
    for scope in ("list-1-roots", "list-2-subordinates"):
        openssl(root, "crl", "-inform", "DER", "-in", f"{scope}.crl", "-CAfile", "certificate.pem", "-noout")
    for slug in ("demo-signing", "demo-authentication", "demo-organisation", "demo-presence"):
        own = folder / slug
        verified = verify_transcript(own / "transcript.json")
        policy = verified.certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        wanted = policy[0].policy_identifier.dotted_string
        chain = [
            "-CAfile",
            "../demo-root/certificate.pem",
            "-policy",
            wanted,
            "-explicit_policy",
            "-x509_strict",
        ]
        assert openssl(own, "verify", *chain, "certificate.pem") == "certificate.pem: OK\n"
        openssl(own, "crl", "-inform", "DER", "-in", "list-1-all.crl", "-CAfile", "certificate.pem", "-noout")
        issuer = Issuer.objects.get(slug=slug)
        assert issuer.parent is not None
        assert (issuer.parent.slug, issuer.environment, issuer.crl_number) == ("demo-root", "test", 1)
        assert bytes(issuer.certificate_der) == (own / "certificate.cer").read_bytes()
    assert IssuedCrl.objects.count() == 6
    assert AuditLine.objects.filter(act="issuer:register").count() == 5


def test_the_server_opens_its_own_keys_and_not_the_roots(
    with_root: Room, people: People, settings: Settings, tmp_path: Path
) -> None:
    people.present(0, 1)
    hold(shipped("2-signing"), with_root)
    settings.VAR = tmp_path
    issuer = Issuer.objects.get(slug="demo-signing")
    certificate = x509.load_der_x509_certificate(bytes(issuer.certificate_der))
    verify(certificate.public_key(), open_signer(issuer.key_store).sign(b"m"), b"m")
    with pytest.raises(KeyUnavailable, match="opened by its custodians"):
        open_signer(Issuer.objects.get(slug="demo-root").key_store)
    for path in (tmp_path / "keys").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets" / "demo-signing.passphrase").stat().st_mode & 0o077 == 0


def test_no_secret_reaches_the_transcript(with_root: Room, people: People, tmp_path: Path) -> None:
    people.present(0, 1)
    hold(shipped("2-signing"), with_root)
    passphrase = (tmp_path / "secrets" / "demo-signing.passphrase").read_text()
    for path in (tmp_path / "ceremony").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"PRIVATE KEY" not in content
            assert passphrase.encode() not in content
            assert not any(share.encode() in content for share in people.shares.values())


def test_the_registration_is_audited_with_the_transcripts_hash(with_root: Room, tmp_path: Path) -> None:
    verified = verify_transcript(tmp_path / "ceremony" / "demo-root" / "transcript.json")
    line = AuditLine.objects.get(act="issuer:register")
    assert verified.registered_head in line.details
    assert line.by == "ceremony"
    assert with_root.books.find("demo-root") is not None


def test_too_few_and_wrong_shares_stop_before_a_key_is_made(
    with_root: Room, people: People, tmp_path: Path
) -> None:
    people.present(0)
    with pytest.raises(ShareRefused, match="1 of the 2 shares"):
        hold(shipped("2-signing"), with_root)
    other = People()
    hold(shipped("1-root", **{"demo-root": "other-root"}), room(tmp_path, other))
    other.present(0, 1)
    with pytest.raises(WrongPassphrase):
        hold(shipped("2-signing"), Room(tmp_path, other, DatabaseBooks(), Clock()))
    assert not Issuer.objects.filter(slug="demo-signing").exists()
    people.present(1, 2)
    assert hold(shipped("2-signing"), with_root).is_closed
    verify_transcript(tmp_path / "ceremony" / "demo-signing" / "transcript.json")


def test_a_ceremony_is_held_once(with_root: Room, tmp_path: Path) -> None:
    before = (tmp_path / "ceremony" / "demo-root" / "transcript.json").read_bytes()
    with pytest.raises(
        CeremonyStopped, match=r"was held and closed at 2026-11-04T01:00:.*; nothing was done"
    ):
        hold(shipped("1-root"), with_root)
    with pytest.raises(CeremonyStopped, match="begun with another file"):
        hold(shipped("1-root", **{"this computer": "another computer"}), with_root)
    assert (tmp_path / "ceremony" / "demo-root" / "transcript.json").read_bytes() == before


def test_a_name_that_is_taken_and_an_issuer_that_is_missing_or_unfit_stop_it(
    with_root: Room, people: People, tmp_path: Path
) -> None:
    with pytest.raises(CeremonyStopped, match="demo-root is registered already"):
        hold(shipped("1-root", **{"ceremony: demo-root": "ceremony: demo-root-2"}), with_root)
    with pytest.raises(CeremonyStopped, match="issuer nobody is not in the books"):
        hold(shipped("2-signing", **{"issued_by: demo-root": "issued_by: nobody"}), with_root)
    with pytest.raises(CeremonyStopped, match="for another environment"):
        hold(shipped("2-signing", **{"environment: test": "environment: production"}), with_root)
    people.present(0, 1)
    hold(shipped("2-signing"), with_root)
    with pytest.raises(CeremonyStopped, match="demo-signing is a SIGNING_CA; it does not issue"):
        hold(shipped("3-authentication", **{"issued_by: demo-root": "issued_by: demo-signing"}), with_root)
    assert not (tmp_path / "keys" / "demo-authentication.key").exists()


def test_a_file_that_no_lint_accepts_stops_before_the_custodians_come(people: People, tmp_path: Path) -> None:
    forbidden = shipped(
        "5-presence", **{"environment: test": "environment: test\n  subject_ja: {organisation: 実演}"}
    )
    hold(shipped("1-root"), room(tmp_path, people))
    with pytest.raises(ProfileViolation):
        hold(forbidden, room(tmp_path, people))
    assert not (tmp_path / "ceremony" / "demo-presence" / "transcript.json").exists()


def test_a_key_without_a_certificate_is_found_and_not_used(people: People, tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "demo-root.key").write_text("of an earlier life")
    with pytest.raises(
        CeremonyStopped, match=r"keys/demo-root\.key exists and no ceremony of this name made it"
    ):
        hold(shipped("1-root"), room(tmp_path, people))
    assert not people.shares
    assert (tmp_path / "keys" / "demo-root.key").read_text() == "of an earlier life"


def test_a_key_that_is_gone_or_exchanged_stops_a_ceremony_that_goes_on(
    people: People, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        hold(shipped("1-root"), dying_room(tmp_path, people, looks=7))
    assert last_step(tmp_path, "demo-root") == "linted"
    key = tmp_path / "keys" / "demo-root.key"
    kept = key.read_bytes()
    key.unlink()
    people.present(0, 1)
    with pytest.raises(
        CeremonyStopped, match=r"the key of this ceremony is gone from key file keys/demo-root\.key"
    ):
        hold(shipped("1-root"), room(tmp_path, people))
    key.write_bytes(kept)
    people.present(0, 1)
    assert hold(shipped("1-root"), room(tmp_path, people)).is_closed


class Killed(BaseException):
    """The process ends here; nothing above catches it."""


@dataclass
class DyingClock(Clock):
    looks: int = 0

    def __call__(self) -> dt.datetime:
        self.looks -= 1
        if self.looks < 0:
            raise Killed
        return super().__call__()


class BooksBeforeDeath(DatabaseBooks):
    """The registration is committed, and the process dies before it can say so."""

    def register(self, registration: IssuerRegistration, at: dt.datetime) -> None:
        super().register(registration, at)
        raise Killed


def dying_room(folder: Path, people: People, looks: int) -> Room:
    return Room(folder=folder, desk=people, books=DatabaseBooks(), clock=DyingClock(looks=looks))


def last_step(folder: Path, ceremony: str) -> str:
    return transcript_of(folder, ceremony).steps[-1].name


def transcript_of(folder: Path, ceremony: str) -> Transcript:
    return read_transcript((folder / "ceremony" / ceremony / "transcript.json").read_bytes())


def go_on(file: ReviewedFile, people: People, folder: Path) -> Transcript:
    people.present(*((0, 1) if people.shares else ()))
    return hold(file, room(folder, people))


def held_in_spite_of_death_at_every_look(
    file: ReviewedFile, people: People, folder: Path, before: Callable[[], None]
) -> Transcript:
    """Each run dies one look at the clock later than the one before, until one gets through."""
    for looks in range(40):
        before()
        try:
            return hold(file, dying_room(folder, people, looks))
        except Killed:
            assert not Issuer.objects.filter(slug=file.content.authority).exists() or last_step(
                folder, file.content.ceremony
            ) in {"list_signed", "registered", "shares_presented"}
    raise AssertionError("never through")


def test_a_root_ceremony_killed_at_every_step_goes_on_and_makes_one_authority(
    people: People, tmp_path: Path
) -> None:
    def present() -> None:
        people.present(*((0, 1) if people.shares else ()))

    transcript = held_in_spite_of_death_at_every_look(shipped("1-root"), people, tmp_path, present)
    names = [step.name for step in transcript.steps]
    assert names.count("resumed") >= 5
    for once in ("key_made", "linted", "signed", "registered", "closed", "shares_made"):
        assert names.count(once) == 1
    verify_transcript(tmp_path / "ceremony" / "demo-root" / "transcript.json")
    assert Issuer.objects.count() == AuditLine.objects.count() == 1
    assert [row.scope for row in IssuedCrl.objects.order_by("number")] == ["roots", "subordinates"]
    people.present(1, 2)
    assert go_on(shipped("2-signing"), people, tmp_path).is_closed


def test_a_subordinate_ceremony_killed_at_every_step_uses_one_serial(
    with_root: Room, people: People, tmp_path: Path
) -> None:
    transcript = held_in_spite_of_death_at_every_look(
        shipped("2-signing"), people, tmp_path, lambda: people.present(0, 1)
    )
    assert [step.name for step in transcript.steps].count("linted") == 1
    verified = verify_transcript(tmp_path / "ceremony" / "demo-signing" / "transcript.json")
    assert bytes(
        Issuer.objects.get(slug="demo-signing").certificate_der
    ) == verified.certificate.public_bytes(serialization.Encoding.DER)
    assert with_root.folder == tmp_path


def test_death_right_after_the_registration_was_committed_registers_once(
    people: People, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        hold(shipped("1-root"), Room(tmp_path, people, BooksBeforeDeath(), Clock()))
    assert Issuer.objects.count() == 1
    assert go_on(shipped("1-root"), people, tmp_path).is_closed
    assert Issuer.objects.count() == AuditLine.objects.count() == 1
    verified = verify_transcript(tmp_path / "ceremony" / "demo-root" / "transcript.json")
    assert verified.registered_head in AuditLine.objects.get().details


def test_two_at_once_are_one_too_many(with_root: Room, people: People, tmp_path: Path) -> None:
    class Second(People):
        def next_share(self, number: int, threshold: int) -> str:
            hold(shipped("2-signing"), room(tmp_path, people))
            return super().next_share(number, threshold)

    with pytest.raises(CeremonyStopped, match="held by another process"):
        hold(shipped("2-signing"), room(tmp_path, Second()))
    assert with_root.books.find("demo-signing") is None


def in_token(name: str, label: str, extra: str = "") -> ReviewedFile:
    """A shipped file whose key goes into a token."""
    slug = name.partition("-")[2]
    slug = f"demo-{slug}"
    store = f"kind: pkcs11\n    module: {MODULE}\n    token_label: {label}\n    key_label: {slug}{extra}"
    return shipped(name, **{f"kind: software\n    path: keys/{slug}.key": store})


def test_a_hierarchy_whose_keys_are_born_in_tokens(
    people: People, tmp_path: Path, settings: Settings
) -> None:
    settings.VAR = tmp_path
    use_own_store()
    new_token("ceremony-root", tmp_path)
    new_token("ceremony-online", tmp_path)
    root = in_token("1-root", "ceremony-root", "\n    transport_pin_file: ceremony-root.pin")
    with pytest.raises(Killed):
        # Dies between the change of the token's PIN and the step that would say so.
        hold(root, dying_room(tmp_path, people, looks=3))
    assert go_on(root, people, tmp_path).is_closed
    people.present(0, 2)
    hold(
        in_token("2-signing", "ceremony-online", "\n    pin_file: ceremony-online.pin"),
        room(tmp_path, people),
    )
    for slug in ("demo-root", "demo-signing"):
        verify_transcript(tmp_path / "ceremony" / slug / "transcript.json")
        assert not (tmp_path / "keys").exists()
    own = tmp_path / "ceremony" / "demo-signing"
    openssl(own, "verify", "-CAfile", "../demo-root/certificate.pem", "certificate.pem")
    openssl(own, "crl", "-inform", "DER", "-in", "list-1-all.crl", "-CAfile", "certificate.pem", "-noout")
    issuer = Issuer.objects.get(slug="demo-signing")
    certificate = x509.load_der_x509_certificate(bytes(issuer.certificate_der))
    verify(certificate.public_key(), open_signer(issuer.key_store).sign(b"m"), b"m")
    root_pin = ["--token", "ceremony-root", "--pin", PIN, "--new-pin", "1234"]
    old = subprocess.run(
        ["pkcs11-tool", "--module", MODULE, "--change-pin", *root_pin], check=False, capture_output=True
    )
    assert old.returncode != 0


def test_a_missing_token_stops_with_its_name_and_registers_nothing(people: People, tmp_path: Path) -> None:
    use_own_store()
    (tmp_path / "transport.pin").touch(mode=0o600)
    (tmp_path / "transport.pin").write_text(PIN)
    with pytest.raises(KeyUnavailable, match="no token 'not-plugged-in'"):
        hold(
            in_token("1-root", "not-plugged-in", "\n    transport_pin_file: transport.pin"),
            room(tmp_path, people),
        )
    assert not Issuer.objects.exists()


def test_an_issuers_token_that_was_pulled_leaves_nothing_half_issued(people: People, tmp_path: Path) -> None:
    token = new_token("ceremony-pulled", tmp_path)
    hold(
        in_token("1-root", token.label, "\n    transport_pin_file: ceremony-pulled.pin"),
        room(tmp_path, people),
    )
    remove_token(token.label)
    people.present(0, 1)
    pkcs11.lib(str(MODULE)).reinitialize()
    with pytest.raises(KeyUnavailable, match="no token 'ceremony-pulled'"):
        hold(shipped("2-signing"), room(tmp_path, people))
    assert last_step(tmp_path, "demo-signing") == "key_made"
    assert not Issuer.objects.filter(slug="demo-signing").exists()
    assert AuditLine.objects.filter(act="issuer:register").count() == 1


def test_a_key_of_that_name_in_the_token_stops_it(people: People, tmp_path: Path) -> None:
    token = new_token("ceremony-taken", tmp_path)
    hold(
        in_token("1-root", token.label, f"\n    transport_pin_file: {token.pin_file.name}"),
        room(tmp_path, people),
    )
    again = in_token("1-root", token.label)
    again = read_text(
        again.text.replace("ceremony: demo-root", "ceremony: second")
        .replace("authority: demo-root", "authority: second")
        .replace("shares: create", "shares: present")
    )
    people.present(0, 1)
    with pytest.raises(CeremonyStopped, match="key demo-root exists and this ceremony did not make it"):
        hold(again, room(tmp_path, people))
    assert Issuer.objects.count() == 1


def test_the_plan_says_what_will_be_done(with_root: Room) -> None:
    text = "\n".join(plan(shipped("2-signing").content, with_root))
    assert "ask 2 of 3 custodians for their shares" in text
    assert "make a new p-256 key, key file keys/demo-signing.key, opened by the server" in text
    assert "from 2026-11-03T15:00:00+00:00 to 2046-11-03T14:59:59+00:00, issued by demo-root" in text
