"""A request that announces too much for its page is refused before a byte of it is read.

A page that takes files says how many octets by the mark `takes_files`; every other page takes small forms only.
"""

from collections.abc import Callable
from tempfile import TemporaryFile
from typing import IO, Any, TypeVar

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

MEBI = 1024 * 1024
# A form without files; nobody types more.
OCTETS_OF_A_FORM = MEBI
# What a browser adds around a file: boundaries, the other fields.
AROUND_A_FILE = 64 * 1024
View = TypeVar("View", bound=Callable[..., object])


def takes_files(octets: int) -> Callable[[View], View]:
    """The outermost mark of a view: one request may bring files of so many octets together."""

    def mark(view: View) -> View:
        view.octets_most = octets + AROUND_A_FILE  # type: ignore[attr-defined]  # functions take attributes; their type does not say so
        return view

    return mark


def octets_most(view: object) -> int:
    """What one request to this view may bring."""
    most: int = getattr(view, "octets_most", OCTETS_OF_A_FORM)
    return most


class BoundedUpload(FileUploadHandler):
    """First in FILE_UPLOAD_HANDLERS; it keeps nothing itself and passes on to those after it."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],  # noqa: ARG002 - Django's signature
        META: dict[str, str],  # noqa: ARG002, N803 - Django's signature
        content_length: int,
        boundary: str,  # noqa: ARG002 - Django's signature
        encoding: str | None = None,  # noqa: ARG002 - Django's signature
    ) -> tuple[Any, Any] | None:
        # The page is known before the body is read; only a request to no page at all has none.
        match = self.request.resolver_match if self.request else None
        most = octets_most(match.func if match else None)
        if content_length > most:
            raise RequestDataTooBig(f"a request of {content_length} octets; {most} are the most here")
        return None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django's signature
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002 - Django's signature
        return None


class NamelessUpload(FileUploadHandler):
    """Last in FILE_UPLOAD_HANDLERS: what is too large for memory goes to a file without a name.

    Django's own has one, and lies there for everybody to find when the process is killed on the way.
    """

    file: "UploadedFile[bytes] | None" = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        super().new_file(*args, **kwargs)
        self.file = UploadedFile(
            TemporaryFile(),  # noqa: SIM115 - whoever reads the upload closes it
            self.file_name,
            self.content_type,
            0,
            self.charset,
            self.content_type_extra,
        )

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django's signature
        if self.file is not None:
            self.file.write(raw_data)
        return None

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":
        if self.file is not None:
            self.file.seek(0)
            self.file.size = file_size
        return self.file

    def upload_interrupted(self) -> None:
        if self.file is not None:
            self.file.close()
