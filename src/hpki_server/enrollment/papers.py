"""What an applicant uploads, read as hostile input: the type is told by content, images are made anew, sizes are bound."""

import io
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from hpki_server.enrollment.pdf_papers import STUMBLES, check_pdf
from hpki_server.enrollment.photo_measures import photo_facts
from hpki_server.enrollment.photo_rules import PROPORTION, PROPORTION_TOLERANCE, PhotoFacts
from hpki_server.enrollment.refusals import PaperRefused
from hpki_server.enrollment.scanned_codes import codes_on, holds_individual_number

__all__ = [
    "OCTETS_MOST",
    "Crop",
    "Paper",
    "PaperRefused",
    "Photo",
    "as_png",
    "codes_of",
    "read_paper",
    "read_photo",
]

OCTETS_MOST = 8 * 1024 * 1024
# A phone's camera makes up to about 50 million pixels; decoding more only serves an attack.
PIXELS_MOST = 52_000_000
# A PNG is decoded whole, and no camera makes one.
PNG_PIXELS_MOST = 24_000_000
# 35 × 45 mm at 600 dots per inch, and a sheet of A4 at 200.
PHOTO_MOST = (826, 1062)
PAGE_MOST = (2400, 2400)
# TIFF 6.0, tag 274: how the picture lies, and what puts it upright.
ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"
# A picture wider or flatter than this is no portrait, and no cut in its middle makes it one.
LONGEST_SIDES = 2.0


@dataclass(frozen=True)
class Crop:
    """The part of an upright picture that a person chose, as fractions of its width and height."""

    left: float
    top: float
    width: float
    height: float

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """In pixels.  Raises `PaperRefused`: `crop_outside`."""
        across, down = size
        left, top = round(self.left * across), round(self.top * down)
        width, height = round(self.width * across), round(self.height * down)
        # Rounding on the way may put an edge one pixel outside.
        inside = left >= -1 and top >= -1 and left + width <= across + 1 and top + height <= down + 1
        if not inside or width < 1 or height < 1:
            raise PaperRefused("crop_outside")
        if abs(width / height - PROPORTION) > PROPORTION_TOLERANCE:
            raise PaperRefused("crop_outside")
        return max(left, 0), max(top, 0), min(left + width, across), min(top + height, down)


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


def read_photo(content: bytes, crop: Crop | None = None) -> Photo:
    """A portrait of 35 × 45, turned upright, without metadata, at most 600 dpi, with the facts that the rules judge.

    Without a crop the largest part of the right proportion is cut from the middle.
    """
    check_size(content)
    if media_type_of(content) == PDF:
        raise PaperRefused("photo_is_pdf")
    # A small part of a large picture needs the large picture's pixels.
    share = min(crop.width, crop.height) if crop else 0.5
    sharp_enough = (int(PHOTO_MOST[0] / max(share, 0.1)), int(PHOTO_MOST[1] / max(share, 0.1)))
    image, given = decoded(content, sharp_enough)
    box = crop.box(image.size) if crop else middle_of(image.size)
    scale = given[0] / image.width
    cut = (round((box[2] - box[0]) * scale), round((box[3] - box[1]) * scale))
    portrait = image.crop(box)
    facts = photo_facts(portrait, cut)
    portrait.thumbnail(PHOTO_MOST)
    refuse_individual_number(portrait)
    return Photo(Paper(JPEG, encoded(portrait)), facts)


def middle_of(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box of 35 × 45 in the middle; the whole picture where it fits already, or where it is no portrait."""
    width, height = size
    given = width / height
    if abs(given - PROPORTION) <= PROPORTION_TOLERANCE or not 1 / LONGEST_SIDES <= given <= LONGEST_SIDES:
        return 0, 0, width, height
    if given > PROPORTION:
        kept = round(height * PROPORTION)
        return (width - kept) // 2, 0, (width - kept) // 2 + kept, height
    kept = round(width / PROPORTION)
    return 0, (height - kept) // 2, width, (height - kept) // 2 + kept


def read_paper(content: bytes) -> Paper:
    """A scanned or photographed sheet.  Raises `PaperRefused`, also for a sheet whose code holds a 個人番号."""
    check_size(content)
    if media_type_of(content) == PDF:
        check_pdf(content)
        return Paper(PDF, content)
    image, _ = decoded(content, PAGE_MOST)
    refuse_individual_number(image)
    return Paper(JPEG, encoded(image))


def codes_of(content: bytes) -> tuple[str, ...]:
    """The codes on a scanned picture.  Raises `PaperRefused` for what is no picture."""
    check_size(content)
    if media_type_of(content) == PDF:
        raise PaperRefused("scan_is_pdf")
    return codes_on(decoded(content, PAGE_MOST)[0])


def refuse_individual_number(image: Image.Image) -> None:
    """The reverse of a マイナンバーカード carries the number as a square code; such a picture is never stored."""
    if any(holds_individual_number(code) for code in codes_on(image)):
        raise PaperRefused("individual_number")


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
            flat = on_white(upright(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise PaperRefused("too_many_pixels") from bomb
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as broken:
        raise PaperRefused("broken_image") from broken
    if (width > height) != (flat.width > flat.height):
        width, height = height, width
    flat.thumbnail(most)
    return flat, (width, height)


def upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF says.  Nothing else of it is read or written: Pillow's own turning writes all of it anew, and
    fails at a tag of the wrong type, which honest cameras make too.
    """
    try:
        told = image.getexif().get(ORIENTATION)
    except STUMBLES:
        return image
    turn = _TURNS.get(told) if isinstance(told, int) else None
    return image if turn is None else image.transpose(turn)


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
