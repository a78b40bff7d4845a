"""The permission table's rows for the pages of an application."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from hpki_server.authority.production_models import BatchItem
from hpki_server.enrollment import queries
from hpki_server.enrollment.models import Application, ApplicationPaper
from hpki_server.enrollment.services import issuing, not_fetched, production
from hpki_server.people.duties import Duty
from hpki_server.people.sealing import seal
from tests import cast
from tests.hpki_server.access_rows import Row, applicants, everyone, officers
from tests.hpki_server.authority import production as box
from tests.hpki_server.authority import stage
from tests.hpki_server.enrollment import charged, desk, many, paper_desk

# Who holds a duty or an applicant's account, but may not reach this very record.
NOT_HERS = {"mallory": 404}
OTHER_DESK = {"osaka": 404}
NOT_THEIRS_NOW = {"osaka": 404, "sato": 404, "suzuki": 404}


def case(made: Callable[[], Application]) -> Callable[[], Mapping[str, object]]:
    def kwargs() -> Mapping[str, object]:
        shutil.rmtree(Path(settings.VAR) / "cards", ignore_errors=True)
        return {"application_id": made().id}

    return kwargs


def paper(made: Callable[[], Application]) -> Callable[[], Mapping[str, object]]:
    return lambda: {"application_id": made().id, "part": "photo"}


def with_slug(made: Callable[[], Application], slug: str) -> Callable[[], Mapping[str, object]]:
    return lambda: {"application_id": made().id, "slug": slug}


def orderable() -> Application:
    stage.hierarchy()
    return desk.approved()


def issued() -> Application:
    return issuing.issue_card(application_id=desk.ordered().id, by=cast.officer(cast.TANAKA), at=desk.NOON)


def printed() -> Application:
    application, tanaka = issued(), cast.officer(cast.TANAKA)
    issuing.print_pin_letter(application_id=application.id, by=tanaka, at=desk.NOON)
    later = desk.NOON + desk.LETTERS_APART
    issuing.print_postcard(application_id=application.id, by=cast.officer(cast.TANAKA, at=later), at=later)
    desk.post_both(application, desk.NOON, later)
    return application


def a_posting() -> Mapping[str, object]:
    return {"posting_id": desk.notified().postings.latest("id").id}


def pdf_paper() -> Mapping[str, object]:
    application = desk.taken_in()
    sheet = desk.pdf_sheet()
    ApplicationPaper.objects.filter(application=application, kind="licence").update(
        media_type="application/pdf", sealed=seal(sheet, purpose=queries.PAPER_PURPOSE)
    )
    return {"application_id": application.id, "part": "licence"}


def a_batch() -> Mapping[str, object]:
    stage.hierarchy()
    desk.offices()
    box.delivery(3)
    many.ordered(1)
    by = cast.officer(cast.TANAKA)
    later = desk.NOON + dt.timedelta(hours=1)
    return {"batch_id": production.plan_batch(production.Choice(most=1), by=by, at=later).id}


def an_item() -> Mapping[str, object]:
    batch = a_batch()
    return {**batch, "item_id": BatchItem.objects.get().id}


def brought_back() -> Application:
    application, later = desk.notified(), desk.NOON + dt.timedelta(days=91)
    clerk = cast.officer(cast.TAKAHASHI, at=later)
    return not_fetched.bring_back(application_id=application.id, by=clerk, at=later)


DECIDING = officers(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL)
ALL_DESKS = officers(Duty.INTAKE, Duty.VETTING, Duty.APPROVAL, Duty.ISSUING, Duty.PICKUP)
ISSUING = officers(Duty.ISSUING)
INTAKE = officers(Duty.INTAKE)
ROWS = [
    # the applicant
    Row("enrollment:mine", applicants(), post=302),
    Row("enrollment:entries", applicants(), case(desk.draft), post=422, elsewhere=NOT_HERS),
    Row(
        "enrollment:entries-section",
        applicants(),
        with_slug(desk.draft, "contact"),
        post=422,
        elsewhere=NOT_HERS,
    ),
    Row("enrollment:print-form", applicants(), case(desk.draft), get=405, post=200, elsewhere=NOT_HERS),
    Row("enrollment:blank-form", everyone()),
    Row("enrollment:keep", applicants(), case(desk.draft), get=405, post=200, elsewhere=NOT_HERS),
    Row("enrollment:papers", applicants(), case(desk.draft), elsewhere=NOT_HERS),
    Row("enrollment:hand-in", applicants(), paper(desk.draft), get=405, post=422, elsewhere=NOT_HERS),
    Row("enrollment:confirm", applicants(), case(desk.draft), post=302, elsewhere=NOT_HERS),
    Row("enrollment:progress", applicants(), case(desk.submitted), elsewhere=NOT_HERS),
    Row("enrollment:withdraw", applicants(), case(desk.submitted), post=302, elsewhere=NOT_HERS),
    Row("enrollment:own-form", applicants(), case(desk.submitted), elsewhere=NOT_HERS),
    Row("enrollment:own-paper", applicants(), paper(desk.draft), elsewhere=NOT_HERS),
    # the desk that types from paper
    Row("enrollment:paper-forms", INTAKE, post=422),
    Row("enrollment:paper-scan", INTAKE, get=405, post=422),
    Row("enrollment:paper-entries", INTAKE, case(paper_desk.begun), post=422, elsewhere=OTHER_DESK),
    Row(
        "enrollment:paper-section",
        INTAKE,
        with_slug(paper_desk.begun, "contact"),
        post=422,
        elsewhere=OTHER_DESK,
    ),
    Row("enrollment:paper-keep", INTAKE, case(paper_desk.begun), get=405, post=200, elsewhere=OTHER_DESK),
    Row("enrollment:paper-papers", INTAKE, case(paper_desk.begun), elsewhere=OTHER_DESK),
    Row("enrollment:paper-hand-in", INTAKE, paper(paper_desk.begun), get=405, post=422, elsewhere=OTHER_DESK),
    Row("enrollment:paper-copy", INTAKE, paper(paper_desk.typed), elsewhere=OTHER_DESK),
    Row("enrollment:paper-confirm", INTAKE, case(paper_desk.typed), post=302, elsewhere=OTHER_DESK),
    Row("enrollment:paper-withdraw", INTAKE, case(paper_desk.typed), post=302, elsewhere=OTHER_DESK),
    Row("enrollment:paper-sent", INTAKE, case(paper_desk.sent), elsewhere=OTHER_DESK),
    Row(
        "enrollment:strike-out",
        DECIDING,
        lambda: {"application_id": desk.submitted().id, "part": "licence"},
        post=302,
        elsewhere=NOT_THEIRS_NOW,
    ),
    Row("enrollment:own-invoice", applicants(), charged.own_invoice, elsewhere=NOT_HERS),
    Row("enrollment:own-receipt", applicants(), charged.own_receipt, elsewhere=NOT_HERS),
    # the association's desk
    Row("enrollment:intake", officers(Duty.INTAKE)),
    Row("enrollment:take-in", officers(Duty.INTAKE), case(desk.submitted), post=422, elsewhere=OTHER_DESK),
    Row("enrollment:pickup", officers(Duty.PICKUP)),
    Row("enrollment:hand-over", officers(Duty.PICKUP), case(desk.notified), post=422, elsewhere=OTHER_DESK),
    Row(
        "enrollment:hand-over-confirm",
        officers(Duty.PICKUP),
        case(desk.notified),
        get=405,
        post=422,
        elsewhere=OTHER_DESK,
    ),
    Row("enrollment:visit", officers(Duty.PICKUP), case(desk.notified), post=422, elsewhere=OTHER_DESK),
    # the centre
    Row("enrollment:vetting", officers(Duty.VETTING)),
    Row("enrollment:vet", officers(Duty.VETTING), case(desk.taken_in), post=422),
    Row("enrollment:next-vetting", officers(Duty.VETTING), get=405, post=302),
    Row("enrollment:next-approval", officers(Duty.APPROVAL), get=405, post=302),
    Row(
        "enrollment:hold",
        officers(Duty.VETTING, Duty.APPROVAL),
        case(desk.taken_in),
        get=405,
        post=302,
        elsewhere={"suzuki": 404},
    ),
    Row(
        "enrollment:paper-sheet",
        officers(Duty.VETTING, Duty.APPROVAL),
        pdf_paper,
        elsewhere={"suzuki": 404},
    ),
    Row("enrollment:approval", officers(Duty.APPROVAL)),
    Row("enrollment:approved", officers(Duty.APPROVAL)),
    Row("enrollment:change-kind", officers(Duty.APPROVAL), case(desk.approved), post=422),
    Row("enrollment:approve", officers(Duty.APPROVAL), case(desk.vetted), post=302),
    Row("enrollment:return", DECIDING, case(desk.submitted), post=422, elsewhere=NOT_THEIRS_NOW),
    Row("enrollment:form", DECIDING, case(desk.submitted), elsewhere=NOT_THEIRS_NOW),
    Row("enrollment:paper", ALL_DESKS, paper(desk.submitted), elsewhere={**NOT_THEIRS_NOW, "tanaka": 404}),
    # the issuing desk
    Row("enrollment:issuing", ISSUING),
    Row("enrollment:issuing-case", ISSUING, case(desk.ordered)),
    Row("enrollment:order", ISSUING, case(orderable), get=405, post=302),
    Row("enrollment:issue", ISSUING, case(desk.ordered), get=405, post=302),
    Row("enrollment:face", ISSUING, case(desk.ordered)),
    Row("enrollment:postcard", ISSUING, case(issued), get=405, post=200),
    Row("enrollment:pin-letter", ISSUING, case(issued), get=405, post=200),
    Row("enrollment:scrap-card", ISSUING, case(desk.ordered), get=405, post=302),
    # batches, letters, cards that nobody fetches
    Row("enrollment:production", ISSUING, post=422),
    Row("enrollment:order-approved", ISSUING, get=405, post=302),
    Row("enrollment:production-batch", ISSUING, a_batch),
    Row("enrollment:production-progress", ISSUING, a_batch),
    Row("enrollment:start-batch", ISSUING, a_batch, get=405, post=302),
    Row("enrollment:count-batch", ISSUING, a_batch, get=405, post=422),
    Row("enrollment:close-batch", ISSUING, a_batch, get=405, post=302),
    Row("enrollment:move-out", ISSUING, an_item, get=405, post=302),
    Row("enrollment:letters", ISSUING),
    Row("enrollment:letters-sent", ISSUING, get=405, post=302),
    Row("enrollment:letters-posted", ISSUING, lambda: {"kind": "postcard"}, post=422),
    Row("enrollment:correct-posting", ISSUING, a_posting, post=422),
    Row("enrollment:print-run", ISSUING, lambda: {"kind": "postcard"}, get=405, post=302),
    Row("enrollment:unfetched", officers(Duty.ISSUING, Duty.PICKUP)),
    Row(
        "enrollment:bring-back",
        officers(Duty.PICKUP),
        case(desk.notified),
        get=405,
        post=302,
        elsewhere=OTHER_DESK,
    ),
    Row("enrollment:send-again", ISSUING, case(brought_back), get=405, post=302),
    Row("enrollment:end-unfetched", ISSUING, case(brought_back), get=405, post=302),
    Row("enrollment:notify", ISSUING, case(printed), get=405, post=302),
]
