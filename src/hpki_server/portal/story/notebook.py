"""What the demonstration must remember between starts: passwords, TOTP secrets and the PIN of its own cast.

One file under var/story/, readable by the owner only, written before the database is touched: a first start that is
killed half-way goes on with the same passwords.
"""

import json
from pathlib import Path

from hpki.keys.key_file import write_durably


class Notebook:
    """Texts by name, kept in one file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._notes: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    @property
    def begun(self) -> bool:
        """A first start has happened here, whole or in part."""
        return self.path.exists()

    def get(self, name: str) -> str | None:
        return self._notes.get(name)

    def keep(self, name: str, text: str) -> str:
        """Remember `text` under `name` unless something stands there already; what stands there now."""
        if name not in self._notes:
            self._notes[name] = text
            write_durably(
                self.path, json.dumps(self._notes, ensure_ascii=False, indent=1).encode(), replace=True
            )
        return self._notes[name]
