"""The number of a case as a square that a desk's reader takes in."""

import io

import segno


def qr_svg(text: str) -> str:
    """`text` as a QR code (ISO/IEC 18004, level M), an SVG without margin; the layout leaves the quiet zone."""
    svg = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        svg, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True, svgclass=None, lineclass=None
    )
    return svg.getvalue().decode("utf-8")
