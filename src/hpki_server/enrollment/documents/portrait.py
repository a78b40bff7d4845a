"""The photograph, brought to the proportions and resolution of print."""

import io

from PIL import Image, ImageOps

WIDTH_MM, HEIGHT_MM = 35, 45  # the passport's format, which the application asks for
DOTS = (827, 1063)  # that size at 600 dpi; more is not printed
MAX_PIXELS = 40_000_000


class UnreadablePhoto(ValueError):
    """The bytes are no JPEG or PNG picture, or one of absurd size."""


def printable_jpeg(photo: bytes) -> bytes:
    """Upright, cut to 35:45 around the upper middle (where a face is), no larger than 600 dpi, as JPEG."""
    try:
        with Image.open(io.BytesIO(photo), formats=("JPEG", "PNG")) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                raise UnreadablePhoto("写真の画素数が多すぎます。")
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError) as error:
        raise UnreadablePhoto("写真を JPEG または PNG として読めません。") from error
    size = DOTS if upright.width >= DOTS[0] else (upright.width, round(upright.width * HEIGHT_MM / WIDTH_MM))
    fitted = ImageOps.fit(upright, size, method=Image.Resampling.LANCZOS, centering=(0.5, 0.4))
    jpeg = io.BytesIO()
    fitted.save(jpeg, "JPEG", quality=90)
    return jpeg.getvalue()
