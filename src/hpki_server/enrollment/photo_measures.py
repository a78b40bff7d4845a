"""What can be measured on a portrait without knowing what a face is: light, sharpness, and where the person stands.

All measures are taken on the portrait brought to one size (35 × 45 mm at 300 dots per inch), so they do not depend on
the camera.  The thresholds stand in photo_rules.py; bench figures in docs/operations/applications.md.
"""

from dataclasses import dataclass

from PIL import Image, ImageChops, ImageFilter, ImageStat

from hpki_server.enrollment.photo_rules import HEIGHT_LEAST, WIDTH_LEAST, PhotoFacts, Standing

MEASURED = (WIDTH_LEAST, HEIGHT_LEAST)
# Steps between neighbours smaller than this are noise of the sensor or of the compression, not edges.
FAINTEST_STEP = 4
# The wall is what the two upper corners show; a step away from it in any colour is the person.
CORNER = 0.12
WALL_TOLERANCE = 40


@dataclass(frozen=True)
class _Wall:
    colour: tuple[int, int, int]
    spread: float


def photo_facts(image: Image.Image, original: tuple[int, int]) -> PhotoFacts:
    """Measures of an upright RGB portrait whose pixels as given were `original`."""
    image = image.resize(MEASURED, Image.Resampling.LANCZOS)
    grey = image.convert("L")
    whole = ImageStat.Stat(grey)
    # The face stands in the middle of an identity photo; a white wall around it must not hide a dark face.
    width, height = grey.size
    middle = ImageStat.Stat(grey.crop((width // 4, height // 5, width * 3 // 4, height * 7 // 10)))
    wall = _wall(image)
    return PhotoFacts(
        width=original[0],
        height=original[1],
        brightness=whole.mean[0],
        middle_brightness=middle.mean[0],
        contrast=whole.stddev[0],
        blur=blur_of(grey),
        wall_spread=wall.spread,
        standing=_standing(image, wall),
    )


def blur_of(grey: Image.Image) -> float:
    """0 (crisp) to 1 (nothing but soft steps), both directions, the worse of the two.

    After Crété-Roffet et al., The Blur Effect (SPIE 6492, 2007): a sharp picture loses most of its steps between
    neighbours when it is blurred once more, a blurred one hardly any.  Single grains of noise are taken out before.
    """
    width, height = grey.size
    inner = grey.crop((width // 8, height // 8, width * 7 // 8, height * 7 // 8))
    calm = inner.filter(ImageFilter.MedianFilter(3))
    return max(_blur_along(calm, 1, 0), _blur_along(calm, 0, 1))


def _blur_along(grey: Image.Image, across: int, down: int) -> float:
    steps = _steps(grey, across, down)
    softer = _steps(grey.filter(ImageFilter.BoxBlur((4 * across, 4 * down))), across, down)
    steps = steps.point([0 if step < FAINTEST_STEP else step for step in range(256)])
    total = ImageStat.Stat(steps).sum[0]
    if total == 0:
        return 1.0
    return float(1 - ImageStat.Stat(ImageChops.subtract(steps, softer)).sum[0] / total)


def _steps(grey: Image.Image, across: int, down: int) -> Image.Image:
    """How much each pixel differs from its neighbour."""
    width, height = grey.size
    return ImageChops.difference(
        grey.crop((across, down, width, height)), grey.crop((0, 0, width - across, height - down))
    )


def _wall(image: Image.Image) -> _Wall:
    width, height = image.size
    side, depth = int(width * CORNER), int(height * CORNER)
    left, right = image.crop((0, 0, side, depth)), image.crop((width - side, 0, width, depth))
    both = Image.new("RGB", (side * 2, depth))
    both.paste(left, (0, 0))
    both.paste(right, (side, 0))
    measured = ImageStat.Stat(both)
    red, green, blue = (int(value) for value in measured.median)
    return _Wall((red, green, blue), max(measured.stddev))


def _standing(image: Image.Image, wall: _Wall) -> Standing | None:
    """Where the person stands before the wall, in hundredths of the picture; None where nothing stands out."""
    apart = ImageChops.difference(image, Image.new("RGB", image.size, wall.colour))
    red, green, blue = apart.split()
    most = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    person = most.point([255 if step > WALL_TOLERANCE else 0 for step in range(256)])
    # Specks are no person: only what stands together survives.
    box = person.filter(ImageFilter.MinFilter(7)).getbbox()
    if box is None:
        return None
    width, height = image.size
    left, top, right, _bottom = box
    return Standing(top=top * 100 // height, left=left * 100 // width, right=right * 100 // width)
