"""Everyone can fetch the list that stands, and every list that ever stood."""

import datetime as dt

import pytest
from django.db import OperationalError, connection
from django.test import Client

from hpki_server.authority import ports
from hpki_server.authority.models import IssuedCrl, Issuer
from hpki_server.authority.services import publishing
from tests.hpki_server.authority import stage
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def issuer() -> Issuer:
    """With two shards and deltas, and two rounds of lists."""
    made = stage.hierarchy()["SIGNING_CA"]
    made.crl_shards, made.crl_delta = 2, True
    made.save()
    for hours in (1, 2):
        publishing.publish(made, publishing.targets(made), by="system", at=NOON + hours * HOUR)
    ports.forget_signers()
    return made


def newest(issuer: Issuer, **chosen: object) -> IssuedCrl:
    return IssuedCrl.objects.filter(issuer=issuer, **chosen).latest("number")


def test_the_standing_lists_are_served_with_their_type_and_for_a_short_time(issuer: Issuer) -> None:
    served = {
        "test-signing-ca": newest(issuer, scope="all", base_number=None),
        "test-signing-ca-delta": newest(issuer, base_number__isnull=False),
        "test-signing-ca-1": newest(issuer, shard=1),
        "test-signing-ca-2": newest(issuer, shard=2),
        "test-root": IssuedCrl.objects.get(issuer=issuer.parent),
        "test-root-subordinates": IssuedCrl.objects.get(issuer=issuer.parent),
    }
    for name, row in served.items():
        answer = Client().get(f"/crl/{name}.crl")
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pkix-crl")
        assert answer.content == bytes(row.der)
        assert answer["ETag"] == f'"{row.sha256}"'
        assert answer["Cache-Control"].startswith("public, max-age=")
        assert "Set-Cookie" not in answer
    assert Client().get("/crl/test-signing-ca-3.crl").status_code == 404
    assert Client().get("/crl/test-root-roots.crl").status_code == 404


def test_who_has_the_list_already_is_sent_nothing(issuer: Issuer) -> None:
    row = newest(issuer, scope="all", base_number=None)
    answer = Client().get("/crl/test-signing-ca.crl", headers={"If-None-Match": f'"{row.sha256}"'})
    assert (answer.status_code, answer.content) == (304, b"")
    head = Client().head("/crl/test-signing-ca.crl")
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", f'"{row.sha256}"')
    assert Client().post("/crl/test-signing-ca.crl").status_code == 405


def test_every_list_is_kept_and_served_by_its_number_for_ever(issuer: Issuer) -> None:
    for row in IssuedCrl.objects.filter(issuer=issuer):
        kind = "-delta" if row.base_number else ""
        answer = Client().get(f"/crl/{issuer.slug}/{row.number}{kind}.crl")
        assert answer.content == bytes(row.der)
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    [reserved] = publishing.reserve(issuer, publishing.Target(publishing.Scope.SHARD, 1), at=NOON + 3 * HOUR)
    assert Client().get(f"/crl/{issuer.slug}/{reserved.number}.crl").status_code == 404


def test_while_the_database_is_away_whoever_asks_is_told_to_come_again(issuer: Issuer) -> None:
    number = newest(issuer, scope="all", base_number=None).number

    def away(*_statement: object) -> None:
        raise OperationalError("the database is away")

    for path in ("/crl/test-signing-ca.crl", f"/crl/test-signing-ca/{number}.crl"):
        with connection.execute_wrapper(away):
            answer = Client().get(path)
        assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "60", "no-store")
        assert Client().get(path).status_code == 200


def test_lists_are_only_read(issuer: Issuer) -> None:
    number = newest(issuer, scope="all", base_number=None).number
    for name in ("test-signing-ca", f"test-signing-ca/{number}", f"test-signing-ca/{number}-delta"):
        assert Client(enforce_csrf_checks=True).post(f"/crl/{name}.crl").status_code == 405
