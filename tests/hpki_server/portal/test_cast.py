"""The demonstration's people: whatever takes two officers can be done by two of them."""

from hpki_server.people import dual_control
from hpki_server.portal.story import cast


def test_every_act_that_takes_two_officers_has_two_in_the_cast() -> None:
    acts = dual_control.acts()
    assert {"application:change-kind", "registry:confirm-disposition", "audit:export"} <= {
        act.name for act in acts
    }
    for act in acts:
        confirm = {one.key for one in cast.CAST if act.duty in {duty for duty, _place in one.duties}}
        propose = {
            one.key
            for one in cast.CAST
            if (act.proposers or {act.duty}) & {duty for duty, _place in one.duties}
        }
        assert any(first != second for first in propose for second in confirm), act.name
