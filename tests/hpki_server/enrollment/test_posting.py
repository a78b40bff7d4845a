"""Days of posting: postcard and PIN letter never in one letter box on one day, recorded by the pile, corrected with a reason."""

import datetime as dt
from collections.abc import Callable

import pytest
from django.urls import reverse

from hpki_server.authority.production_rules import ScrapReason
from hpki_server.enrollment.models import Application, LetterPosting
from hpki_server.enrollment.rules import CaseKind, Letter, Posted
from hpki_server.enrollment.services import issuing, letters, posting, production
from hpki_server.enrollment.services.posting import Correction, Pile
from hpki_server.enrollment.services.record import day_of
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import desk, many
from tests.hpki_server.enrollment.desk import LETTERS_APART, NOON, post

pytestmark = pytest.mark.django_db
LATER = NOON + LETTERS_APART
Reason = LetterPosting.Reason


@pytest.fixture(autouse=True)
def issuers() -> None:
    stage.hierarchy()
    desk.offices()


def printed(count: int = 1, **changed: object) -> list[Application]:
    """Both letters lie in their trays: the postcard was printed two days later."""
    made = many.ordered(count, at=NOON - dt.timedelta(hours=1), **changed)  # type: ignore[arg-type]  # columns by name
    for one in made:
        lay_ready(one)
    return made


def lay_ready(made: Application) -> None:
    """Card and letters as their own tests make them; here only the letters' days count."""
    made.state, made.state_since, made.pin_letter_printed_at = "issued", NOON, NOON
    made.postcard_printed_at = None if made.kind == CaseKind.EMERGENCY else LATER
    made.save()


def refused(act: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(Denied) as denied:
        act()
    return denied.value.codes


def corrected(reason: LetterPosting.Reason, day: dt.date | None, *, at: dt.datetime = LATER) -> None:
    wrong = LetterPosting.objects.get(ended_at__isnull=True)
    posting.correct_posting(Correction(wrong.id, reason, day), by=cast.officer(cast.TANAKA), at=at)


def test_a_pile_is_recorded_at_once_with_one_line_for_each_letter() -> None:
    made = printed(2)
    assert post(Letter.PIN_LETTER, *made, at=NOON) == 2
    lines = AuditLine.objects.filter(act="application:post-letter").order_by("sequence")
    assert [line.facts() for line in lines] == [
        {"letter": "pin-letter", "number": one.number, "posted_on": "2026-11-04"}
        for one in sorted(made, key=lambda one: one.id)
    ]
    assert not posting.unposted(Letter.PIN_LETTER).exists()
    assert posting.unposted(Letter.POSTCARD).count() == 2


def test_the_other_letter_is_not_posted_on_the_same_day_whatever_day_it_was_printed_on() -> None:
    """Printed two days apart, and both carried to the letter box on the second day."""
    made = printed(2)
    post(Letter.PIN_LETTER, made[0], at=LATER)
    assert refused(lambda: post(Letter.POSTCARD, *made, at=LATER)) == ("posted_too_close",)
    assert LetterPosting.objects.count() == 1, "the pile or nothing"
    next_day = LATER + dt.timedelta(days=1)
    with pytest.raises(Denied) as denied:
        post(Letter.POSTCARD, made[0], at=next_day)
    assert str(denied.value.denials[0].sentence).startswith(f"{made[0].number}：")
    assert post(Letter.POSTCARD, *made, at=LATER + LETTERS_APART) == 2


def test_the_rule_counts_backwards_too() -> None:
    [made] = printed()
    post(Letter.POSTCARD, made, at=LATER + dt.timedelta(days=1))
    pile = Pile(Posted(Letter.PIN_LETTER, day_of(LATER)), frozenset({made.id}))
    tanaka = cast.officer(cast.TANAKA)
    assert refused(lambda: posting.record_posted(pile, by=tanaka, at=LATER + LETTERS_APART)) == (
        "posted_too_close",
    )


def test_nothing_is_on_its_way_before_both_were_posted() -> None:
    [made] = printed()
    tanaka = cast.officer(cast.TANAKA)
    post(Letter.PIN_LETTER, made, at=NOON)

    def notify() -> Application:
        return issuing.record_notified(application_id=made.id, by=tanaka, at=LATER)

    assert refused(notify) == ("letters_not_posted",)
    assert letters.count_sendable() == 0
    post(Letter.POSTCARD, made, at=LATER)
    assert letters.count_sendable() == 1
    assert notify().state == "notified"


def test_codes_are_read_from_the_envelopes_and_a_code_read_twice_is_one_letter() -> None:
    [made] = printed()
    tanaka = cast.officer(cast.TANAKA)
    posted = Posted(Letter.PIN_LETTER, day_of(NOON))
    read = Pile(posted, numbers=(str(made.number), f" {made.number}", "33-2026-777777"))
    assert refused(lambda: posting.record_posted(read, by=tanaka, at=NOON)) == ("not_waiting",)
    assert posting.record_posted(Pile(posted, numbers=read.numbers[:2]), by=tanaka, at=NOON) == 1
    again = Pile(posted, numbers=read.numbers[:1])
    assert refused(lambda: posting.record_posted(again, by=tanaka, at=NOON)) == ("posted_already",)
    assert refused(lambda: posting.record_posted(Pile(posted), by=tanaka, at=NOON)) == ("nothing_posted",)


def test_no_day_to_come_and_none_before_the_letter_was_there() -> None:
    [made] = printed()
    tanaka = cast.officer(cast.TANAKA)
    for day, code in ((5, "posted_in_future"), (3, "letter_not_printed")):
        pile = Pile(Posted(Letter.PIN_LETTER, dt.date(2026, 11, day)), frozenset({made.id}))
        with pytest.raises(Denied) as denied:
            posting.record_posted(pile, by=tanaka, at=NOON)
        assert denied.value.codes == (code,)


def test_nobody_else_records_or_corrects() -> None:
    [made] = printed()
    pile = Pile(Posted(Letter.PIN_LETTER, day_of(NOON)), frozenset({made.id}))
    assert refused(lambda: posting.record_posted(pile, by=cast.officer(cast.SATO), at=NOON)) == ("no_duty",)
    post(Letter.PIN_LETTER, made, at=NOON)
    correction = Correction(LetterPosting.objects.get().id, Reason.NOT_POSTED, None)
    sato = cast.officer(cast.SATO)
    assert refused(lambda: posting.correct_posting(correction, by=sato, at=NOON)) == ("no_duty",)


def test_a_wrong_day_is_corrected_with_a_reason_and_the_first_record_stays() -> None:
    [made] = printed()
    post(Letter.PIN_LETTER, made, at=NOON)
    assert refused(lambda: corrected(Reason.WRONG_DAY, None)) == ("day_missing",)
    corrected(Reason.WRONG_DAY, dt.date(2026, 11, 5))
    assert list(LetterPosting.objects.order_by("id").values_list("posted_on", "ended_reason")) == [
        (dt.date(2026, 11, 4), "wrong-day"),
        (dt.date(2026, 11, 5), ""),
    ]
    assert AuditLine.objects.get(act="application:correct-posting").facts() == {
        "letter": "pin-letter",
        "number": made.number,
        "posted_on": "2026-11-05",
        "reason": "wrong-day",
        "was": "2026-11-04",
    }
    first = LetterPosting.objects.earliest("id")
    again = Correction(first.id, Reason.NOT_POSTED, None)
    tanaka = cast.officer(cast.TANAKA)
    assert refused(lambda: posting.correct_posting(again, by=tanaka, at=LATER)) == ("already_corrected",)


def test_a_correction_obeys_the_rule_of_days_and_what_was_not_posted_waits_again() -> None:
    [made] = printed()
    post(Letter.PIN_LETTER, made, at=NOON)
    post(Letter.POSTCARD, made, at=LATER)
    wrong = LetterPosting.objects.get(kind="pin-letter")
    tanaka = cast.officer(cast.TANAKA)
    too_close = Correction(wrong.id, Reason.WRONG_DAY, dt.date(2026, 11, 5))
    assert refused(lambda: posting.correct_posting(too_close, by=tanaka, at=LATER)) == ("posted_too_close",)
    posting.correct_posting(Correction(wrong.id, Reason.WRONG_LETTER, None), by=tanaka, at=LATER)
    assert list(posting.unposted(Letter.PIN_LETTER)) == [made]


def test_a_spoilt_cards_letters_count_no_more() -> None:
    [made] = printed()
    post(Letter.PIN_LETTER, made, at=LATER)
    tanaka = cast.officer(cast.TANAKA)
    production.scrap_card(application_id=made.id, reason=ScrapReason.PRINT_DEFECT, by=tanaka, at=LATER)
    made.refresh_from_db()
    lay_ready(made)
    assert post(Letter.POSTCARD, made, at=LATER) == 1


def test_an_emergencys_letter_is_handed_over_and_waits_for_no_letter_box() -> None:
    [made] = printed(kind=CaseKind.EMERGENCY.value)
    assert not posting.unposted(Letter.PIN_LETTER).exists()
    notified = issuing.record_notified(application_id=made.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert notified.state == "notified"


def test_the_page_ticks_what_may_go_and_records_it_and_the_holder_sees_the_day() -> None:
    application = desk.notified()
    progress = reverse("enrollment:progress", args=[application.id])
    seen = cast.signed_in(cast.HANAKO).get(progress).content.decode()
    assert "お送りした郵便物" in seen
    assert "令和8年11月2日" in seen
    browser = cast.signed_in(cast.TANAKA)
    wrong = LetterPosting.objects.get(kind="pin-letter")
    case = browser.get(reverse("enrollment:issuing-case", args=[application.id])).content.decode()
    address = reverse("enrollment:correct-posting", args=[wrong.id])
    assert address in case
    assert browser.post(address, {"reason": "wrong-day", "posted_on": ""}).status_code == 422
    assert browser.post(address, {"reason": "not-posted", "posted_on": ""}).status_code == 302
    pile = reverse("enrollment:letters-posted", args=["pin-letter"])
    page = browser.get(pile).content.decode()
    # The postcard of the tests' days went long ago.
    assert f'value="{application.id}" id="letter-{application.id}" checked' in page
    assert browser.post(pile, {"letter": ["x"], "posted_on": "2026-11-02", "numbers": ""}).status_code == 422
    answer = browser.post(pile, {"letter": [str(application.id)], "posted_on": "R8.11.2", "numbers": ""})
    assert answer.status_code == 302
    assert LetterPosting.objects.filter(kind="pin-letter", ended_at__isnull=True).count() == 1


def test_a_code_that_was_read_counts_and_the_list_ticked_beforehand_does_not() -> None:
    made = printed(2)
    typed = {"letter": [str(one.id) for one in made], "posted_on": "2026-11-04", "numbers": made[0].number}
    answer = cast.signed_in(cast.TANAKA).post(
        reverse("enrollment:letters-posted", args=["pin-letter"]), typed
    )
    assert answer.status_code == 302
    assert LetterPosting.objects.get().application_id == made[0].id


def test_a_longer_list_than_one_walk_is_refused_and_never_cut() -> None:
    typed = {"posted_on": "2026-11-04", "numbers": "\n".join(f"33-2026-{one:06}" for one in range(201))}
    answer = cast.signed_in(cast.TANAKA).post(
        reverse("enrollment:letters-posted", args=["pin-letter"]), typed
    )
    assert answer.status_code == 422
    assert "200 通まで" in answer.content.decode()
