"""A request that announces too much is refused before a byte of it is read."""

from typing import IO, Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

# The largest page takes a registry list; papers of an application have their own, smaller limit.
OCTETS_MOST = 40 * 1024 * 1024


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
        if content_length > OCTETS_MOST:
            raise RequestDataTooBig(f"a request of {content_length} octets; {OCTETS_MOST} are the most")
        return None

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:  # noqa: ARG002 - Django's signature
        return raw_data

    def file_complete(self, file_size: int) -> None:  # noqa: ARG002 - Django's signature
        return None
