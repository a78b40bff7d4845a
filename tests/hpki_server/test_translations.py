"""English is complete: every sentence of every room is translated, nothing is stale, and the compiled file is fresh."""

import gettext
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SERVER = Path(__file__).resolve().parents[2] / "src" / "hpki_server"
SPEAKS = ("gettext", "translate")


def speaks(room: Path) -> bool:
    sources = [*room.rglob("*.py"), *room.rglob("*.html")]
    return any(word in source.read_text(encoding="utf-8") for source in sources for word in SPEAKS)


ROOMS = sorted(room.name for room in SERVER.iterdir() if (room / "apps.py").exists() and speaks(room))


def call(*words: str, cwd: Path) -> str:
    # Away from the project's folder only the installed settings can be found.
    ours = {"DJANGO_SETTINGS_MODULE": "hpki_server.config.settings", "HPKI_VAR": str(cwd / "var")}
    done = subprocess.run(words, cwd=cwd, text=True, capture_output=True, env=os.environ | ours, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_every_sentence_of_the_room_is_translated_and_none_is_left_over(room: str, tmp_path: Path) -> None:
    copy = shutil.copytree(
        SERVER / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "*.mo")
    )
    (copy / "locale").mkdir(exist_ok=True)
    call(sys.executable, "-m", "django", "makemessages", "-l", "en", "--no-location", "--no-wrap", cwd=copy)
    found = copy / "locale" / "en" / "LC_MESSAGES" / "django.po"
    wrong = {
        kind: call("msgattrib", f"--{kind}", "--no-wrap", str(found), cwd=copy).partition("\n\n")[2]
        for kind in ("untranslated", "only-fuzzy", "only-obsolete")
    }
    assert wrong == {"untranslated": "", "only-fuzzy": "", "only-obsolete": ""}


@pytest.mark.parametrize("room", ROOMS)
def test_the_compiled_file_is_that_of_the_sentences(room: str, tmp_path: Path) -> None:
    folder = SERVER / room / "locale" / "en" / "LC_MESSAGES"
    fresh = tmp_path / "django.mo"
    call("msgfmt", "--check", "-o", str(fresh), str(folder / "django.po"), cwd=tmp_path)
    assert catalogue(folder / "django.mo") == catalogue(fresh)


def catalogue(file: Path) -> dict[object, str]:
    with file.open("rb") as stream:
        translations = gettext.GNUTranslations(stream)
    # The heading holds times.
    return {key: words for key, words in vars(translations)["_catalog"].items() if key != ""}


def test_the_rooms_are_found() -> None:
    assert {"people", "registry", "portal", "enrollment"} <= set(ROOMS)
