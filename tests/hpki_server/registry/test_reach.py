"""The register holds every physician of the country: an association that keeps it for itself reaches nobody in it."""

import io

import pytest

from hpki_server.lifecycle import queries as life
from hpki_server.lifecycle.services.emergency_papers import CLOSE
from hpki_server.people import queries as people
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import Proposal
from hpki_server.registry import searching
from hpki_server.registry.models import Disposition, RegistryEntry
from hpki_server.registry.services import import_entries
from tests import cast
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import stage

pytestmark = pytest.mark.django_db
KEEPER = cast._staff("toda", "戸田　学", "とだ　まなぶ", (Duty.REGISTRY, "okayama"))


def test_a_keeper_at_an_association_searches_imports_and_disposes_of_nobody() -> None:
    entry = desk.registered()
    keeper, client = cast.officer(KEEPER), cast.signed_in(KEEPER)
    assert str(entry.pk) not in client.get(f"/staff/registry/?name={entry.family_name}").text
    assert client.get(f"/staff/registry/entries/{entry.pk}/").status_code == 404
    assert searching.by_name(keeper, entry.family_name).hits == ()
    with pytest.raises(Denied, match="duty_missing"):
        import_entries(io.BytesIO(b""), by=keeper, at=stage.NOON)
    told = {"fact": "licence-revoked", "number": entry.number, "from_on": "2026-11-04"}
    assert client.post("/staff/dispositions/", told).status_code == 422
    assert not Disposition.objects.exists()
    assert not Proposal.objects.exists()
    assert life.dispositions_ahead(keeper) == []
    assert RegistryEntry.objects.count() == 1


def test_nor_does_one_that_approves_close_its_own_emergencies() -> None:
    okayama = cast.organisation("okayama").pk
    both = cast._staff("abe", "阿部　結", "あべ　ゆい", (Duty.APPROVAL, "okayama"))
    for role, may in ((both, False), (cast.SUZUKI, True)):
        assert people.confirms(cast.officer(role), CLOSE, okayama, people.centre_ids()) is may
