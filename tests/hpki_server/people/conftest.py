"""These tests check hundreds of passwords; the product's cost of one is not what they are about."""

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hashers
from pytest_django import Settings


class QuickArgon2(Argon2PasswordHasher):
    """The same algorithm with the least work and memory."""

    time_cost = 1
    memory_cost = 64
    parallelism = 1


@pytest.fixture(autouse=True)
def quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{QuickArgon2.__module__}.{QuickArgon2.__qualname__}"]
    assert isinstance(get_hashers()[0], QuickArgon2)
