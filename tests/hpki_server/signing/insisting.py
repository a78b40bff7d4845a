"""Somebody who asks again and again."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any


def until_refused(ask: Callable[[], Any], most: int) -> Any:
    """The first answer 429; asked twice as often as a minute allows, since a new minute may begin in between."""
    for _ in range(2 * most + 1):
        answer = ask()
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return answer
    raise AssertionError(f"{2 * most + 1} times asked and never refused")
