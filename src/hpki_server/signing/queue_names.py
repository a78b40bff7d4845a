"""What the files of the queue are called."""

from pathlib import PurePosixPath

from hpki_server.signing.queue_models import SigningTask

_MEDIA = {"pdf": "application/pdf", "xml": "application/xml", "other": "application/octet-stream"}
_SIGNED_MEDIA = {"pdf": "application/pdf", "xml": "application/xml", "other": "application/pkcs7-signature"}


def signed_name(task: SigningTask) -> str:
    """letter.signed.pdf, letter.signed.xml; of anything else the signature beside it, letter.txt.p7s."""
    if task.format == SigningTask.Format.OTHER:
        return f"{task.file_name}.p7s"
    return f"{PurePosixPath(task.file_name).stem}.signed.{task.format}"


def media_of(task: SigningTask) -> str:
    """The media type of the draft."""
    return _MEDIA[task.format]


def signed_media_of(task: SigningTask) -> str:
    """The media type of what was signed."""
    return _SIGNED_MEDIA[task.format]
