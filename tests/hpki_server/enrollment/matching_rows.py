"""The permission table's rows for judging a match and for the exchange with the ministry."""

from collections.abc import Mapping

from hpki_server.people.duties import Duty
from tests.hpki_server.access_rows import Row, officers
from tests.hpki_server.enrollment import matching


def an_application() -> Mapping[str, object]:
    return {"application_id": matching.differing().id}


def a_decision() -> Mapping[str, object]:
    application = matching.differing()
    return {"application_id": application.id, "decision_id": matching.decided(application).id}


def a_batch() -> Mapping[str, object]:
    return {"sequence": matching.asked().sequence}


JUDGING = officers(Duty.VETTING, Duty.APPROVAL)
KEEPING = officers(Duty.REGISTRY)
ROWS = [
    Row("enrollment:judgements", JUDGING),
    Row("enrollment:match", JUDGING, an_application, post=422),
    Row("enrollment:confirm-match", JUDGING, a_decision, get=405, post=302),
    Row("enrollment:refuse-match", JUDGING, a_decision, get=405, post=302),
    Row("enrollment:exchanges", KEEPING, post=200),
    Row("enrollment:ask-ministry", KEEPING, get=405, post=302),
    Row("enrollment:batch", KEEPING, lambda: {**a_batch(), "encoding": "utf-8-sig"}),
    Row("enrollment:unmappable", KEEPING, a_batch),
]
