"""A hospital's system deposits, asks and collects by the API; 花子's program signs in with her card and signs."""

import base64
import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from hpki.card.sign_in import sign_in_message
from hpki.signatures.drafts import read_signature_of
from hpki_server.authority.models import Card
from hpki_server.people.models import AuditLine
from hpki_server.signing import api_description, limits, queue_rules
from hpki_server.signing.queue_models import ClientSystem, SigningTask
from hpki_server.signing.services import clients
from tests import cast
from tests.hpki_server.signing import queue_scene
from tests.hpki_server.signing.insisting import until_refused
from tests.hpki_server.signing.queue_scene import LETTER, NOW, Person

pytestmark = pytest.mark.django_db
API = "/api/signing"


class Program:
    """A program with a key, or without."""

    def __init__(self, key: str = "") -> None:
        self.http = Client(headers={"Authorization": f"Bearer {key}"} if key else {})

    def get(self, path: str, **data: Any) -> Any:
        return self.http.get(API + path, data)

    def post(self, path: str, data: Any = None, **headers: str) -> Any:
        return self.http.post(API + path, data or {}, headers=headers)

    def post_json(self, path: str, data: Any) -> Any:
        return self.http.post(API + path, json.dumps(data), content_type="application/json")

    def deposit(self, octets: bytes = LETTER, *, key: str = "", **said: str) -> Any:
        form = {"title": "紹介状", "registration_number": "470123", **said}
        document = SimpleUploadedFile("letter.txt", octets)
        headers = {"Idempotency-Key": key} if key else {}
        return self.post("/tasks", {**form, "document": document}, **headers)


@pytest.fixture(autouse=True)
def _fresh_counts() -> None:
    limits.COUNTS.forget()


@pytest.fixture
def hanako() -> Person:
    queue_scene.authority()
    return queue_scene.person()


@pytest.fixture
def hospital(hanako: Person) -> Program:
    return Program(queue_scene.hospital()[1])


# The same in every process that collects these tests.
NOBODYS = UUID(int=7)


def signed_in(who: Person, *, server: str = "") -> Any:
    """The answer to 花子's card."""
    asked = Program().post("/sign-in/challenge").json()
    message = sign_in_message(server or asked["server"], base64.b64decode(asked["nonce"]))
    certificate = bytes(who.certificate("AUTHENTICATION").certificate_der or b"")
    claim = {
        "challenge": asked["challenge"],
        "certificate": base64.b64encode(certificate).decode(),
        "signature": base64.b64encode(who.authentication.sign(message)).decode(),
    }
    return claim, Program().post_json("/sign-in", claim)


def holders_program(who: Person) -> Program:
    return Program(signed_in(who)[1].json()["token"])


def test_a_letter_goes_from_the_hospital_to_the_physician_and_back(hospital: Program, hanako: Person) -> None:
    deposited = hospital.deposit(patient_reference="P-17")
    assert deposited.status_code == 201, deposited.content
    task = deposited.json()
    assert hospital.get(f"/tasks/{task['id']}/document").json()["code"] == "task_waiting"
    mine = holders_program(hanako)
    [entry] = mine.get("/queue").json()["tasks"]
    assert (entry["title"], entry["asked_by"]) == ("紹介状", "岡山県医師会")
    draft = mine.get(f"/queue/{task['id']}/document").content
    assert draft == LETTER
    signed = SimpleUploadedFile("s", hanako.signs(draft))
    answer = mine.post(f"/queue/{task['id']}/signed", {"document": signed})
    assert answer.json()["state"] == "signed", answer.content
    fetched = hospital.get(f"/tasks/{task['id']}/document")
    assert "letter.txt.p7s" in fetched["Content-Disposition"]
    assert fetched["Cache-Control"] == "no-store, private"
    read_signature_of(LETTER, fetched.content)
    assert hospital.post(f"/tasks/{task['id']}/collected").json()["state"] == "collected"
    assert hospital.post(f"/tasks/{task['id']}/collected").status_code == 200
    [listed] = hospital.get("/tasks", state="collected").json()["tasks"]
    assert listed["patient_reference"] == "P-17"
    assert listed["signer_serial"] == hanako.certificate("SIGNING").serial_hex


def test_each_system_sees_its_own_tasks_only(hospital: Program) -> None:
    task = hospital.deposit().json()
    other = Program(queue_scene.hospital("別の病院")[1])
    assert other.get("/tasks").json()["tasks"] == []
    for answer in (
        other.get(f"/tasks/{task['id']}"),
        other.get(f"/tasks/{task['id']}/document"),
        other.post(f"/tasks/{task['id']}/withdraw"),
        other.post(f"/tasks/{task['id']}/collected"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "task_unknown")
    assert SigningTask.objects.get().state == "waiting"


def test_another_holder_sees_nothing_and_does_nothing(hospital: Program, hanako: Person) -> None:
    task = hospital.deposit().json()
    ken = queue_scene.ken()
    his = holders_program(ken)
    assert his.get("/queue").json()["tasks"] == []
    signed = SimpleUploadedFile("s", ken.signs(LETTER))
    for answer in (
        his.get(f"/queue/{task['id']}/document"),
        his.post(f"/queue/{task['id']}/signed", {"document": signed}),
        his.post_json(f"/queue/{task['id']}/decline", {"reason": "いいえ"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "task_unknown")
    assert SigningTask.objects.get().state == "waiting"


def test_the_physician_declines_and_the_hospital_reads_why(hospital: Program, hanako: Person) -> None:
    task = hospital.deposit().json()
    mine = holders_program(hanako)
    assert mine.post_json(f"/queue/{task['id']}/decline", {"reason": "患者が違います"}).status_code == 200
    told = hospital.get(f"/tasks/{task['id']}").json()
    assert (told["state"], told["reason"]) == ("declined", "患者が違います")
    again = mine.post_json(f"/queue/{task['id']}/decline", {"reason": "患者が違います"})
    assert (again.status_code, again.json()["code"]) == (409, "task_declined")


def test_the_same_deposit_twice_is_one_task_and_another_under_its_key_a_conflict(hospital: Program) -> None:
    first, again = hospital.deposit(key="k1"), hospital.deposit(key="k1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = hospital.deposit(b"another letter", key="k1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert SigningTask.objects.count() == 1


def test_pages_of_tasks(hospital: Program) -> None:
    ids = [hospital.deposit(f"letter {number}".encode()).json()["id"] for number in range(3)]
    first = hospital.get("/tasks", size="2").json()
    second = hospital.get("/tasks", size="2", page="2").json()
    assert (first["has_more"], second["has_more"]) == (True, False)
    assert {task["id"] for task in first["tasks"] + second["tasks"]} == set(ids)


def test_a_zero_in_a_field_is_no_text(hospital: Program) -> None:
    zero = "4\x007"
    for answer in (
        hospital.deposit(card_id=zero),
        hospital.deposit(registration_number=zero),
        hospital.deposit(qualification=zero),
        hospital.deposit(title=zero),
    ):
        assert answer.json()["code"] == "request_unfit"


@pytest.mark.parametrize("path", ["/tasks", "/queue", f"/queue/{NOBODYS}/document", f"/tasks/{NOBODYS}"])
def test_no_key_a_wrong_key_and_the_other_sides_key_open_nothing(
    hospital: Program, hanako: Person, path: str
) -> None:
    holder, client = holders_program(hanako), hospital
    wrong = [Program(), Program("hpkiq_000000000000_x"), holder if path.startswith("/tasks") else client]
    for program in wrong:
        answer = program.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "key_unfit")


def test_a_withdrawn_or_expired_system_comes_in_no_more(hanako: Person) -> None:
    client, key = queue_scene.hospital()
    assert Program(key).get("/tasks").status_code == 200
    clients.withdraw_client(client.id, by=cast.officer(cast.YAMAMOTO), at=NOW)
    assert Program(key).get("/tasks").status_code == 401
    late, key = queue_scene.hospital("二つ目")
    ClientSystem.objects.filter(id=late.id).update(expires_at=NOW)
    assert Program(key).get("/tasks").status_code == 401


def test_refusals_of_a_deposit_have_a_code(hospital: Program) -> None:
    nobody = hospital.deposit(registration_number="999999")
    assert (nobody.status_code, nobody.json()["code"]) == (422, "no_card_in_force")
    assert hospital.deposit(b"").status_code == 422
    large = hospital.deposit(b"x" * (10 * 1024 * 1024 + 1))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    unfit = hospital.deposit(level="Z")
    assert (unfit.status_code, unfit.json()["code"]) == (422, "request_unfit")
    assert any("level" in field for field in unfit.json()["fields"])


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("post", "/tasks", 413, "too_large"),
        ("get", "/tasks/no-number-of-a-task", 404, "address_unknown"),
    ],
)
def test_what_never_reaches_the_api_is_refused_in_its_words(
    hospital: Program, method: str, path: str, status: int, code: str
) -> None:
    large = {"document": SimpleUploadedFile("letter.txt", b"x" * (11 * 1024 * 1024))}
    answer = hospital.post(path, large) if method == "post" else hospital.get(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["sentence"]


# --- signing in -------------------------------------------------------------------------------------------------


def test_an_answer_counts_once(hanako: Person) -> None:
    claim, first = signed_in(hanako)
    assert first.status_code == 200
    again = Program().post_json("/sign-in", claim)
    assert (again.status_code, again.json()["code"]) == (403, "challenge_unfit")
    line = AuditLine.objects.get(act="signing:sign-in")
    assert line.by == f"card:{hanako.card.card_id}"
    assert first.json()["token"] not in "".join(AuditLine.objects.values_list("details", flat=True))


def test_an_answer_given_to_another_server_is_worth_nothing(hanako: Person) -> None:
    _claim, answer = signed_in(hanako, server="https://false.example")
    assert (answer.status_code, answer.json()["code"]) == (403, "answer_unfit")
    assert AuditLine.objects.filter(act="signing:refuse-sign-in").count() == 1


def test_the_signing_key_and_a_stranger_do_not_sign_in(hanako: Person) -> None:
    from dataclasses import replace

    swapped = replace(hanako, authentication=hanako.signing)
    assert signed_in(swapped)[1].json()["code"] == "answer_unfit"
    signing = bytes(hanako.certificate("SIGNING").certificate_der or b"")
    claim, _ = signed_in(hanako)
    claim |= {"certificate": base64.b64encode(signing).decode()}
    claim["challenge"] = Program().post("/sign-in/challenge").json()["challenge"]
    assert Program().post_json("/sign-in", claim).json()["code"] == "card_unknown"


def test_a_stopped_card_neither_signs_in_nor_goes_on(hospital: Program, hanako: Person) -> None:
    mine = holders_program(hanako)
    Card.objects.filter(id=hanako.card.id).update(state="stopped")
    assert mine.get("/queue").status_code == 401
    answer = signed_in(hanako)[1]
    assert (answer.status_code, answer.json()["code"]) == (403, "card_not_in_force")


def test_whoever_asks_too_often_waits(hanako: Person) -> None:
    answer = until_refused(lambda: Program().post("/sign-in/challenge"), limits.SIGN_IN.most)
    assert answer.json()["code"] == "too_often"
    assert 1 <= int(answer["Retry-After"]) <= 60


def test_the_description_names_every_path_and_who_opens_it(client: Client) -> None:
    described = json.loads(client.get(f"{API}/openapi.json").content)
    paths = {path.removeprefix(API): operations for path, operations in described["paths"].items()}
    assert {"/tasks", "/tasks/{task_id}/document", "/queue/{task_id}/signed", "/sign-in"} <= set(paths)
    assert paths["/tasks"]["post"]["security"] == [{"ClientKey": []}]
    assert paths["/queue"]["get"]["security"] == [{"HolderToken": []}]
    answers = paths["/tasks"]["post"]["responses"]
    assert "idempotency_key_reused" in answers["409"]["description"]
    assert "Retry-After" in answers["429"]["headers"]
    judging = paths["/validate"]["post"]["responses"]
    assert set(judging["200"]["content"]) == {"application/json", "application/xml"}
    assert "400" in judging


def test_the_description_knows_every_code_of_the_rules() -> None:
    told = {code for words in api_description.codes().values() for code in words}
    written = Path(queue_rules.__file__).read_text(encoding="utf-8")
    assert set(re.findall(r'Denial\(\s*"([a-z_]+)"', written)) <= told
