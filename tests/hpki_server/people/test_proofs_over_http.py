"""An outsider asks a running server, and judges what it got without it; a second authority stamps the heads."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import reverse
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from hpki.cli.main import main
from hpki.errors import TimeStampRefused
from hpki_server.authority import stamping_units
from hpki_server.people import audit, jobs
from hpki_server.people.audit_key import audit_key_pem
from hpki_server.people.head_file import head_file
from hpki_server.people.models import AuditLine
from hpki_server.people.ports import HttpStamper, second_authority
from tests.hpki_server.authority import time_stamping
from tests.hpki_server.authority.time_stamping import NOW


@pytest.fixture(autouse=True)
def fresh_file() -> Iterator[None]:
    head_file().unlink(missing_ok=True)
    stamping_units.forget()
    yield
    stamping_units.forget()
    head_file().unlink(missing_ok=True)


def write(lines: int) -> None:
    with transaction.atomic():
        audit.record_many([audit.Act("card:order", "system", "card", str(n)) for n in range(lines)], at=NOW)


def hpki(*words: str | Path) -> int:
    return main(["audit", *map(str, words)])


@pytest.mark.django_db(transaction=True)
def test_a_proof_is_asked_of_the_server_and_checked_without_it(
    live_server: LiveServer, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    time_stamping.unit()
    stamping_units.forget()
    settings.AUDIT_TSA_URL = live_server.url + reverse("authority:tsa")
    key, kept, proof, text = (tmp_path / name for name in ("key.pem", "kept", "proof", "text"))
    key.write_bytes(audit_key_pem())
    write(70)
    jobs.publish_tree_head()
    assert hpki("prove", "--server", live_server.url, "-o", kept) == 0
    write(100)
    jobs.publish_tree_head()
    assert hpki("prove", "--server", live_server.url, "--line", "9", "--since", kept, "-o", proof) == 0
    text.write_bytes(audit.event_of(AuditLine.objects.get(sequence=9)).canonical())
    assert hpki("check", proof, "--key", key, "--kept", kept, "--text", text, "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "line 9 is in this head's tree" in said
    assert "Time-Stamp Unit" in said
    assert hpki("prove", "--server", live_server.url, "--line", "99999") == 1


@pytest.mark.django_db(transaction=True)
def test_a_second_authority_that_refuses_says_why(live_server: LiveServer, settings: Settings) -> None:
    settings.AUDIT_TSA_URL = live_server.url + reverse("authority:tsa")
    stamper = second_authority()
    assert isinstance(stamper, HttpStamper)
    with pytest.raises(TimeStampRefused, match="SYSTEM_FAILURE"):
        stamper.stamp(bytes(32))
    settings.AUDIT_TSA_URL = ""
    assert second_authority() is None
