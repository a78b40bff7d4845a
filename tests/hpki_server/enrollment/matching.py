"""An application that the registry does not plainly match, at every stage of its judgement."""

import datetime as dt

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.registry_match import registry_says
from hpki_server.enrollment.services import asking, matching
from hpki_server.registry.decision_rules import Outcome, Reason
from hpki_server.registry.matching import candidates_of, digest_of
from hpki_server.registry.models import MatchBatch, MatchDecision
from hpki_server.registry.services.deciding import Judgement
from tests import cast
from tests.hpki_server.enrollment import desk


def differing(**registered: object) -> Application:
    """渡邉 applies; the registry has 渡辺."""
    desk.registered(**({"family_name": "渡辺"} | registered))
    return desk.taken_in()


def judgement(application: Application, **changed: object) -> Judgement:
    pair = candidates_of(registry_says(application).answer)[0]
    facts: dict[str, object] = {
        "entry_id": pair.entry.entry_id,
        "outcome": Outcome.SAME_PERSON,
        "reason": Reason.OFFICIAL_VARIANT,
        "note": "免許証の写しは渡邉、登録は渡辺",
        "digest": digest_of(pair),
    } | changed
    return Judgement(**facts)  # type: ignore[arg-type]  # fields by name


def decided(application: Application, *, at: dt.datetime = desk.NOON, **changed: object) -> MatchDecision:
    return matching.decide_match(
        application_id=application.id,
        judgement=judgement(application, **changed),
        by=cast.officer(cast.SATO, at=at),
        at=at,
    )


def confirmed(application: Application, *, at: dt.datetime = desk.NOON, **changed: object) -> MatchDecision:
    decision = decided(application, at=at, **changed)
    return matching.confirm_match(
        application_id=application.id,
        decision_id=decision.id,
        by=cast.officer(cast.SUZUKI, at=at),
        at=at,
    )


def asked() -> MatchBatch:
    """The ministry was asked about one application that nobody here can match."""
    differing()
    return asking.ask_ministry(by=cast.officer(cast.NAKAMURA), at=desk.NOON)
