"""Take in, vet, approve: three officers, each at the own place, and the registry between them."""

import dataclasses
import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from hpki_server.enrollment.models import Application, StateChange
from hpki_server.enrollment.services import deciding
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine, DutyGrant
from hpki_server.people.services import accounts
from hpki_server.registry.models import RegistryEntry
from tests import cast
from tests.hpki_server.enrollment import paper_desk
from tests.hpki_server.enrollment.desk import (
    ALL_FIT,
    NOON,
    ORIGINALS,
    registered,
    submitted,
    taken_in,
    vetted,
)

pytestmark = pytest.mark.django_db


def test_the_desk_takes_in_and_the_history_names_person_and_place() -> None:
    application = taken_in()
    assert application.state == "taken_in"
    change = StateChange.objects.get(step="take-in")
    assert (change.by.name, change.organisation) == ("高橋　直子", cast.organisation("okayama"))
    assert AuditLine.objects.get(act="application:take-in").organisation == str(
        cast.organisation("okayama").id
    )


@pytest.mark.parametrize("role", [cast.OSAKA_CLERK, cast.SATO, cast.IDLE])
def test_another_desk_takes_nothing_in(role: cast.Role) -> None:
    application = submitted()
    with pytest.raises(Denied) as denied:
        deciding.take_in(application_id=application.id, originals=ORIGINALS, by=cast.officer(role), at=NOON)
    assert denied.value.codes == ("no_duty",)


def test_an_identity_out_of_term_is_not_taken() -> None:
    application = submitted()
    old = dataclasses.replace(ORIGINALS, identity_expires_on=dt.date(2026, 11, 3))
    with pytest.raises(Denied) as denied:
        deciding.take_in(
            application_id=application.id, originals=old, by=cast.officer(cast.TAKAHASHI), at=NOON
        )
    assert denied.value.codes == ("shown_identity_expired",)


def test_the_registry_agrees_in_all_four_items_or_the_vetting_stops() -> None:
    application = taken_in()
    sato = cast.officer(cast.SATO)
    for changed in (
        {"family_name": "渡邊"},
        {"born_on": dt.date(1984, 5, 18)},
        {"registered_on": dt.date(2010, 4, 21)},
    ):
        entry = registered(**changed)
        with pytest.raises(Denied) as denied:
            deciding.record_vetting(application_id=application.id, papers=ALL_FIT, by=sato, at=NOON)
        assert denied.value.codes == ("registry_disagrees",)
        entry.delete()
    entry = registered()
    done = deciding.record_vetting(application_id=application.id, papers=ALL_FIT, by=sato, at=NOON)
    assert (done.state, done.registry_entry) == ("vetted", entry)


def test_the_vetting_officer_does_not_approve() -> None:
    application = vetted()
    both = dataclasses.replace(
        cast.officer(cast.SATO), duties=cast.officer(cast.SATO).duties | cast.officer(cast.SUZUKI).duties
    )
    with pytest.raises(Denied) as denied:
        deciding.approve_application(application_id=application.id, by=both, at=NOON)
    assert denied.value.codes == ("same_officer",)


def test_the_table_itself_refuses_two_of_the_same_eyes() -> None:
    application = vetted()
    with pytest.raises(IntegrityError), transaction.atomic():
        Application.objects.filter(id=application.id).update(approved_by=cast.account(cast.SATO))


def test_the_second_officer_approves() -> None:
    application = vetted()
    done = deciding.approve_application(application_id=application.id, by=cast.officer(cast.SUZUKI), at=NOON)
    assert done.state == "approved"
    assert AuditLine.objects.filter(act="application:approve").count() == 1


def test_a_registry_that_changed_in_between_stops_the_approval() -> None:
    application = vetted()
    RegistryEntry.objects.update(family_name="渡邊")
    with pytest.raises(Denied) as denied:
        deciding.approve_application(application_id=application.id, by=cast.officer(cast.SUZUKI), at=NOON)
    assert denied.value.codes == ("registry_disagrees",)


def test_an_ended_duty_approves_nothing() -> None:
    application = vetted()
    with pytest.raises(Denied) as denied:
        deciding.approve_application(application_id=application.id, by=cast.officer(cast.IDLE), at=NOON)
    assert denied.value.codes == ("no_duty",)


def sato_renews(role: cast.Role) -> None:
    """佐藤 keeps the accounts, too, and makes a colleague's login anew."""
    sato = cast.officer(cast.SATO)
    keeper = dataclasses.replace(sato, duties=sato.duties | cast.officer(cast.YAMAMOTO).duties)
    centre = cast.organisation("centre")
    DutyGrant.objects.create(
        account=cast.account(cast.SATO), organisation=centre, duty="accounts", from_at=cast.EMPLOYED_AT
    )
    accounts.renew_access(account_id=cast.account(role).pk, by=keeper, at=NOON)


def test_whoever_typed_a_sheet_is_not_one_whose_login_the_first_officer_made_anew() -> None:
    registered()
    application = paper_desk.sent()
    clerk = cast.officer(cast.TAKAHASHI)
    deciding.take_in(application_id=application.id, originals=ORIGINALS, by=clerk, at=NOON)
    sato_renews(cast.TAKAHASHI)
    with pytest.raises(Denied, match="renewed_by_the_other"):
        deciding.record_vetting(
            application_id=application.id, papers=ALL_FIT, by=cast.officer(cast.SATO), at=NOON
        )


def test_the_second_officer_is_not_one_whose_login_the_first_made_anew() -> None:
    application = vetted()
    sato_renews(cast.SUZUKI)
    with pytest.raises(Denied, match="renewed_by_the_other"):
        deciding.approve_application(application_id=application.id, by=cast.officer(cast.SUZUKI), at=NOON)
    done = deciding.approve_application(
        application_id=application.id, by=cast.officer(cast.MATSUMOTO), at=NOON
    )
    assert done.state == "approved"
