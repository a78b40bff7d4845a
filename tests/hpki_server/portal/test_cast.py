"""The demonstration's people: whatever takes two officers can be done by two of them."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth import authenticate

from hpki_server.people import dual_control
from hpki_server.portal.story import cast
from hpki_server.portal.story.notebook import Notebook
from hpki_server.portal.story.stage import Stage
from hpki_server.portal.story.telling import Story
from tests.cast import NOON


def test_every_act_that_takes_two_officers_has_two_in_the_cast() -> None:
    acts = dual_control.acts()
    assert {"application:change-kind", "registry:confirm-disposition", "audit:export"} <= {
        act.name for act in acts
    }
    for act in acts:
        confirm = {one.key for one in cast.CAST if act.duty in {duty for duty, _place in one.duties}}
        propose = {
            one.key
            for one in cast.CAST
            if (act.proposers or {act.duty}) & {duty for duty, _place in one.duties}
        }
        assert any(first != second for first in propose for second in confirm), act.name


@pytest.mark.django_db
def test_people_whom_a_later_version_brings_join_and_can_log_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "VAR", tmp_path)
    told: list[str] = []

    def start() -> list[str]:
        told.clear()
        story = Story(
            tmp_path / "story", clock=lambda: NOON, say=told.append, command="hpki-server", origin="http://x"
        )
        story.tell()
        return told

    # As an earlier version left it, which knew two of them.
    (tmp_path / "story").mkdir()
    notebook = Notebook(tmp_path / "story" / "notebook.json")
    with monkeypatch.context() as earlier:
        earlier.setattr(cast, "CAST", (cast.HANAKO, cast.YAMAMOTO))
        cast.engage(Stage(tmp_path / "story", notebook, lambda: NOON, told.append, "http://x"))
    notebook.keep("told", NOON.isoformat())
    assert any("An earlier version told this demonstration" in line for line in start())
    lines = [line for line in told if "@example.jp /" in line]
    assert len(lines) == len(cast.CAST)
    assert not any("None" in line for line in lines)
    password = Notebook(notebook.path).get("password:matsumoto")
    assert authenticate(username="matsumoto@example.jp", password=password) is not None
    assert not any("An earlier version" in line for line in start())
