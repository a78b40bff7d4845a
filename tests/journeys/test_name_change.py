"""花子 marries: the register has her new name, and so has the card that takes the old one's place."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from hpki_server.authority.models import Card
from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application
from hpki_server.enrollment.printing import notice_postcard
from hpki_server.enrollment.rules import Need, Part
from hpki_server.lifecycle.events import LifeEvent
from hpki_server.lifecycle.services import renewing
from hpki_server.people.denial import Denied
from hpki_server.registry.indexing import index_entry
from hpki_server.registry.models import RegistryEntry
from tests import cast
from tests.hpki_server.lifecycle import stage, walking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_place")]
MARRIED = stage.NOON + dt.timedelta(days=300)


def test_from_the_new_name_to_the_new_card() -> None:
    card = stage.hanakos_card()
    remote = stage.remote_for(card)
    entry = RegistryEntry.objects.get(number="470123")
    entry.family_name = "佐々木"
    entry.save()
    index_entry(entry)
    application = renewing.begin_replacement(
        card_id=card.id, event=LifeEvent.NAME_CHANGE, by=cast.account(cast.HANAKO), at=MARRIED
    )
    asked = {item.part for item in queries.checklist_of(application, MARRIED.date()) if item.need is Need.NOW}
    # The licence of the new name and the family register that links both names, beside what every case brings.
    assert asked == {
        Part.PHOTO,
        Part.LICENCE,
        Part.IDENTITY,
        Part.RESIDENCE,
        Part.FAMILY_REGISTER,
    }
    with pytest.raises(Denied) as denied:
        walking.handed_in(application, at=MARRIED)
    assert denied.value.codes == ("name_unchanged",)
    new = walking.through(
        application,
        at=MARRIED,
        family_name="佐々木",
        family_kana="ササキ",
        family_romaji="Sasaki",
    )
    # Without the old card the desk hands nothing over, so the postcard says that it is brought.
    postcard = PdfReader(io.BytesIO(notice_postcard(Application.objects.get(id=application.id), at=MARRIED)))
    assert len(postcard.pages) == 2
    assert "これまでの医師資格証" in postcard.pages[1].extract_text()
    assert (new.state, new.family_name, new.given_name) == (Card.State.ACTIVE, "佐々木", "花子")
    card.refresh_from_db()
    # The old card stays in the record as it was printed.
    assert (card.state, card.family_name) == (Card.State.STOPPED, "渡邉")
    # The person's certificates changed their content; the presence key names the card only.
    assert stage.reasons(card) == {
        "SIGNING": "affiliationChanged",
        "AUTHENTICATION": "affiliationChanged",
        "PRESENCE": "superseded",
    }
    # What was made for remote use while cards were short says the old name as well.
    assert stage.reasons(remote) == dict.fromkeys(("SIGNING", "AUTHENTICATION"), "affiliationChanged")
