"""The key ceremonies of the demonstration's hierarchy: the same files and steps as anyone's, with shares in files."""

from importlib.resources import files
from pathlib import Path

from django.conf import settings

from hpki_server.authority.ceremony.books import DatabaseBooks
from hpki_server.authority.ceremony.desk import FileDesk
from hpki_server.authority.ceremony.file import ReviewedFile, read_file, read_text
from hpki_server.authority.ceremony.run import Room, hold
from hpki_server.authority.ceremony.transcript import Journal
from hpki_server.authority.ceremony.verify import verify_transcript
from hpki_server.portal.story.stage import Stage

# As the reviewed files have it: where `make run` serves when nobody says otherwise.
WRITTEN_ORIGIN = "http://localhost:8000"


def hold_ceremonies(stage: Stage) -> None:
    """One ceremony after the other; a finished one is not held again, a broken-off one goes on."""
    origin = stage.notebook.keep("lists_at", stage.origin)
    for path in demonstration_files():
        file = published_at(origin, read_file(path))
        room = _room(stage, file)
        folder = room.ceremony_folder(file.content.ceremony)
        if not Journal(folder).transcript.is_closed:
            hold(file, room)
            verify_transcript(folder / "transcript.json")
            stage.tell(
                f"鍵の生成式 key ceremony: {file.content.purpose} ({file.content.authority}); transcript verified",
                [folder / "transcript.txt", folder / "certificate.pem"],
            )


def _room(stage: Stage, file: ReviewedFile) -> Room:
    """The demonstration's custodians keep their shares side by side; real ones would not."""
    custodians = stage.folder / "custodians"
    custodians.mkdir(mode=0o700, exist_ok=True)
    shares = sorted(custodians.glob("*.share"))[: file.content.custodians.threshold]
    desk = FileDesk(shares, custodians, tell=lambda _line: None)
    return Room(folder=Path(settings.VAR), desk=desk, books=DatabaseBooks(), clock=stage.clock)


def published_at(origin: str, file: ReviewedFile) -> ReviewedFile:
    """The same file with its lists at another address: a certificate names for good where this server can be asked.

    Lists are fetched by http (RFC 5280 8), so an https origin leaves the file as it is.
    """
    if origin == WRITTEN_ORIGIN or not origin.startswith("http://"):
        return file
    return read_text(file.text.replace(f"{WRITTEN_ORIGIN}/", f"{origin}/"))


def demonstration_files() -> list[Path]:
    """The reviewed files, in the order in which they are held."""
    folder = Path(str(files("hpki_server.authority.ceremony"))) / "demonstration"
    if not folder.exists():
        folder = Path(settings.PROJECT) / "deploy" / "ceremony"
    return sorted(folder.glob("[0-9]-*.yaml"))
