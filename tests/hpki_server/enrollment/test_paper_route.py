"""The desk types what stands on paper: the same record, the same rules, one line for each act."""

import dataclasses
import io

import pytest
import segno
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from hpki_server.authority.models import Card
from hpki_server.enrollment import printing, queries
from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.rules import CaseKind, Part, State
from hpki_server.enrollment.scanned_codes import new_form_code, read_form_code
from hpki_server.enrollment.services import applying, deciding, holding, matching, paper_route
from hpki_server.enrollment.services.paper_route import PaperForm
from hpki_server.lifecycle.services import reporting, settling
from hpki_server.people.denial import Denied
from hpki_server.people.duties import Duty
from hpki_server.people.models import AuditLine
from tests import cast
from tests.hpki_server.enrollment import desk, paper_desk
from tests.hpki_server.lifecycle import stage as life

pytestmark = pytest.mark.django_db


def picture_of(text: str) -> SimpleUploadedFile:
    stream = io.BytesIO()
    segno.make(text, error="m", micro=False).save(stream, kind="png", scale=4, border=4)
    sheet = Image.new("RGB", (1000, 700), "white")
    sheet.paste(Image.open(stream).convert("RGB"), (600, 100))
    jpeg = io.BytesIO()
    sheet.save(jpeg, "JPEG")
    return SimpleUploadedFile("scan.jpg", jpeg.getvalue())


def test_the_same_record_by_web_and_by_paper() -> None:
    by_web, by_paper = desk.submitted(), paper_desk.sent()
    apart = {
        "id", "number", "applicant_id", "entered_by_id", "entry_desk_id", "form_code", "email", "typed",
        "_state", "association",
    }  # fmt: skip
    assert {
        name for name, value in vars(by_web).items() if name not in apart and value != vars(by_paper)[name]
    } == set()
    assert by_paper.number == "33-2026-000002"


def test_every_act_on_paper_leaves_one_line_of_the_officer_at_the_desk() -> None:
    application = paper_desk.sent()
    lines = AuditLine.objects.filter(subject_id=str(application.id)).order_by("sequence")
    assert [line.act for line in lines] == [
        "application:start-paper",
        "application:write",
        *["application:hand-in"] * 3,
        "application:submit",
    ]
    assert {line.by for line in lines} == {str(cast.account(cast.TAKAHASHI).pk)}
    assert {line.organisation for line in lines} == {str(cast.organisation("okayama").id)}


def test_a_sheet_scanned_twice_is_one_case() -> None:
    assert paper_desk.begun() == paper_desk.begun()
    assert Application.objects.count() == 1


def test_a_sheet_that_another_desk_typed_is_told_and_not_opened() -> None:
    paper_desk.begun()
    osaka = PaperForm(desk_id=cast.organisation("osaka").id, form_code=paper_desk.CODE)
    with pytest.raises(Denied) as denied:
        paper_route.start_paper_application(form=osaka, by=cast.officer(cast.OSAKA_CLERK), at=desk.NOON)
    assert denied.value.codes == ("form_elsewhere",)


def test_whoever_holds_no_intake_types_nothing() -> None:
    with pytest.raises(Denied) as denied:
        paper_route.start_paper_application(form=paper_desk.sheet(), by=cast.officer(cast.SATO), at=desk.NOON)
    assert denied.value.codes == ("no_duty",)
    application = paper_desk.typed()
    for role in (cast.OSAKA_CLERK, cast.SATO):
        with pytest.raises(Denied):
            applying.submit_application(application_id=application.id, by=cast.officer(role), at=desk.NOON)


def test_a_code_with_a_wrong_digit_is_told() -> None:
    with pytest.raises(Denied) as denied:
        paper_desk.begun(code="F12345678901245")
    assert denied.value.codes == ("code_unreadable",)


def test_what_is_missing_on_paper_is_missing_here_too() -> None:
    application = paper_desk.begun()
    with pytest.raises(Denied) as denied:
        applying.submit_application(
            application_id=application.id, by=cast.officer(cast.TAKAHASHI), at=desk.NOON
        )
    assert set(denied.value.codes) == {
        "entries_incomplete",
        "photo_missing",
        "licence_missing",
        "identity_missing",
    }


def test_the_desk_that_typed_takes_in_and_two_others_decide() -> None:
    desk.registered()
    application = paper_desk.sent()
    clerk, sato, suzuki = (cast.officer(role) for role in (cast.TAKAHASHI, cast.SATO, cast.SUZUKI))
    deciding.take_in(application_id=application.id, originals=desk.ORIGINALS, by=clerk, at=desk.NOON)
    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=sato, at=desk.NOON)
    agreed = deciding.approve_application(application_id=application.id, by=suzuki, at=desk.NOON)
    assert agreed.state == State.APPROVED
    assert agreed.applicant is None


def test_whoever_typed_one_line_of_a_sheet_decides_nothing_about_it() -> None:
    desk.registered()
    application = paper_desk.typed()
    second = cast.officer(cast.SATO)
    okayama, centre = cast.organisation("okayama").id, cast.organisation("centre").id
    duties = {(Duty.INTAKE, okayama), (Duty.VETTING, centre), (Duty.APPROVAL, centre)}
    second = dataclasses.replace(second, duties=frozenset(duties))
    clerk = cast.officer(cast.TAKAHASHI)
    applying.keep_typed(application_id=application.id, typed=application.typed, by=second)
    applying.submit_application(application_id=application.id, by=clerk, at=desk.NOON)
    deciding.take_in(application_id=application.id, originals=desk.ORIGINALS, by=clerk, at=desk.NOON)
    with pytest.raises(Denied) as denied:
        deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=second, at=desk.NOON)
    assert denied.value.codes == ("entered_by_same_officer",)
    assert holding.take_next(duty=Duty.VETTING, by=second, at=desk.NOON) is None
    assert matching.question_of(application, second).entered_by == second.account_id
    kato, suzuki = cast.officer(cast.KATO), cast.officer(cast.SUZUKI)
    kato = dataclasses.replace(kato, duties=frozenset({(Duty.VETTING, centre)}))
    deciding.record_vetting(application_id=application.id, papers=desk.ALL_FIT, by=kato, at=desk.NOON)
    with pytest.raises(Denied) as denied:
        deciding.approve_application(application_id=application.id, by=second, at=desk.NOON)
    assert denied.value.codes == ("entered_by_same_officer",)
    deciding.approve_application(application_id=application.id, by=suzuki, at=desk.NOON)


def test_a_printed_draft_is_taken_over_by_the_desk_to_which_it_is_brought() -> None:
    hanako = cast.account(cast.HANAKO)
    application = desk.draft()
    coded = paper_route.give_form_code(application_id=application.id, by=hanako, at=desk.NOON)
    assert read_form_code(coded.form_code or "") == coded.form_code
    assert printing.application_form(coded, at=desk.NOON).startswith(b"%PDF")
    sheet = PaperForm(desk_id=cast.organisation("okayama").id, form_code=coded.form_code or "")
    clerk = cast.officer(cast.TAKAHASHI)
    opened = paper_route.start_paper_application(form=sheet, by=clerk, at=desk.NOON)
    assert opened.id == application.id
    assert AuditLine.objects.filter(act="application:take-over").count() == 1
    sent = applying.submit_application(application_id=application.id, by=clerk, at=desk.NOON)
    # Her account shows it as before.
    assert queries.own_application(hanako, sent.id).state == State.SUBMITTED
    with pytest.raises(Denied) as denied:
        paper_route.give_form_code(application_id=application.id, by=hanako, at=desk.NOON)
    assert denied.value.codes == ("form_sent",)


def test_a_sheet_for_an_earlier_card_shows_in_its_holder_s_account() -> None:
    card = life.hanakos_card()
    form = PaperForm(
        desk_id=cast.organisation("okayama").id,
        kind=CaseKind.REISSUE_DAMAGE,
        replaces=Card.objects.get(id=card.id),
    )
    clerk = cast.officer(cast.TAKAHASHI)
    application = paper_route.start_paper_application(form=form, by=clerk, at=desk.NOON)
    assert application.applicant == cast.account(cast.HANAKO)
    assert application.typed["family_name"] == "渡邉"
    line = AuditLine.objects.get(act="application:start-paper")
    assert line.facts() == {"state": "draft", "card_id": card.card_id}
    with pytest.raises(Denied) as denied:
        paper_route.start_paper_application(form=form, by=clerk, at=desk.NOON)
    assert denied.value.codes == ("new_card_under_way",)


def test_no_desk_opens_the_entries_of_another_desk_s_card_and_it_does_not_learn_that_there_is_one() -> None:
    card = life.hanakos_card()
    page, osaka = reverse("enrollment:paper-forms"), cast.organisation("osaka").id
    for number in (card.card_id, "99-9999999-9"):
        fields = {"desk": osaka, "kind": "reissue-damage", "card_id": number}
        answer = cast.signed_in(cast.OSAKA_CLERK).post(page, fields)
        assert answer.status_code == 422
        assert "この番号のカードはありません" in answer.text
        assert "渡邉" not in answer.text
    form = PaperForm(desk_id=osaka, kind=CaseKind.REISSUE_DAMAGE, replaces=card)
    with pytest.raises(Denied) as denied:
        paper_route.start_paper_application(form=form, by=cast.officer(cast.OSAKA_CLERK), at=desk.NOON)
    assert denied.value.codes == ("no_such_card",)
    assert not Application.objects.filter(replaces=card).exists()
    fields = {"desk": cast.organisation("okayama").id, "kind": "reissue-damage", "card_id": card.card_id}
    assert cast.signed_in(cast.TAKAHASHI).post(page, fields).status_code == 302


def begun_for(card: Card, kind: CaseKind) -> tuple[str, ...]:
    """The codes of what a sheet of this kind is refused for; empty where it begins."""
    form = PaperForm(desk_id=cast.organisation("okayama").id, kind=kind, replaces=card)
    try:
        paper_route.start_paper_application(form=form, by=cast.officer(cast.TAKAHASHI), at=desk.NOON)
    except Denied as denied:
        return denied.codes
    return ()


def test_a_sheet_asks_the_rules_that_the_card_s_own_page_asks() -> None:
    card = life.hanakos_card()
    assert begun_for(card, CaseKind.RENEWAL) == ("renewal_too_early",)
    assert begun_for(card, CaseKind.FIRST) == ("renewal_too_early",)
    suspended = reporting.suspend(card_id=card.id, by=cast.officer(cast.TAKAHASHI), at=desk.NOON)
    assert begun_for(card, CaseKind.REISSUE_DAMAGE) == ("card_held",)
    assert begun_for(card, CaseKind.REISSUE_LOSS) == ("already_reported",)
    settling.end_held(case_id=suspended.case.id, by=cast.officer(cast.TAKAHASHI), at=desk.NOON)
    assert "card_ended" in begun_for(card, CaseKind.REISSUE_LOSS)
    # The card's own page has opened the case and goes on from there.
    begun = settling.apply_for_new_card(
        case_id=suspended.case.id, by=cast.officer(cast.TAKAHASHI), at=desk.NOON
    )
    assert begun.kind == CaseKind.REISSUE_LOSS


def test_the_reverse_of_a_card_is_struck_out_at_once_and_the_case_waits_for_the_front() -> None:
    application = desk.submitted()
    clerk = cast.officer(cast.TAKAHASHI)
    digest = ApplicationPaper.objects.get(kind="identity").sha256
    paper_route.strike_out_reverse_side(
        application_id=application.id, part=Part.IDENTITY, by=clerk, at=desk.NOON
    )
    assert not ApplicationPaper.objects.filter(kind="identity").exists()
    line = AuditLine.objects.get(act="application:strike-out")
    assert line.facts() == {"part": "identity", "reason": "reverse-side", "sha256": digest}
    with pytest.raises(Denied) as denied:
        deciding.take_in(application_id=application.id, originals=desk.ORIGINALS, by=clerk, at=desk.NOON)
    assert "copies_gone" in denied.value.codes
    with pytest.raises(Denied):
        paper_route.strike_out_reverse_side(
            application_id=application.id, part=Part.LICENCE, by=cast.officer(cast.OSAKA_CLERK), at=desk.NOON
        )


# Pages


def test_a_scanned_code_opens_its_sheet_and_a_number_its_case() -> None:
    clerk = cast.signed_in(cast.TAKAHASHI)
    forms = reverse("enrollment:paper-forms")
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in paper_desk.CODE)
    answer = clerk.post(forms, {"code": wide})
    begun = Application.objects.get()
    assert answer.headers["Location"] == reverse("enrollment:paper-entries", args=[begun.pk])
    sent = desk.submitted()
    answer = clerk.post(forms, {"code": sent.number})
    assert answer.headers["Location"] == reverse("enrollment:take-in", args=[sent.pk])
    answer = clerk.post(forms, {"code": "33-2026-999999"})
    assert answer.status_code == 422
    assert "コードを読み取れません" in answer.text


def test_a_scanned_picture_opens_its_sheet() -> None:
    clerk, scan = cast.signed_in(cast.TAKAHASHI), reverse("enrollment:paper-scan")
    answer = clerk.post(scan, {"file": picture_of(paper_desk.CODE)})
    assert answer.status_code == 302
    assert Application.objects.get().form_code == paper_desk.CODE
    empty = SimpleUploadedFile("scan.jpg", desk.picture())
    answer = clerk.post(scan, {"file": empty})
    assert answer.status_code == 422
    assert "コードが見つかりません" in answer.text
    answer = clerk.post(scan, {"file": SimpleUploadedFile("x.jpg", b"GIF89a")})
    assert "JPEG・PNG・PDF のいずれでもありません" in answer.text


def test_a_sheet_begun_by_mistake_is_taken_back() -> None:
    application = paper_desk.begun()
    clerk = cast.signed_in(cast.TAKAHASHI)
    assert "取り下げる" in clerk.get(reverse("enrollment:paper-forms")).text
    clerk.post(reverse("enrollment:paper-withdraw", args=[application.pk]))
    application.refresh_from_db()
    assert application.state == State.WITHDRAWN
    assert "入力の途中の申請書はありません" in clerk.get(reverse("enrollment:paper-forms")).text


def test_the_reverse_side_named_by_its_sender_is_not_even_read() -> None:
    application = applying.start_application(by=cast.account(cast.HANAKO), at=desk.NOON)
    url = reverse("enrollment:hand-in", args=[application.pk, "identity"])
    answer = cast.signed_in(cast.HANAKO).post(
        url,
        {
            "identity_kind": "my-number-card",
            "identity_expires_on": "2031-07-02",
            "identity_side": "reverse",
            "file": SimpleUploadedFile("card.jpg", desk.picture((900, 600))),
        },
    )
    assert answer.status_code == 422
    assert "裏面は受け取れません" in answer.text
    assert not ApplicationPaper.objects.exists()


def test_everybody_may_print_an_empty_form_and_each_has_a_code_of_its_own() -> None:
    url = reverse("enrollment:blank-form")
    answers = [cast.signed_in(None).get(url) for _ in range(2)]
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/pdf"}
    assert answers[0].content != answers[1].content
    assert new_form_code() != new_form_code()


def test_the_pickup_desk_opens_a_photo_while_it_hands_over_and_not_afterwards() -> None:
    assert State.ACTIVE not in queries.OPENS_PHOTO
    assert State.NOTIFIED in queries.OPENS_PHOTO
