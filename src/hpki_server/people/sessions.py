"""Sessions in the database; a key that cannot be one of ours is not even looked for."""

import re
from typing import Final

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

# As Django draws them; the column is so wide.
_KEY: Final = re.compile(r"[0-9a-z]{8,40}")


class SessionStore(DatabaseStore):
    """Django's own takes any cookie for a key: of one with a zero octet PostgreSQL fails, and every page with it."""

    def _validate_session_key(self, key: str | None) -> bool:
        return key is not None and _KEY.fullmatch(key) is not None
