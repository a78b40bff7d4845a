"""What an applicant uploads, read as hostile input: the type is told by content, images are made anew, sizes are bound."""

import io
from dataclasses import dataclass

from PIL import Image, ImageOps, ImageStat, UnidentifiedImageError

from hpki_server.enrollment.photo_rules import PhotoFacts

OCTETS_MOST = 5 * 1024 * 1024
# A phone's camera makes up to about 50 million pixels; decoding more only serves an attack.
PIXELS_MOST = 52_000_000
# A PNG is decoded whole, and no camera makes one.
PNG_PIXELS_MOST = 24_000_000
# 35 × 45 mm at 600 dots per inch, and a sheet of A4 at 200.
PHOTO_MOST = (826, 1062)
PAGE_MOST = (2400, 2400)
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
# What makes a PDF more than paper: code, started programs, files inside, encryption.
PDF_REFUSED = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/Encrypt", b"/XFA")


class PaperRefused(Exception):
    """The upload is not what it has to be; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Paper:
    """An upload that passed: bytes of our own making for an image, the given bytes for a PDF."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class Photo:
    paper: Paper
    facts: PhotoFacts


def media_type_of(content: bytes) -> str:
    """JPEG, PNG or PDF by the first octets; a name or a header of the sender counts for nothing."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"%PDF-"):
        return PDF
    raise PaperRefused("unknown_type")


def read_photo(content: bytes) -> Photo:
    """A portrait, turned upright, without metadata, at most 600 dpi, with the facts that the rules judge."""
    check_size(content)
    if media_type_of(content) == PDF:
        raise PaperRefused("photo_is_pdf")
    image, given = decoded(content, PHOTO_MOST)
    return Photo(Paper(JPEG, encoded(image)), photo_facts(image, given))


def read_paper(content: bytes) -> Paper:
    """A scanned or photographed sheet."""
    check_size(content)
    if media_type_of(content) == PDF:
        if b"%%EOF" not in content[-2048:] or any(word in content for word in PDF_REFUSED):
            raise PaperRefused("pdf_refused")
        return Paper(PDF, content)
    image, _ = decoded(content, PAGE_MOST)
    return Paper(JPEG, encoded(image))


def check_size(content: bytes) -> None:
    if not content:
        raise PaperRefused("empty")
    if len(content) > OCTETS_MOST:
        raise PaperRefused("too_large")


def decoded(content: bytes, most: tuple[int, int]) -> tuple[Image.Image, tuple[int, int]]:
    """The image upright in RGB and no larger than `most`; and its size as given, upright too."""
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG")) as opened:
            width, height = opened.size
            # The size stands in the header: a bomb is refused before a single pixel is made.
            if width * height > (PNG_PIXELS_MOST if opened.format == "PNG" else PIXELS_MOST):
                raise PaperRefused("too_many_pixels")
            # JPEG can be decoded at an eighth of its size; twice what is kept costs the least memory.
            opened.draft("RGB", (most[0] * 2, most[1] * 2))
            flat = on_white(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise PaperRefused("too_many_pixels") from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as broken:
        raise PaperRefused("broken_image") from broken
    if (width > height) != (flat.width > flat.height):
        width, height = height, width
    flat.thumbnail(most)
    return flat, (width, height)


def on_white(image: Image.Image) -> Image.Image:
    """Transparent parts would turn black in a JPEG; paper is white."""
    if image.mode not in {"RGBA", "LA", "PA", "P"}:
        return image.convert("RGB")
    layered = image.convert("RGBA")
    sheet = Image.new("RGB", layered.size, "white")
    sheet.paste(layered, mask=layered.getchannel("A"))
    return sheet


def encoded(image: Image.Image) -> bytes:
    """JPEG of our own making: no EXIF, no place, no comment, nothing behind the image."""
    clean = Image.frombytes("RGB", image.size, image.tobytes())
    stream = io.BytesIO()
    clean.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def as_png(content: bytes) -> bytes:
    """A stored photo in the format that the card face takes."""
    stream = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as image:
        image.save(stream, "PNG")
    return stream.getvalue()


def photo_facts(image: Image.Image, original: tuple[int, int]) -> PhotoFacts:
    grey = image.convert("L")
    whole = ImageStat.Stat(grey)
    # The face stands in the middle of an identity photo; a white wall around it must not hide a dark face.
    width, height = grey.size
    middle = ImageStat.Stat(grey.crop((width // 4, height // 5, width * 3 // 4, height * 7 // 10)))
    return PhotoFacts(
        width=original[0],
        height=original[1],
        brightness=whole.mean[0],
        middle_brightness=middle.mean[0],
        contrast=whole.stddev[0],
    )
