"""The permission table's rows for the pages of a card's life."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from hpki.keys.algorithms import KeyAlgorithm
from hpki_server.authority.models import Card
from hpki_server.lifecycle.models import Campaign, LifeCase, Notice, Wave
from hpki_server.lifecycle.services import emergency_papers, reporting
from hpki_server.people.duties import Duty
from hpki_server.registry.models import Disposition as Kept
from tests import cast
from tests.hpki_server.access_rows import Row, applicants, everyone, officers
from tests.hpki_server.lifecycle import stage

NOT_HERS = {"mallory": 404}
OTHER_DESK = {"osaka": 404}
DESKS = officers(Duty.INTAKE, Duty.PICKUP, Duty.REVOKING, Duty.HOLDING)


def held() -> Card:
    shutil.rmtree(Path(settings.VAR) / "cards", ignore_errors=True)
    return stage.hanakos_card()


def card() -> Mapping[str, object]:
    return {"card_id": held().id}


def card_and_event() -> Mapping[str, object]:
    return {"card_id": held().id, "event": "loss"}


def lost() -> LifeCase:
    return reporting.report_loss(card_id=held().id, by=cast.account(cast.HANAKO), at=stage.NOON).case


def case(made: Callable[[], LifeCase]) -> Callable[[], Mapping[str, object]]:
    return lambda: {"case_id": made().id}


def suspended() -> LifeCase:
    return reporting.suspend(card_id=held().id, by=cast.account(cast.HANAKO), at=stage.NOON).case


def damaged() -> LifeCase:
    return reporting.report_damage(card_id=held().id, by=cast.account(cast.HANAKO), at=stage.NOON).case


def a_letter() -> Mapping[str, object]:
    return {"notice_id": Notice.objects.get(case=lost(), channel="page").id}


def campaign() -> Campaign:
    return Campaign.objects.create(
        algorithm=KeyAlgorithm.P_256.value, last_day=dt.date(2028, 6, 30), announced_at=stage.NOON
    )


def wave() -> Mapping[str, object]:
    made = Wave.objects.create(
        campaign=campaign(), number=1, month=dt.date(2027, 1, 1), shares={"33": 1}, cards=1
    )
    return {"wave_id": made.id}


def planned() -> Mapping[str, object]:
    kept = Kept.objects.create(
        qualification="physician",
        number="470999",
        kind="licence-revoked",
        from_on=dt.date(2099, 1, 5),
        recorded_at=stage.NOON,
        recorded_by=str(cast.account(cast.ITO).pk),
    )
    return {"kept_id": kept.id}


def complete() -> Mapping[str, object]:
    """An emergency whose papers are all there; none of them as a copy."""
    made = held()
    emergency = LifeCase.objects.create(
        card=made,
        organisation=made.organisation,
        event="emergency",
        state="papers",
        opened_at=stage.NOON,
        opened_on=stage.NOON.date(),
    )
    clerk = cast.officer(cast.TAKAHASHI)
    return {"proposal_id": emergency_papers.propose_closing(emergency, by=clerk, at=stage.NOON).id}


ROWS = [
    # the holder
    Row("lifecycle:forgotten", everyone(), post=422),
    Row("lifecycle:pin-help", applicants()),
    Row("lifecycle:own-card", applicants(), card, elsewhere=NOT_HERS),
    Row("lifecycle:own-report", applicants(), card_and_event, post=422, elsewhere=NOT_HERS),
    Row("lifecycle:own-suspend", applicants(), card, get=405, post=302, elsewhere=NOT_HERS),
    Row("lifecycle:own-case", applicants(), case(lost), elsewhere=NOT_HERS),
    Row("lifecycle:own-end", applicants(), case(suspended), get=405, post=302, elsewhere=NOT_HERS),
    Row("lifecycle:own-apply", applicants(), case(lost), get=405, post=302, elsewhere=NOT_HERS),
    Row("lifecycle:own-withdraw", applicants(), case(damaged), get=405, post=302, elsewhere=NOT_HERS),
    Row("lifecycle:own-letter", applicants(), a_letter, elsewhere=NOT_HERS),
    # the desk and the hot line
    Row("lifecycle:find", DESKS),
    Row("lifecycle:cases", DESKS),
    Row("lifecycle:card", DESKS, card, post=422, elsewhere=OTHER_DESK),
    Row("lifecycle:suspend", DESKS, card, get=405, post=302, elsewhere=OTHER_DESK),
    Row("lifecycle:case", DESKS, case(lost), post=422, elsewhere=OTHER_DESK),
    Row("lifecycle:end", DESKS, case(suspended), get=405, post=302, elsewhere=OTHER_DESK),
    Row("lifecycle:resume", officers(Duty.REVOKING, Duty.HOLDING), case(suspended), get=405, post=302),
    Row(
        "lifecycle:ask-for-closing",
        officers(Duty.INTAKE, Duty.PICKUP, Duty.REVOKING),
        case(lost),
        get=405,
        post=302,
        elsewhere=OTHER_DESK,
    ),
    Row("lifecycle:withdraw", DESKS, case(damaged), get=405, post=302, elsewhere=OTHER_DESK),
    Row("lifecycle:ending", DESKS),
    Row("lifecycle:apply", officers(Duty.INTAKE), case(lost), get=405, post=302, elsewhere=OTHER_DESK),
    Row(
        "lifecycle:late-paper",
        officers(Duty.INTAKE, Duty.PICKUP),
        lambda: {"case_id": lost().id, "part": "licence"},
        get=404,
    ),
    Row("lifecycle:unblock", officers(Duty.INTAKE, Duty.PICKUP), card, post=422, elsewhere=OTHER_DESK),
    # the centre
    Row("lifecycle:letters", officers(Duty.ISSUING), post=302),
    Row("lifecycle:register", officers(Duty.REGISTRY), post=422),
    Row("lifecycle:withdraw-disposition", officers(Duty.REGISTRY), planned, get=405, post=302),
    Row("lifecycle:closing", officers(Duty.APPROVAL), complete),
    Row(
        "lifecycle:closing-paper",
        officers(Duty.APPROVAL),
        lambda: {**complete(), "part": "licence"},
        get=404,
    ),
    Row("lifecycle:exchanges", officers(Duty.ISSUING), post=422),
    Row("lifecycle:exchange", officers(Duty.ISSUING), lambda: {"campaign_id": campaign().id}, post=422),
    Row(
        "lifecycle:close-exchange",
        officers(Duty.ISSUING),
        lambda: {"campaign_id": campaign().id},
        get=405,
        post=302,
    ),
    Row("lifecycle:notice-wave", officers(Duty.ISSUING), wave, get=405, post=302),
]
