"""What journeys may ask for."""

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture
def own_place(settings: Settings, tmp_path: Path) -> None:
    """Card numbers begin anew in every test, so a test with cards has a box, and keys, of its own."""
    settings.VAR = tmp_path
