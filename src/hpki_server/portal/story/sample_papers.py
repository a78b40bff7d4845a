"""Drawn stand-ins for the papers that an applicant scans; every one says 見本."""

import io

from PIL import Image, ImageDraw, ImageFont

from hpki_server.people.typesetting.glyphs import font_file

A4_AT_120_DPI = (992, 1403)
CARD_AT_300_DPI = (1011, 638)


def licence_copy(name: str, number: str, registered_on: str) -> bytes:
    """A copy of a 医師免許証, as JPEG."""
    lines = (
        "医師免許証（写し）",
        "",
        name,
        "",
        f"医籍登録番号　第 {number} 号",
        f"登録年月日　{registered_on}",
    )
    return _sheet(A4_AT_120_DPI, lines, text_size=44)


def driving_licence_copy(name: str, address: str) -> bytes:
    """A copy of a 運転免許証, as JPEG."""
    return _sheet(CARD_AT_300_DPI, ("運転免許証（写し）", "", name, address), text_size=38)


def _sheet(size: tuple[int, int], lines: tuple[str, ...], *, text_size: int) -> bytes:
    picture = Image.new("RGB", size, "#fdfdf8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((24, 24, size[0] - 25, size[1] - 25), outline="#595959", width=4)
    for row, line in enumerate(lines):
        draw.text((90, 110 + row * text_size * 2), line, fill="#1a1a1a", font=_typeface(text_size))
    draw.text((size[0] - 330, size[1] - 190), "見本", fill="#ce0000", font=_typeface(110))
    jpeg = io.BytesIO()
    picture.save(jpeg, "JPEG", quality=85)
    return jpeg.getvalue()


def _typeface(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_file(), size)
