"""What the registry does not plainly match is judged by two officers, with a reason, on the facts they both saw."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from hpki_server.enrollment.models import Application
from hpki_server.enrollment.registry_match import registry_says
from hpki_server.enrollment.rules import Part, ReturnReason
from hpki_server.enrollment.services import applying, deciding, filling_in
from hpki_server.enrollment.services import matching as services
from hpki_server.people.denial import Denied
from hpki_server.people.models import AuditLine
from hpki_server.registry.decision_rules import Outcome, Reason
from hpki_server.registry.matching import CannotDecide, NotFound
from hpki_server.registry.models import MatchDecision, RegistryEntry
from tests import cast
from tests.hpki_server.enrollment import desk, matching

pytestmark = pytest.mark.django_db
LATER = desk.NOON + dt.timedelta(hours=1)


def vet(application: Application) -> Application:
    officer = cast.officer(cast.SATO)
    return deciding.record_vetting(
        application_id=application.id, papers=desk.ALL_FIT, by=officer, at=desk.NOON
    )


def approve(application: Application) -> Application:
    officer = cast.officer(cast.SUZUKI)
    return deciding.approve_application(application_id=application.id, by=officer, at=desk.NOON)


def codes(denied: pytest.ExceptionInfo[Denied]) -> tuple[str, ...]:
    return denied.value.codes


def test_a_variant_alone_is_no_match_and_keeps_the_application_from_vetting() -> None:
    application = matching.differing()
    with pytest.raises(Denied) as denied:
        vet(application)
    assert codes(denied) == ("registry_disagrees",)


def test_two_officers_and_a_reason_open_the_way() -> None:
    application = matching.differing()
    decision = matching.confirmed(application)
    assert (decision.state, decision.outcome) == ("confirmed", "same-person")
    assert decision.decided_by != decision.confirmed_by
    approved = approve(vet(application))
    assert approved.registry_entry == RegistryEntry.objects.get()
    acts = ("registry:decide-match", "registry:confirm-match")
    assert [line.act for line in AuditLine.objects.filter(act__in=acts).order_by("sequence")] == list(acts)
    facts = AuditLine.objects.get(act="registry:confirm-match").facts()
    assert facts["reference"] == application.number
    assert "渡" not in str(facts)


def test_one_officers_judgement_opens_nothing() -> None:
    application = matching.differing()
    matching.decided(application)
    assert registry_says(application).waits_for_second
    with pytest.raises(Denied, match="registry_disagrees"):
        vet(application)


def test_the_officer_who_decided_cannot_confirm_nor_refuse() -> None:
    application = matching.differing()
    decision = matching.decided(application)
    for act in (services.confirm_match, services.refuse_match):
        with pytest.raises(Denied) as denied:
            act(
                application_id=application.id,
                decision_id=decision.id,
                by=cast.officer(cast.SATO),
                at=LATER,
            )
        assert "same_officer" in codes(denied)


def test_the_table_itself_refuses_one_pair_of_eyes() -> None:
    application = matching.differing()
    decision = matching.decided(application)
    with pytest.raises(IntegrityError), transaction.atomic():
        MatchDecision.objects.filter(id=decision.id).update(
            state="confirmed", confirmed_by=decision.decided_by
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        MatchDecision.objects.filter(id=decision.id).update(
            state="confirmed", confirmed_by=application.applicant_id
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        MatchDecision.objects.filter(id=decision.id).update(state="confirmed")


@pytest.mark.parametrize("role", [cast.TAKAHASHI, cast.TANAKA, cast.NAKAMURA, cast.IDLE])
def test_officers_without_the_duty_judge_nothing(role: cast.Role) -> None:
    application = matching.differing()
    with pytest.raises(Denied, match="no_duty"):
        services.decide_match(
            application_id=application.id,
            judgement=matching.judgement(application),
            by=cast.officer(role),
            at=desk.NOON,
        )


def test_the_second_officers_no_leaves_the_case_undecided() -> None:
    application = matching.differing()
    decision = matching.decided(application)
    refused = services.refuse_match(
        application_id=application.id, decision_id=decision.id, by=cast.officer(cast.SUZUKI), at=LATER
    )
    assert refused.state == "refused"
    with pytest.raises(Denied, match="registry_disagrees"):
        vet(application)
    again = matching.confirmed(application, at=LATER)
    assert again.id != decision.id
    vet(application)


def test_a_better_judgement_takes_the_place_of_ones_own() -> None:
    application = matching.differing()
    first = matching.decided(application)
    second = matching.decided(application, at=LATER, reason=Reason.LICENCE)
    assert MatchDecision.objects.get(id=first.id).state == "withdrawn"
    assert registry_says(application).decision == second


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"reason": None}, "reason_missing"),
        ({"reason": Reason.NOT_THE_PERSON}, "reason_unfit"),
        ({"outcome": Outcome.OTHER_PERSON}, "reason_unfit"),
        ({"reason": Reason.FAMILY_REGISTER}, "register_paper_missing"),
        ({"entry_id": uuid.UUID(int=9)}, "entry_no_candidate"),
        ({"digest": "0" * 64}, "facts_changed"),
    ],
)
def test_a_judgement_has_to_fit(changes: dict[str, object], code: str) -> None:
    application = matching.differing()
    with pytest.raises(Denied) as denied:
        matching.decided(application, **changes)  # type: ignore[arg-type]  # fields by name
    assert code in codes(denied)


def test_variants_are_no_reason_when_more_differs() -> None:
    application = matching.differing(born_on=dt.date(1984, 5, 18))
    with pytest.raises(Denied, match="more_than_variants_differ"):
        matching.decided(application)
    matching.confirmed(application, reason=Reason.REGISTRY_ERROR)
    vet(application)


def test_a_change_of_the_registry_ends_the_judgement() -> None:
    application = matching.differing()
    decision = matching.decided(application)
    RegistryEntry.objects.update(family_name="渡邊")
    with pytest.raises(Denied, match="facts_changed"):
        services.confirm_match(
            application_id=application.id,
            decision_id=decision.id,
            by=cast.officer(cast.SUZUKI),
            at=LATER,
        )
    MatchDecision.objects.all().delete()
    matching.confirmed(application)
    vetted = vet(application)
    RegistryEntry.objects.update(family_name="渡部")
    with pytest.raises(Denied, match="registry_disagrees"):
        approve(vetted)


def test_found_to_be_somebody_else_it_stays_closed() -> None:
    application = matching.differing()
    matching.confirmed(application, outcome=Outcome.OTHER_PERSON, reason=Reason.NOT_THE_PERSON)
    with pytest.raises(Denied, match="registry_disagrees"):
        vet(application)


def test_what_cannot_be_decided_asks_for_the_family_register_and_is_decided_with_it() -> None:
    application = matching.differing(family_name="山田")
    assert isinstance(registry_says(application).answer, CannotDecide)
    with pytest.raises(Denied, match="register_paper_missing"):
        matching.decided(application, reason=Reason.LICENCE)
    deciding.return_application(
        application_id=application.id,
        reasons=frozenset({ReturnReason.REGISTRY_UNDECIDED}),
        note="",
        by=cast.officer(cast.SATO),
        at=desk.NOON,
    )
    hanako = cast.account(cast.HANAKO)
    filling_in.hand_in_copy(
        application_id=application.id,
        part=Part.FAMILY_REGISTER,
        content=desk.picture((1200, 900)),
        by=hanako,
        at=LATER,
    )
    back = applying.resubmit_application(application_id=application.id, by=hanako, at=LATER)
    if back.state == "submitted":
        clerk = cast.officer(cast.TAKAHASHI)
        back = deciding.take_in(application_id=application.id, originals=desk.ORIGINALS, by=clerk, at=LATER)
    matching.confirmed(back, at=LATER, reason=Reason.FAMILY_REGISTER)
    vet(back)


def test_who_is_in_no_registry_cannot_be_decided_upon() -> None:
    application = desk.taken_in()
    says = registry_says(application)
    assert isinstance(says.answer, NotFound)
    with pytest.raises(Denied, match="registry_disagrees"):
        vet(application)


def test_an_application_out_of_the_centres_hands_is_not_judged() -> None:
    desk.registered(family_name="渡辺")
    application = desk.submitted()
    with pytest.raises(Denied, match="not_in_vetting"):
        matching.decided(application)


def test_the_pages_lead_two_officers_through() -> None:
    application = matching.differing()
    sato, suzuki = cast.signed_in(cast.SATO), cast.signed_in(cast.SUZUKI)
    url = f"/cases/{application.id}/match/"
    page = sato.get(f"/vetting/{application.id}/").text
    assert url in page
    page = sato.get(url).text
    assert "異体字" in page
    assert "U+9089" in page
    pair = matching.judgement(application)
    entry = f"{pair.entry_id}:{pair.digest}"
    wrong = sato.post(url, {"entry": entry, "outcome": "same-person", "reason": "family-register"})
    assert wrong.status_code == 422
    assert "戸籍謄（抄）本がまだありません" in wrong.text
    sent = sato.post(url, {"entry": entry, "outcome": "same-person", "reason": "official-variant"})
    assert sent.status_code == 302
    assert "別の担当者の確認を待っています" in sato.get(url).text
    decision = MatchDecision.objects.get()
    asked = suzuki.get(url).text
    assert "この判断を確認してください" in asked
    own = sato.post(f"{url}{decision.id}/confirm/", follow=True).text
    assert "判断した担当者は確認できません" in own
    assert "判断を確認しました" in suzuki.post(f"{url}{decision.id}/confirm/", follow=True).text
    assert "二人の担当者が本人の登録と判断" in sato.get(f"/vetting/{application.id}/").text
    assert "判断を記録する" not in sato.get(url).text


def test_a_decision_of_another_case_is_none_of_this_one() -> None:
    application = matching.differing()
    url = f"/cases/{application.id}/match/{uuid.uuid4()}/confirm/"
    assert cast.signed_in(cast.SUZUKI).post(url).status_code == 404


def test_the_second_officer_finds_what_waits_and_sees_the_papers_only_then() -> None:
    application = matching.differing()
    sato, suzuki = cast.signed_in(cast.SATO), cast.signed_in(cast.SUZUKI)
    licence = f"/cases/{application.id}/licence"
    assert suzuki.get(licence).status_code == 404
    assert "確認を待っている判断はありません" in suzuki.get("/judgements/").text
    decision = matching.decided(application)
    assert suzuki.get(licence).status_code == 200
    assert str(application.number) in suzuki.get("/judgements/").text
    assert "別の担当者の確認を待っています" in suzuki.get("/approval/").text
    # Nobody is asked to confirm the own judgement.
    assert "確認を待っている判断はありません" in sato.get("/judgements/").text
    assert "別の担当者の確認を待っています" not in sato.get("/vetting/").text
    suzuki.post(f"/cases/{application.id}/match/{decision.id}/confirm/")
    assert "確認を待っている判断はありません" in suzuki.get("/judgements/").text
    assert suzuki.get(licence).status_code == 404
