"""The register of physicians, filled from a small file of invented people."""

import io
from pathlib import Path

from hpki_server.portal.story import cast
from hpki_server.portal.story.stage import Stage
from hpki_server.registry.models import RegistryEntry
from hpki_server.registry.services import Outcome, import_entries

FILE = Path(__file__).with_name("data") / "register.csv"


def fill_register(stage: Stage) -> None:
    """By the officer whose duty it is.  The same file again changes nothing."""
    at = stage.now()
    officer = cast.officer_of(cast.NAKAMURA, at=at)
    report = import_entries(io.BytesIO(FILE.read_bytes()), by=officer, at=at)
    if report.counts[Outcome.IMPORTED]:
        stage.tell(
            f"資格管理簿 register: {report.counts[Outcome.IMPORTED]} physicians imported by {officer.name}"
        )


def physician_named(family_name: str, given_name: str) -> RegistryEntry:
    """One of the register's invented people, who are each there once."""
    return RegistryEntry.objects.get(family_name=family_name, given_name=given_name)
