"""`hpki-server start` for a front server on another host: said in sentences before anything is done."""

import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from hpki_server.authority.ceremony.file import read_file
from hpki_server.portal.story import server
from hpki_server.portal.story.ceremony import demonstration_files, published_at


def test_another_machines_address_is_refused() -> None:
    with pytest.raises(CommandError, match=r"198\.51\.100\.77 is no address of this machine"):
        call_command("start", "--no-story", "--address", "198.51.100.77")


def test_a_name_is_no_address() -> None:
    with pytest.raises(CommandError, match="is no address"):
        call_command("start", "--no-story", "--address", "localhost")


def test_the_demonstration_stays_on_this_machine() -> None:
    with pytest.raises(CommandError, match="goes with --no-story"):
        call_command("start", "--address", "127.0.0.2")


def test_the_recurring_work_writes_mails_with_the_address_of_the_pages(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = "import os, pathlib; pathlib.Path('told').write_text(os.environ['HPKI_ORIGIN'])"
    (tmp_path / "looking.py").write_text(program, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("HPKI_ORIGIN", "")
    monkeypatch.setattr(server, "COMMAND", "looking")
    told, until = tmp_path / "told", time.monotonic() + 20
    with server.recurring_work(8123):
        while not (told.exists() and told.read_text(encoding="utf-8")) and time.monotonic() < until:
            time.sleep(0.02)
    assert told.read_text(encoding="utf-8") == "http://localhost:8123"


def test_the_demonstrations_lists_lie_where_it_is_served() -> None:
    root, *others = [read_file(path) for path in demonstration_files()]
    at = published_at("http://192.0.2.7:9000", root).content.publication
    assert at.crl_url == "http://192.0.2.7:9000/crl/demo-root-subordinates.crl"
    assert at.root_crl_url == "http://192.0.2.7:9000/crl/demo-root-roots.crl"
    assert at.cps_url == root.content.publication.cps_url
    # As reviewed, where nobody says otherwise; a list is not fetched by https.
    for origin in ("http://localhost:8000", "https://hpki.example"):
        assert [published_at(origin, each).text for each in others] == [each.text for each in others]
