"""Whoever opens an entry, takes a file of requests or a desk's day away is on record, once for each reading."""

import datetime as dt

import pytest
from django.urls import reverse

from hpki_server.enrollment.services import asking, reading
from hpki_server.people import act_words
from hpki_server.people.models import AuditLine
from hpki_server.registry.models import RegistryEntry
from hpki_server.registry.services import reading as registry
from tests import cast
from tests.hpki_server.enrollment import desk

pytestmark = pytest.mark.django_db
NOON = desk.NOON


def lines(act: str) -> list[tuple[str, str]]:
    assert act in act_words.known_acts()
    return list(AuditLine.objects.filter(act=act).order_by("sequence").values_list("by", "subject_id"))


def test_an_entry_that_is_opened_leaves_one_line_and_one_out_of_reach_none() -> None:
    entry = desk.registered()
    nakamura = cast.officer(cast.NAKAMURA)
    for at in (NOON, NOON + dt.timedelta(minutes=29), NOON + dt.timedelta(hours=1)):
        registry.open_entry(entry.pk, by=nakamura, at=at)
    assert lines("registry:open-entry") == [(str(nakamura.account_id), str(entry.pk))] * 2
    with pytest.raises(RegistryEntry.DoesNotExist):
        registry.open_entry(entry.pk, by=cast.officer(cast.SATO), at=NOON)
    assert len(lines("registry:open-entry")) == 2


def test_a_file_for_the_ministry_leaves_its_line_when_it_is_taken() -> None:
    desk.taken_in()
    batch = asking.ask_ministry(by=cast.officer(cast.NAKAMURA), at=NOON)
    client = cast.signed_in(cast.NAKAMURA)
    for _twice in range(2):
        page = client.get(reverse("enrollment:batch", args=[batch.sequence, "utf-8-sig"]))
        assert "渡邉" in page.content.decode("utf-8-sig")
    assert [subject for _by, subject in lines("registry:open-batch")] == [str(batch.pk)]


def test_a_desk_that_takes_its_day_along_says_how_many_people_it_took() -> None:
    desk.submitted()
    clerk = cast.signed_in(cast.TAKAHASHI)
    for _round in range(3):
        assert len(clerk.get("/desk/day.json").json()["cases"]) == 1
    [line] = AuditLine.objects.filter(act=reading.TAKE_DAY)
    assert (line.subject_id, line.facts()) == (str(cast.account(cast.TAKAHASHI).pk), {"cases": 1})
