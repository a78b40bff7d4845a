"""The key ceremonies of the demonstration's hierarchy: the same files and steps as anyone's, with shares in files."""

from importlib.resources import files
from pathlib import Path

from django.conf import settings

from hpki_server.authority.ceremony.books import DatabaseBooks
from hpki_server.authority.ceremony.desk import FileDesk
from hpki_server.authority.ceremony.file import ReviewedFile, read_file
from hpki_server.authority.ceremony.run import Room, hold
from hpki_server.authority.ceremony.transcript import Journal
from hpki_server.authority.ceremony.verify import verify_transcript
from hpki_server.portal.story.stage import Stage


def hold_ceremonies(stage: Stage) -> None:
    """One ceremony after the other; a finished one is not held again, a broken-off one goes on."""
    for path in demonstration_files():
        file = read_file(path)
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


def demonstration_files() -> list[Path]:
    """The reviewed files, in the order in which they are held."""
    folder = Path(str(files("hpki_server.authority.ceremony"))) / "demonstration"
    if not folder.exists():
        folder = Path(settings.PROJECT) / "deploy" / "ceremony"
    return sorted(folder.glob("[0-9]-*.yaml"))
