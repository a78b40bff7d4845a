"""The story of a first start: from keys to a card in its holder's hands, by the same services as the pages.

Every chapter asks the database how far it has come, so a start that was killed goes on where it stopped.
"""

import datetime as dt
import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hpki_server.people.models import Organisation
from hpki_server.portal.story import cast, ceremony, ending, hospital, invitation, journey, register
from hpki_server.portal.story.notebook import Notebook
from hpki_server.portal.story.stage import Stage

CHAPTERS = (
    ceremony.hold_ceremonies,
    cast.engage,
    register.fill_register,
    journey.play,
    ending.show_evidence,
    ending.lend_card,
    hospital.connect_hospital,
    invitation.leave_papers,
)


class StoryRefused(Exception):
    """The story is not told here, and why."""


class Story:
    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], dt.datetime],
        say: Callable[[str], None],
        command: str,
        origin: str,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.say = say
        self.command = command
        self.origin = origin

    def tell(self) -> None:
        """On a first start all of it; later only who may log in and how.  Raises StoryRefused."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            notebook = Notebook(self.folder / "notebook.json")
            if notebook.get("told") and not Organisation.objects.exists():
                raise StoryRefused(
                    f"{self.folder} remembers a demonstration that this database does not know. "
                    f"Connect its database again, or remove {self.folder.parent} to begin anew."
                )
            if not notebook.begun and Organisation.objects.exists():
                raise StoryRefused(
                    "This database already holds an installation's own data: no demonstration is told in it."
                )
            if notebook.get("told") is None:
                self._tell_first(notebook)
            elif cast.newcomers(notebook):
                self._let_in(notebook)
        self.say("")
        for line in cast.login_lines(notebook, self.command):
            self.say(line)
        self.say(f"({self.folder / 'logins.txt'})")

    def _tell_first(self, notebook: Notebook) -> None:
        self.say(
            f"First start: one application becomes a card. Every step leaves its papers in {self.folder}"
        )
        notebook.keep("begun", self.clock().isoformat())
        stage = Stage(self.folder, notebook, self.clock, self.say, self.origin)
        for chapter in CHAPTERS:
            chapter(stage)
        cast.write_logins(notebook, self.command)
        notebook.keep("told", self.clock().isoformat())

    def _let_in(self, notebook: Notebook) -> None:
        """An earlier version told the story, with fewer people."""
        self.say(
            "An earlier version told this demonstration; the people who are new since join it. "
            f"To see the whole of this version's, remove {self.folder.parent} and begin anew."
        )
        cast.engage(Stage(self.folder, notebook, self.clock, self.say, self.origin))
        cast.write_logins(notebook, self.command)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two starts at once: the second waits and finds the story told."""
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
