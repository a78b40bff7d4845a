"""Argon2 with the smallest cost: hundreds of logins in the tests, none of them worth guessing."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    time_cost = 1
    memory_cost = 64
    parallelism = 1
