"""Where the story plays: its folder, its memory, its clock and its audience."""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hpki.keys.key_file import write_durably
from hpki_server.portal.story.notebook import Notebook


@dataclass(frozen=True)
class Stage:
    folder: Path
    notebook: Notebook
    clock: Callable[[], dt.datetime]
    say: Callable[[str], None]
    # The address that people type: scheme, host and port.
    origin: str

    def now(self) -> dt.datetime:
        return self.clock()

    def tell(self, sentence: str, produced: Iterable[Path | str] = ()) -> None:
        """One step and what it produced, on the screen and in story.txt."""
        lines = [sentence, *(f"    → {one}" for one in produced)]
        with (self.folder / "story.txt").open("a", encoding="utf-8") as story:
            story.write("\n".join(lines) + "\n")
        for line in lines:
            self.say(line)

    def write(self, name: str, content: bytes) -> Path:
        """A file of the story, readable by the owner only: even a specimen's PIN letter is no public paper."""
        path = self.folder / name
        write_durably(path, content, replace=True)
        return path
