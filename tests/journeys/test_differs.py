"""A journey: the registry has 渡辺 where the licence says 渡邉; two officers look, and the card comes with her glyph."""

import pytest
from pytest_django import Settings

from hpki_server.authority.models import Card
from hpki_server.enrollment.registry_match import registry_says
from hpki_server.enrollment.services import deciding
from hpki_server.enrollment.services import matching as judging
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.registry.decision_rules import Outcome, Reason
from hpki_server.registry.matching import Differs, digest_of
from hpki_server.registry.models import RegistryEntry
from hpki_server.registry.names import Relation
from hpki_server.registry.services.deciding import Judgement
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk
from tests.hpki_server.lifecycle import walking

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_place(settings: Settings, tmp_path: object) -> None:
    settings.VAR = tmp_path


def test_a_variant_glyph_is_judged_by_two_and_the_card_shows_the_holders_own_glyph() -> None:
    stage.hierarchy()
    desk.offices()
    registered = desk.registered(family_name="渡辺")
    application = desk.taken_in()

    answer = registry_says(application).answer
    assert isinstance(answer, Differs)
    assert [pair.relation for pair in answer.name.differing] == [Relation.VARIANT]
    sato, suzuki = cast.officer(cast.SATO), cast.officer(cast.SUZUKI)
    with pytest.raises(Denied, match="registry_disagrees"):
        deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)

    judgement = Judgement(
        registered.id, Outcome.SAME_PERSON, Reason.OFFICIAL_VARIANT, "免許証は渡邉", digest_of(answer)
    )
    decision = judging.decide_match(application_id=application.id, judgement=judgement, by=sato, at=desk.NOON)
    with pytest.raises(Denied, match="same_officer"):
        judging.confirm_match(application_id=application.id, decision_id=decision.id, by=sato, at=desk.NOON)
    judging.confirm_match(application_id=application.id, decision_id=decision.id, by=suzuki, at=desk.NOON)

    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)
    deciding.approve_application(application_id=application.id, by=suzuki, at=desk.NOON)
    made = walking.issued(application, at=desk.NOON)
    assert made.registry_entry_id == registered.id
    card = walking.fetched(made, at=desk.NOON + desk.LETTERS_APART)
    assert card.state == Card.State.ACTIVE
    # What is printed is her own glyph; what the registry holds stays as it is.
    assert card.family_name == "渡邉"
    assert RegistryEntry.objects.get().family_name == "渡辺"
    acts = ["registry:decide-match", "registry:confirm-match", "application:vet", "application:approve"]
    left = AuditLine.objects.filter(act__in=acts).order_by("sequence").values_list("act", flat=True)
    assert list(left) == acts
