"""What the demonstration must remember between starts: passwords, TOTP secrets and the PIN of its own cast.

One file under var/story/, readable by the owner only, written before the database is touched: a first start that is
killed half-way goes on with the same passwords.
"""

import json
import os
from pathlib import Path


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
            write_private(self.path, json.dumps(self._notes, ensure_ascii=False, indent=1))
        return self._notes[name]


def write_private(path: Path, content: str | bytes) -> None:
    """The whole new content or the whole old one, readable by the owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
