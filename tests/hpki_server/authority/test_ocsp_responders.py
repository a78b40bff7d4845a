"""Responders' certificates: renewed without a gap, finished after a power cut."""

import datetime as dt
from pathlib import Path

import pytest

from hpki_server.authority.models import Card, OcspResponder
from hpki_server.authority.ocsp import ahead
from hpki_server.authority.ocsp.service import status_service
from hpki_server.authority.ocsp.signing import SHELF_LIFE
from hpki_server.authority.services.responders import RENEW_BEFORE, renew_responders
from tests.hpki_server.authority.asking import read, request_der, signing
from tests.hpki_server.authority.stage import NOON

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)


def test_responders_follow_each_other_without_a_gap(card: Card) -> None:
    issuer = signing(card).issuer
    at = NOON
    for _ in range(14):
        at += 3 * DAY
        renew_responders(at=at)
        living = OcspResponder.objects.filter(
            issuer=issuer, not_before__lte=at, not_after__gte=at + SHELF_LIFE
        )
        assert living.exists()
        assert living.filter(not_after__gt=at + RENEW_BEFORE - 3 * DAY).exists()
    assert OcspResponder.objects.filter(issuer=issuer).count() == 3
    assert stage_acts("responder:intend") == stage_acts("responder:sign")


def stage_acts(act: str) -> list[object]:
    from hpki_server.people.models import AuditLine

    return [line.facts()["serial"] for line in AuditLine.objects.filter(act=act).order_by("sequence")]


def test_a_power_cut_between_record_and_signature_loses_no_responder(
    card: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    OcspResponder.objects.all().delete()
    from hpki_server.authority.services import responders

    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(responders, "record_signed", cut)
        with pytest.raises(KeyboardInterrupt):
            renew_responders(at=NOON)
    [left] = OcspResponder.objects.all()
    renew_responders(at=NOON + HOUR)
    left.refresh_from_db()
    assert left.state == OcspResponder.State.SIGNED
    assert bytes(left.tbs_der) in bytes(left.certificate_der or b"")
    assert OcspResponder.objects.filter(issuer=left.issuer).count() == 1


def test_a_responder_whose_key_is_elsewhere_is_passed_over(card: Card, var: Path) -> None:
    issuer = signing(card).issuer
    OcspResponder.objects.filter(issuer=issuer).update(not_after=NOON + 10 * DAY)
    renew_responders(at=NOON + HOUR)
    newest = OcspResponder.objects.filter(issuer=issuer).latest("not_after")
    (var / newest.key_store["path"]).unlink()
    made = status_service(ahead.shelf_path())
    answer = read(made.desk.answer(request_der(signing(card)), at=NOON + 2 * HOUR))
    assert [certificate.serial_number for certificate in answer.certificates] != [int(newest.serial_hex, 16)]
    # The machine that lacks the key gets a responder of its own at the next round.
    assert set(renew_responders(at=NOON + 2 * HOUR).made) >= {issuer.slug}
    assert not renew_responders(at=NOON + 3 * HOUR).made
