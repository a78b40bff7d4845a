"""Card numbers begin anew in every test, so the cards of the test before must be gone."""

import shutil
from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def empty_card_box() -> None:
    shutil.rmtree(Path(settings.VAR) / "cards", ignore_errors=True)
