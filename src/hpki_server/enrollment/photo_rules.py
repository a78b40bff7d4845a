"""Is a portrait fit for a card face?  Measured facts in, reasons in words out."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from hpki_server.people.denial import Denial

# The photo is 35 × 45 mm; 300 dots per inch is the least that prints clean.
WIDTH_LEAST, HEIGHT_LEAST = 413, 531
PROPORTION = 35 / 45
PROPORTION_TOLERANCE = 0.03
# Mean luminance, 0 (black) to 255 (white).
DARKEST, BRIGHTEST = 70.0, 242.0
MIDDLE_DARKEST, MIDDLE_BRIGHTEST = 55.0, 235.0
CONTRAST_LEAST = 18.0
# photo_measures.blur_of: at 300 dots per inch a blur of 1 pixel measures 0.50, of 1.5 pixels 0.65, of 2 pixels 0.75.
BLURRIEST = 0.70
# Above this the corners show more than an even wall, and where the person stands cannot be told.
PLAINEST_WALL = 14.0
# Hundredths.  35 × 45 mm with 4 ± 2 mm above the head: the head begins at 4–13 of 100; we refuse only far outside.
TOP_LEAST, TOP_MOST, NARROWEST = 1, 33, 40


@dataclass(frozen=True)
class Standing:
    """Where the person stands out from the wall, in hundredths of the picture's height and width."""

    top: int
    left: int
    right: int


@dataclass(frozen=True)
class PhotoFacts:
    """Pixels as given (upright), luminance of the whole and of the middle, sharpness, the wall and the person."""

    width: int
    height: int
    brightness: float
    middle_brightness: float
    contrast: float
    blur: float = 0.0
    wall_spread: float = 0.0
    standing: Standing | None = None


def too_small(facts: PhotoFacts) -> Denial | None:
    if facts.width >= WIDTH_LEAST and facts.height >= HEIGHT_LEAST:
        return None
    return Denial(
        "photo_too_small",
        _("写真の画素が足りません。横 413・縦 531 ピクセル以上の写真をお選びください。"),
    )


def wrong_proportion(facts: PhotoFacts) -> Denial | None:
    if abs(facts.width / facts.height - PROPORTION) <= PROPORTION_TOLERANCE:
        return None
    return Denial(
        "photo_proportion",
        _("写真の縦横の比が、縦 45 mm・横 35 mm と異なります。パスポート用の大きさに切り抜いてください。"),
    )


def too_dark(facts: PhotoFacts) -> Denial | None:
    if facts.brightness >= DARKEST and facts.middle_brightness >= MIDDLE_DARKEST:
        return None
    return Denial(
        "photo_too_dark",
        _("写真が暗く、お顔の輪郭が読み取れません。明るい場所で撮り直してください。"),
    )


def too_bright(facts: PhotoFacts) -> Denial | None:
    if facts.brightness <= BRIGHTEST and facts.middle_brightness <= MIDDLE_BRIGHTEST:
        return None
    return Denial(
        "photo_too_bright",
        _("写真が明るすぎて、お顔が白く飛んでいます。光を弱くして撮り直してください。"),
    )


def flat(facts: PhotoFacts) -> Denial | None:
    # A picture that is black or white all over is flat as well; saying so once is enough.
    if facts.contrast >= CONTRAST_LEAST or too_dark(facts) or too_bright(facts):
        return None
    return Denial(
        "photo_flat",
        _("写真の明暗の差が小さく、お顔が読み取れません。別の写真をお選びください。"),
    )


def blurred(facts: PhotoFacts) -> Denial | None:
    # A flat picture has no edges at all; it is told so already.
    if facts.blur <= BLURRIEST or flat(facts) or too_dark(facts) or too_bright(facts):
        return None
    return Denial(
        "photo_blurred",
        _(
            "写真がぼやけています。カメラを固定し、お顔にピントを合わせて撮り直してください。小さな写真を拡大したものは使えません。"
        ),
    )


def standing_before_plain_wall(facts: PhotoFacts) -> Standing | None:
    """Size and place of a person are told only where the wall is even; elsewhere an officer looks."""
    return facts.standing if facts.wall_spread <= PLAINEST_WALL else None


def head_cut(facts: PhotoFacts) -> Denial | None:
    standing = standing_before_plain_wall(facts)
    if standing is None or standing.top >= TOP_LEAST:
        return None
    return Denial(
        "photo_head_cut",
        _("頭の上が写真の端にかかっています。頭の上に少し余白を残して切り抜いてください。"),
    )


def face_too_small(facts: PhotoFacts) -> Denial | None:
    standing = standing_before_plain_wall(facts)
    if standing is None:
        return None
    if standing.top <= TOP_MOST and standing.right - standing.left >= NARROWEST:
        return None
    return Denial(
        "photo_face_too_small",
        _("お顔が小さく写っています。頭の先から肩までが枠いっぱいになるように、拡大して切り抜いてください。"),
    )


PHOTO_RULES = (
    too_small,
    wrong_proportion,
    too_dark,
    too_bright,
    flat,
    blurred,
    head_cut,
    face_too_small,
)


def photo_denials(facts: PhotoFacts) -> list[Denial]:
    """Every reason why the photo does not fit."""
    return [denial for rule in PHOTO_RULES if (denial := rule(facts)) is not None]
