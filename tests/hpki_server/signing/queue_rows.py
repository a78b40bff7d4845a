"""The permission table's rows of the holder's pages of documents to sign: each sees the own ones only."""

from collections.abc import Mapping

from tests import cast
from tests.hpki_server.access_rows import Row, applicants
from tests.hpki_server.signing import queue_pages, queue_scene
from tests.hpki_server.signing.queue_pages import own, signed
from tests.signed_pdfs import letter

NOT_HERS = {"mallory": 404}


def an_own() -> Mapping[str, object]:
    queue_pages.hanako_at_home()
    return {"task_id": own(cast.account(cast.HANAKO)).id}


def an_own_page() -> Mapping[str, object]:
    return {**an_own(), "number": 1}


def an_own_signed() -> Mapping[str, object]:
    hanako = queue_pages.hanako_at_home()
    return {"task_id": signed(own(cast.account(cast.HANAKO)), hanako).id}


def a_hospitals() -> Mapping[str, object]:
    queue_pages.hanako_at_home()
    return {"task_id": queue_scene.waiting(queue_scene.hospital()[0], letter(), file_name="letter.pdf").id}


ROWS = [
    Row("signing:queue", applicants()),
    Row("signing:own-deposit", applicants(), post=422),
    Row("signing:sign", applicants(), get=302),
    Row("signing:sign-progress", applicants()),
    Row("signing:task", applicants(), an_own, elsewhere=NOT_HERS),
    Row("signing:task-page", applicants(), an_own_page, elsewhere=NOT_HERS),
    Row("signing:task-draft", applicants(), an_own, elsewhere=NOT_HERS),
    Row("signing:task-signed", applicants(), an_own_signed, elsewhere=NOT_HERS),
    Row("signing:task-report", applicants(), an_own_signed, elsewhere=NOT_HERS),
    Row("signing:signed-elsewhere", applicants(), a_hospitals, post=422, elsewhere=NOT_HERS),
    Row("signing:decline", applicants(), a_hospitals, post=422, elsewhere=NOT_HERS),
    Row("signing:withdraw-own", applicants(), an_own, get=405, post=302, elsewhere=NOT_HERS),
    Row("signing:collect-own", applicants(), an_own_signed, get=405, post=302, elsewhere=NOT_HERS),
    Row("signing:keep-own", applicants(), an_own_signed, get=405, post=302, elsewhere=NOT_HERS),
]
