"""A drawn portrait, because a demonstration shows no real person."""

import io
from collections.abc import Callable

from PIL import Image, ImageChops, ImageDraw

SIZE = (826, 1062)  # 35 × 45 mm at 600 dpi
SCALE = 3  # drawn larger and shrunk, for smooth edges
SKIN, SHADE, BROW = "#f2d3bd", "#e3b99e", "#3b312d"
FACE = (31, 33, 69, 88)

Points = Callable[..., list[float]]


def portrait_jpeg(*, hair: str = "#2f2826", coat: str = "#fbfbfc", ground: str = "#cfdfec") -> bytes:
    """A front view from the shoulders up on an even ground, as JPEG."""
    picture = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), ground)
    draw = ImageDraw.Draw(picture)

    def at(*hundredths: float) -> list[float]:
        return [value * SIZE[0] * SCALE / 100 for value in hundredths]

    draw.rounded_rectangle(at(26, 22, 74, 93), radius=at(22)[0], fill=hair)
    _shoulders(draw, at, coat)
    _face(draw, at)
    _features(draw, at)
    _fringe(picture, at, hair)
    jpeg = io.BytesIO()
    picture.resize(SIZE, Image.Resampling.LANCZOS).save(jpeg, "JPEG", quality=92, dpi=(600, 600))
    return jpeg.getvalue()


def _shoulders(draw: ImageDraw.ImageDraw, at: Points, coat: str) -> None:
    draw.rounded_rectangle(at(9, 97, 91, 160), radius=at(17)[0], fill=coat, outline="#d5d9e0", width=6)
    draw.polygon(at(40, 97, 60, 97, 50, 122), fill="#9db7cf")
    draw.rectangle(at(42, 78, 58, 96), fill=SHADE)
    draw.chord(at(42, 86, 58, 105), 0, 180, fill=SHADE)
    draw.polygon(at(40, 95, 32, 99, 47, 128.57, 50, 122), fill="#ffffff", outline="#d5d9e0", width=6)
    draw.polygon(at(60, 95, 68, 99, 53, 128.57, 50, 122), fill="#ffffff", outline="#d5d9e0", width=6)


def _face(draw: ImageDraw.ImageDraw, at: Points) -> None:
    draw.ellipse(at(29, 57, 35, 68), fill=SHADE)
    draw.ellipse(at(65, 57, 71, 68), fill=SHADE)
    draw.ellipse(at(*FACE), fill=SKIN)


def _fringe(picture: Image.Image, at: Points, hair: str) -> None:
    """Hair parted at one side: two lobes, as far as they lie on the face."""
    lobes, face = Image.new("L", picture.size), Image.new("L", picture.size)
    draw = ImageDraw.Draw(lobes)
    draw.ellipse(at(8, 22, 43.5, 59), fill=255)
    draw.ellipse(at(37, 14, 90, 53), fill=255)
    ImageDraw.Draw(face).ellipse(at(*FACE), fill=255)
    picture.paste(hair, mask=ImageChops.multiply(lobes, face))


def _features(draw: ImageDraw.ImageDraw, at: Points) -> None:
    for middle in (41.5, 58.5):
        draw.ellipse(at(middle - 3.4, 59.4, middle + 3.4, 63.6), fill="#ffffff")
        draw.ellipse(at(middle - 2, 59.4, middle + 2, 63.4), fill=BROW)
        draw.arc(at(middle - 4.2, 58.6, middle + 4.2, 66), 200, 340, fill=BROW, width=16)
        draw.arc(at(middle - 5.5, 53.8, middle + 5.5, 62), 215, 325, fill=BROW, width=22)
    draw.arc(at(47.4, 66, 52.6, 72.4), 25, 155, fill="#c98f74", width=18)
    draw.arc(at(43.5, 68, 56.5, 79), 40, 140, fill="#b5554f", width=22)
