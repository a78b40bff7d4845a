"""From an approved application to a card in the holder's hand, on the virtual card."""

import dataclasses
import io

import pytest
from pypdf import PdfReader

from hpki_server.authority import ports
from hpki_server.authority.models import Card, PinEnvelope
from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.services import issuing
from hpki_server.enrollment.services.pickup import hand_over_card
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment.desk import NOON, SHOWN, approved, notified, ordered

pytestmark = pytest.mark.django_db(transaction=True)


def issued() -> Application:
    return issuing.issue_card(application_id=ordered().id, by=cast.officer(cast.TANAKA), at=NOON)


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_an_order_freezes_what_the_card_will_say() -> None:
    application = ordered()
    card = Card.objects.get()
    assert application.card == card
    assert (card.family_name, card.given_romaji, card.reference) == ("渡邉", "Hanako", "33-2026-000001")


def test_without_a_ceremony_nothing_is_ordered() -> None:
    application = approved()
    with pytest.raises(Denied) as denied:
        issuing.order_card(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert denied.value.codes == ("no_issuer",)


def test_one_button_fills_the_card_and_a_second_press_is_refused() -> None:
    application = issued()
    assert application.state == "issued"
    assert {str(line.word) for line in queries.certificates_on(Card.objects.get())} == {
        "署名用",
        "認証用",
        "在席用",
    }
    with pytest.raises(Denied) as denied:
        issuing.issue_card(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert denied.value.codes == ("wrong_state",)


def test_the_plug_pulled_after_the_card_was_made_is_mended_by_a_second_press() -> None:
    application = issued()
    Application.objects.filter(id=application.id).update(state="ordered")
    again = issuing.issue_card(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert again.state == "issued"
    assert Card.objects.count() == 1


def test_the_pin_letter_tells_the_pin_once_and_the_envelope_is_empty() -> None:
    application, tanaka = issued(), cast.officer(cast.TANAKA)
    letter = text_of(issuing.print_pin_letter(application_id=application.id, by=tanaka, at=NOON))
    card_id = Card.objects.get().card_id
    assert card_id in letter
    assert bytes(PinEnvelope.objects.get().sealed) == b""
    with pytest.raises(Denied) as denied:
        issuing.print_pin_letter(application_id=application.id, by=tanaka, at=NOON)
    assert denied.value.codes == ("pin_letter_printed_before",)


def test_the_postcard_travels_open_and_says_no_more_than_it_must() -> None:
    application = issued()
    card = text_of(
        issuing.print_postcard(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)
    )
    assert "33-2026-000001" in card
    assert "470123" not in card
    assert "昭和" not in card


def test_nothing_is_sent_before_both_letters_are_printed() -> None:
    application = issued()
    with pytest.raises(Denied) as denied:
        issuing.record_notified(application_id=application.id, by=cast.officer(cast.TANAKA), at=NOON)
    assert denied.value.codes == ("postcard_not_printed", "pin_letter_not_printed")


def test_without_the_offices_address_no_letter_and_no_lost_pin() -> None:
    application, tanaka = issued(), cast.officer(cast.TANAKA)
    cast.organisation("centre").office.delete()
    with pytest.raises(Denied) as denied:
        issuing.print_pin_letter(application_id=application.id, by=tanaka, at=NOON)
    assert denied.value.codes == ("office_address_missing",)
    assert bytes(PinEnvelope.objects.get().sealed) != b""


def test_hanako_takes_her_card_home_after_it_answered() -> None:
    application = notified()
    done = hand_over_card(
        application_id=application.id, shown=SHOWN, by=cast.officer(cast.TAKAHASHI), at=NOON
    )
    assert done.state == "active"
    assert Card.objects.get().state == "active"
    line = AuditLine.objects.get(act="application:hand-over")
    assert line.facts() == {
        "identity": "driving-licence",
        "number": "33-2026-000001",
        "state": "active",
    }


def test_a_proxy_gets_no_card_and_the_card_is_not_even_asked() -> None:
    application = notified()
    proxy = dataclasses.replace(SHOWN, in_person=False)
    with pytest.raises(Denied) as denied:
        hand_over_card(application_id=application.id, shown=proxy, by=cast.officer(cast.TAKAHASHI), at=NOON)
    assert denied.value.codes == ("not_in_person",)
    assert not AuditLine.objects.filter(act="card:challenge").exists()


def test_another_associations_desk_hands_nothing_over() -> None:
    application = notified()
    with pytest.raises(Denied) as denied:
        hand_over_card(application_id=application.id, shown=SHOWN, by=cast.officer(cast.OSAKA_CLERK), at=NOON)
    assert denied.value.codes == ("no_duty",)


def test_a_wrong_card_on_the_reader_stays_where_it_is() -> None:
    application = notified()
    # A blank card lies on the reader instead.
    ports.virtual_card_path(Card.objects.get().card_id).unlink()
    with pytest.raises(Denied):
        hand_over_card(application_id=application.id, shown=SHOWN, by=cast.officer(cast.TAKAHASHI), at=NOON)
    application.refresh_from_db()
    assert application.state == "notified"
