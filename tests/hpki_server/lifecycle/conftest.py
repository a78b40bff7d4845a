"""Card numbers begin anew in every test, so every test has a box of cards, and keys, of its own."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def own_place(settings: Settings, tmp_path: Path) -> None:
    settings.VAR = tmp_path
