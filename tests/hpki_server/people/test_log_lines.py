"""The server's log: a failure leaves its kind and its place, and nothing that anybody typed."""

import logging
import uuid

import pytest
from django.core.handlers.exception import response_for_exception
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import resolve

from hpki_server.config import settings
from hpki_server.people.log_lines import LogLines
from hpki_server.people.models import Account
from tests import cast

SECRET = "kN7-the-token-of-the-link"


def line_of(error: BaseException, request: HttpRequest | None = None) -> str:
    record = logging.LogRecord("hpki_server.x", logging.ERROR, "", 0, "an act", None, (None, error, None))  # type: ignore[arg-type]  # the kind is not read
    if request is not None:
        record.request = request
    return LogLines().format(record)


@pytest.mark.django_db
def test_a_row_that_exists_already_is_told_by_its_rule_and_not_by_its_content() -> None:
    taken = cast.account(cast.HANAKO)
    with pytest.raises(IntegrityError) as failed, transaction.atomic():
        Account.objects.create(username=taken.username, name="x", kind=taken.kind, created_at=cast.NOON)
    line = line_of(failed.value)
    assert "ERROR: an act: IntegrityError" in line
    assert "username" in line  # the rule's name
    assert "test_log_lines.py" in line
    assert taken.username not in line
    assert "\n" not in line


def test_a_page_is_named_and_its_address_is_not() -> None:
    path = f"/staff/setup/{uuid.UUID(int=7)}/{SECRET}/"
    request = RequestFactory().post(path + "?q=渡邉")
    request.resolver_match = resolve(path)
    with pytest.raises(ValueError) as failed:
        raise ValueError(f"渡邉 {SECRET}")
    line = line_of(failed.value, request)
    assert ": POST people:staff-setup: ValueError; people/test_log_lines.py:" in line
    assert SECRET not in line
    assert "渡邉" not in line


def test_a_failed_page_leaves_a_line_where_the_service_manager_keeps_it() -> None:
    """Without a handler of its own Django tells nobody in service."""
    assert settings.LOGGING["loggers"]["django"]["handlers"] == ["stderr"]  # type: ignore[index]  # a table of tables
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(LogLines().format(record))

    request = RequestFactory().get("/")
    request.resolver_match = resolve("/")
    ear = Ear()
    logging.getLogger("django").addHandler(ear)
    with pytest.raises(RuntimeError) as failed:
        raise RuntimeError("broken")
    assert response_for_exception(request, failed.value).status_code == 500
    logging.getLogger("django").removeHandler(ear)
    [line] = heard
    assert "ERROR: GET portal:front: RuntimeError; people/test_log_lines.py:" in line
