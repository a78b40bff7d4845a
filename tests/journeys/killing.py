"""How often the tests of sudden death strike: a few times in every run, as often as one likes by hand."""

import os

# OPENHPKI_KILLS=5 makes every row of kills five times as long: for a night, or before a release.
TIMES = int(os.environ.get("OPENHPKI_KILLS", "1"))


def rounds(few: int) -> int:
    """`few` in every run of the tests."""
    return few * TIMES
