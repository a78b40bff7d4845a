"""The time-stamp authority: recorded and audited tokens, numbers never twice, silence when the clock is in doubt."""

import datetime as dt
import hashlib
import io
import os
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import rfc3161_client
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from hpki.errors import SignatureMismatch, TimeStampRefused
from hpki.issuance.status import Good, status_of
from hpki.issuance.timestamp_request import MOST_OCTETS, ImprintHash, encode_request, read_request
from hpki.issuance.timestamp_response import read_response
from hpki.issuance.timestamp_syntax import PkiFailure
from hpki.issuance.timestamp_token import prove_token
from hpki.keys.algorithms import KeyAlgorithm
from hpki.keys.software import generate_software_key
from hpki_server.authority import stamping_units
from hpki_server.authority.clock import BOUND, ClockSample, ClockWatch, SourceState
from hpki_server.authority.queries import certificate_facts
from hpki_server.authority.services.time_stamp_units import RENEW_BEFORE, UnitOrder, renew_units, set_up_unit
from hpki_server.authority.services.time_stamping import give_token
from hpki_server.authority.time_sources import ChronySource, FileSource, read_tracking, source_named
from hpki_server.authority.time_stamp_models import TimeStamp, TimeStampUnit
from hpki_server.authority.time_stamp_views import QUERY, REPLY
from hpki_server.people import audit_check
from hpki_server.people.models import AuditLine
from tests.hpki_server.authority import time_stamping
from tests.hpki_server.authority.time_stamping import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test.client import _MonkeyPatchedWSGIResponse

DOCUMENT = "死体検案書".encode()
IMPRINT = hashlib.sha256(DOCUMENT).digest()
ASKED = encode_request(ImprintHash.SHA_256, IMPRINT, nonce=77)
TRACKING = "C0A80001,ntp.example,2,1793000000.1,{system},0.0,0.0,1.0,0.0,0.0,{delay},{dispersion},64.0,{leap}"


@pytest.fixture
def unit(db: None) -> "Iterator[TimeStampUnit]":
    yield time_stamping.unit()
    stamping_units.forget()


def post(body: bytes, content_type: str = QUERY) -> "_MonkeyPatchedWSGIResponse":
    return Client().post(reverse("authority:tsa"), body, content_type=content_type, CONTENT_TYPE=content_type)


def failure(body: bytes) -> PkiFailure:
    response = post(body)
    assert (response.status_code, response["Content-Type"]) == (200, REPLY)
    with pytest.raises(TimeStampRefused) as refused:
        read_response(response.content)
    return PkiFailure(refused.value.failure)


def stamp(at: dt.datetime = NOW) -> int:
    return prove_token(give_token(read_request(ASKED), at=at), IMPRINT).serial_number


def test_a_token_is_recorded_with_its_audit_line_before_it_is_given(unit: TimeStampUnit) -> None:
    response = post(ASKED)
    assert (response.status_code, response["Content-Type"]) == (200, REPLY)
    token = read_response(response.content)
    proven = prove_token(token, IMPRINT)
    row = TimeStamp.objects.get()
    sha256 = hashlib.sha256(token).hexdigest()
    assert (row.unit_id, row.serial_number, row.imprint, row.token_sha256) == (
        unit.id,
        proven.serial_number,
        IMPRINT.hex(),
        sha256,
    )
    assert row.gen_time - proven.gen_time < dt.timedelta(milliseconds=1)
    line = AuditLine.objects.get(act="time-stamp:give")
    assert (line.subject_id, line.facts()) == (
        str(proven.serial_number),
        {"unit": str(unit.id), "sha256": sha256},
    )
    assert list(audit_check.findings()) == []


def test_the_unit_was_intended_and_audited_before_its_certificate_was_signed(unit: TimeStampUnit) -> None:
    acts = AuditLine.objects.filter(subject_kind="time-stamp-unit").order_by("sequence")
    assert [line.act for line in acts] == ["time-stamp-unit:intend", "time-stamp-unit:sign"]
    assert bytes(unit.tbs_der) in bytes(unit.certificate_der or b"")
    assert Path(str(unit.key_store["path"])).parent == Path("tsa")


@pytest.mark.django_db
def test_a_unit_that_a_power_cut_left_intended_is_finished_and_none_is_made_beside_it() -> None:
    issuer = time_stamping.register()
    unit = set_up_unit(UnitOrder(algorithm=KeyAlgorithm.P_256), by="system", at=NOW)
    TimeStampUnit.objects.update(state="intended", certificate_der=None)
    again = set_up_unit(UnitOrder(algorithm=KeyAlgorithm.P_256), by="system", at=NOW)
    assert (again.id, again.state, again.issuer_id) == (unit.id, "signed", issuer.id)


@pytest.mark.django_db
def test_an_authority_without_a_unit_gets_one_and_the_next_in_good_time() -> None:
    assert renew_units(at=NOW) == ()
    time_stamping.register()
    assert renew_units(at=NOW) == ("tsa-test",)
    assert renew_units(at=NOW) == ()
    end = TimeStampUnit.objects.get().not_after
    TimeStampUnit.objects.update(not_after=NOW + RENEW_BEFORE)
    assert renew_units(at=NOW) == ("tsa-test",)
    assert TimeStampUnit.objects.filter(not_after=end).count() == 1


@pytest.mark.parametrize("judge", ["openssl", "rfc3161-client"])
def test_foreign_software_accepts_the_reply(unit: TimeStampUnit, tmp_path: Path, judge: str) -> None:
    request = rfc3161_client.TimestampRequestBuilder().data(DOCUMENT).cert_request(cert_request=True).build()
    query, reply, root, document = (tmp_path / name for name in ("q", "r", "root.pem", "document"))
    query.write_bytes(request.as_bytes())
    reply.write_bytes(post(request.as_bytes()).content)
    top = time_stamping.hierarchy().root.issuer.certificate
    if judge == "openssl":
        root.write_bytes(top.public_bytes(Encoding.PEM))
        document.write_bytes(DOCUMENT)
        command: list[str | Path] = [
            "openssl",
            "ts",
            "-verify",
            "-queryfile",
            query,
            "-in",
            reply,
            "-CAfile",
            root,
        ]
        # The chain comes with the token.
        judged = subprocess.run(command, check=False, capture_output=True, text=True)
        assert "Verification: OK" in judged.stdout, judged.stderr
    else:
        verifier = rfc3161_client.VerifierBuilder.from_request(request).add_root_certificate(top).build()
        assert verifier.verify_message(rfc3161_client.decode_timestamp_response(reply.read_bytes()), DOCUMENT)


def test_hostile_queries_get_the_reply_of_their_fault_and_leave_nothing(unit: TimeStampUnit) -> None:
    assert failure(b"") is PkiFailure.BAD_DATA_FORMAT
    assert failure(b"\x30\x84\xff\xff\xff\xff") is PkiFailure.BAD_DATA_FORMAT
    assert failure(ASKED[:-1]) is PkiFailure.BAD_DATA_FORMAT
    assert (
        failure(ASKED.replace(bytes.fromhex("6086480165030402 01"), bytes.fromhex("6086480165030402 09")))
        is PkiFailure.BAD_ALG
    )
    assert failure(ASKED.replace(b"\x02\x01\x01\x30", b"\x02\x01\x03\x30")) is PkiFailure.BAD_REQUEST
    assert post(bytes(MOST_OCTETS + 1)).status_code == 413
    assert post(ASKED, "application/octet-stream").status_code == 415
    assert Client().get(reverse("authority:tsa")).status_code == 405
    assert not TimeStamp.objects.exists()


@pytest.mark.django_db
def test_without_a_unit_the_reply_is_system_failure() -> None:
    stamping_units.forget()
    assert failure(ASKED) is PkiFailure.SYSTEM_FAILURE


def test_a_unit_whose_key_is_gone_gives_no_token(unit: TimeStampUnit) -> None:
    TimeStampUnit.objects.update(key_store=unit.key_store | {"path": "tsa/gone.key"})
    assert failure(ASKED) is PkiFailure.SYSTEM_FAILURE


def test_a_key_of_another_unit_gives_no_token(unit: TimeStampUnit) -> None:
    other = set_up_unit(UnitOrder(algorithm=KeyAlgorithm.P_256), by="system", at=NOW)
    TimeStampUnit.objects.update(key_store=other.key_store)
    assert failure(ASKED) is PkiFailure.SYSTEM_FAILURE
    stamping_units.forget()
    stamping_units.adopt(unit, generate_software_key(KeyAlgorithm.P_256))
    with pytest.raises(SignatureMismatch):
        stamp()
    assert not TimeStamp.objects.exists()


def test_numbers_go_on_after_a_crash_and_after_a_restore_and_are_never_given_twice(
    unit: TimeStampUnit,
) -> None:
    before = [stamp() for _ in range(3)]
    stamping_units.forget()  # the process dies; what it had reserved is lost
    after_crash = [stamp(NOW + dt.timedelta(seconds=1)) for _ in range(3)]
    TimeStampUnit.objects.update(next_token=1)  # an old backup comes back
    TimeStamp.objects.all().delete()
    stamping_units.forget()
    after_restore = [stamp(NOW + dt.timedelta(seconds=2)) for _ in range(3)]
    given = before + after_crash + after_restore
    assert given == sorted(set(given))


def test_two_processes_never_share_a_block(unit: TimeStampUnit) -> None:
    blocks = [stamping_units.reserve_block(unit.id, at=NOW) for _ in range(5)]
    assert all(one.stop <= next_one.start for one, next_one in pairwise(blocks))


def test_a_block_ends_and_the_next_one_begins(unit: TimeStampUnit) -> None:
    [stamping] = stamping_units.units_at(NOW)
    numbers = [stamping.next_number(at=NOW) for _ in range(stamping_units.BLOCK + 2)]
    assert len(set(numbers)) == len(numbers)


def test_a_clock_behind_the_latest_token_stops_the_authority_until_it_has_caught_up(
    unit: TimeStampUnit,
) -> None:
    stamping_units.watch_clock(NOW, ClockWatch(stamping_units.clock_sample(NOW + dt.timedelta(hours=1))))
    stamp(NOW + dt.timedelta(hours=1))
    stamping_units.forget()
    assert failure(ASKED) is PkiFailure.TIME_NOT_AVAILABLE
    assert TimeStamp.objects.count() == 1


def sample(wall: float, monotonic: float) -> ClockSample:
    return ClockSample(NOW + dt.timedelta(seconds=wall), 5000 + monotonic)


class Told:
    """A source that says what it was told to say."""

    def __init__(self, *bounds: float | None) -> None:
        self.bounds = list(bounds)

    def state(self, at: dt.datetime) -> SourceState:  # noqa: ARG002 - it says the same at any time
        bound = self.bounds.pop(0)
        return SourceState(None if bound is None else dt.timedelta(seconds=bound), "told")


@pytest.mark.parametrize(("wall", "doubted"), [(100.4, False), (100.6, True), (99.4, True), (-3600, True)])
def test_a_jump_beyond_the_bound_is_doubted(wall: float, doubted: bool) -> None:  # noqa: FBT001 - a row of the table
    doubt = ClockWatch(sample(0, 0)).doubt(sample(wall, 100), None)
    assert (doubt is not None) is doubted
    assert doubt is None or "jumped" in doubt


def test_after_a_jump_a_source_may_vouch_for_the_clock() -> None:
    watch = ClockWatch(sample(0, 0), Told(0.01, 0.01))
    assert watch.doubt(sample(1, 1), None) is None
    assert watch.doubt(sample(3602, 2), None) is None
    assert watch.doubt(sample(3603, 3), None) is None


def test_a_jump_that_the_source_does_not_vouch_for_is_doubted_until_it_does() -> None:
    watch = ClockWatch(sample(0, 0), Told(0.01, None, 3600.0, 0.01))
    assert watch.doubt(sample(1, 1), None) is None
    assert "does not vouch" in str(watch.doubt(sample(3602, 2), None))
    assert "may be off by 3600" in str(watch.doubt(sample(3603, 3), None))
    assert watch.doubt(sample(5, 5), None) is None


def test_a_source_is_asked_now_and_then_and_not_for_every_token() -> None:
    watch = ClockWatch(sample(0, 0), Told(0.01, None))
    assert [watch.doubt(sample(second, second), None) is None for second in range(18)] == [True] * 17 + [
        False
    ]


def test_a_clock_that_went_back_behind_a_recorded_time_is_doubted() -> None:
    watch = ClockWatch(sample(0, 0))
    assert watch.doubt(sample(1, 1), NOW + BOUND + dt.timedelta(seconds=1)) is None
    assert "behind the latest" in str(watch.doubt(sample(1, 1), NOW + dt.timedelta(seconds=2)))


@pytest.mark.parametrize(
    ("line", "bound"),
    [
        (TRACKING.format(system="-0.002", delay="0.004", dispersion="0.001", leap="Normal"), 0.005),
        (TRACKING.format(system="0.0", delay="0", dispersion="1.5", leap="Insert second"), 1.5),
        (TRACKING.format(system="0.0", delay="0", dispersion="0", leap="Not synchronised"), None),
        (TRACKING.format(system="x", delay="0", dispersion="0", leap="Normal"), None),
        (TRACKING.format(system="nan", delay="0", dispersion="0", leap="Normal"), None),
        (TRACKING.format(system="1e300", delay="0", dispersion="0", leap="Normal"), None),
        ("", None),
        ("506 Cannot talk to daemon", None),
    ],
)
def test_the_words_of_chrony_are_read(line: str, bound: float | None) -> None:
    state = read_tracking(line)
    assert (state.bound.total_seconds() if state.bound is not None else None) == bound


@given(st.text(max_size=200))
def test_any_words_are_read_or_say_nothing(line: str) -> None:
    assert read_tracking(line).bound is None


def test_a_file_counts_while_it_is_fresh(tmp_path: Path) -> None:
    file = tmp_path / "tracking"
    source = source_named(f"file:{file}")
    assert isinstance(source, FileSource)
    assert source.state(NOW).bound is None
    file.write_text(TRACKING.format(system="0.001", delay="0", dispersion="0", leap="Normal"))
    os.utime(file, (NOW.timestamp(), NOW.timestamp()))
    assert source.state(NOW + dt.timedelta(seconds=60)).bound == dt.timedelta(milliseconds=1)
    assert source.state(NOW + dt.timedelta(seconds=70)).bound is None


def test_a_chrony_that_is_not_there_vouches_for_nothing() -> None:
    assert ChronySource(("/nonexistent/chronyc",)).state(NOW).bound is None
    answered = ChronySource(("echo", TRACKING.format(system="0", delay="0", dispersion="0.2", leap="Normal")))
    assert answered.state(NOW).bound == dt.timedelta(milliseconds=200)
    with pytest.raises(ValueError, match="HPKI_TIME_SOURCE"):
        source_named("sundial")


@pytest.mark.django_db
def test_the_command_sets_up_lists_and_says_whether_the_clock_is_trusted() -> None:
    out = io.StringIO()
    with pytest.raises(CommandError, match="No active authority"):
        call_command("tsa", "setup")
    time_stamping.register()
    stamping_units.forget()
    call_command("tsa", "setup", "--algorithm", "p-256", stdout=out)
    call_command("tsa", "list", stdout=out)
    call_command("tsa", "clock", stdout=out)
    assert "stamps until" in out.getvalue()
    assert "tsa-test" in out.getvalue()
    assert "is trusted" in out.getvalue()
    stamping_units.forget()


def test_the_status_service_knows_the_units_certificate(unit: TimeStampUnit) -> None:
    serial = int(unit.serial_hex, 16)
    facts = certificate_facts(unit.issuer_id, serial)
    assert facts is not None
    assert isinstance(status_of(facts, NOW), Good)
    assert certificate_facts(unit.issuer_id, serial + 1) is None
