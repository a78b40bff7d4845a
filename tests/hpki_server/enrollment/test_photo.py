"""A portrait is measured, judged in words, and cut where a person chose."""

import io
import struct

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from hpki_server.enrollment import papers
from hpki_server.enrollment.papers import Crop, PaperRefused
from hpki_server.enrollment.photo_rules import BLURRIEST, photo_denials
from hpki_server.portal.story.portrait import portrait_jpeg

WIDTH, HEIGHT = 826, 1062


def portrait() -> Image.Image:
    return Image.open(io.BytesIO(portrait_jpeg())).convert("RGB")


def jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=90)
    return stream.getvalue()


def codes(image: Image.Image, crop: Crop | None = None) -> list[str]:
    return [denial.code for denial in photo_denials(papers.read_photo(jpeg(image), crop).facts)]


def on_wall(size: tuple[int, int], place: tuple[int, int], person: Image.Image) -> Image.Image:
    """The portrait pasted before a larger wall of the same colour."""
    wall = Image.new("RGB", size, person.getpixel((2, 2)))
    wall.paste(person, place)
    return wall


def test_a_good_portrait_passes() -> None:
    assert codes(portrait()) == []


@pytest.mark.parametrize(
    ("radius", "is_refused"), [(0, False), (1, False), (2, False), (4, True), (6, True), (12, True)]
)
def test_blur_is_refused_from_where_a_card_would_show_it(*, radius: int, is_refused: bool) -> None:
    """Radii in pixels of a portrait at 600 dots per inch; a card printer has 300."""
    assert ("photo_blurred" in codes(portrait().filter(ImageFilter.GaussianBlur(radius)))) is is_refused


@pytest.mark.parametrize("radius", [0, 1, 2])
def test_noise_alone_is_not_taken_for_blur(radius: int) -> None:
    grain = Image.effect_noise((WIDTH, HEIGHT), 14).convert("RGB")
    noisy = ImageChops.add(portrait().filter(ImageFilter.GaussianBlur(radius)), grain, 1, -128)
    assert "photo_blurred" not in codes(noisy)


def test_a_small_picture_made_large_is_blurred() -> None:
    assert "photo_blurred" in codes(
        portrait().resize((80, 103)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    )


def test_the_measure_of_blur_grows_with_blur() -> None:
    measures = [
        papers.read_photo(jpeg(portrait().filter(ImageFilter.GaussianBlur(radius)))).facts.blur
        for radius in (0, 1, 2, 3, 4, 6, 8)
    ]
    assert measures == sorted(measures)
    assert measures[0] < BLURRIEST / 2 < BLURRIEST < measures[-1]


def test_a_head_at_the_upper_edge_is_refused() -> None:
    cut = portrait().crop((60, 260, 766, 260 + 908))
    assert codes(cut) == ["photo_head_cut"]


def test_a_person_far_away_is_refused() -> None:
    far = on_wall((WIDTH * 3, HEIGHT * 3), (WIDTH, HEIGHT * 2), portrait())
    assert codes(far) == ["photo_face_too_small"]


def test_before_a_patterned_wall_nothing_is_said_about_size() -> None:
    """Where the person stands cannot be told there; an officer looks."""
    far = on_wall((WIDTH * 3, HEIGHT * 3), (WIDTH, HEIGHT * 2), portrait())
    draw = ImageDraw.Draw(far)
    for x in range(0, far.width, 120):
        draw.line((x, 0, x, 1200), fill=(90, 60, 40), width=40)
    assert codes(far) == []


def test_a_landscape_picture_is_cut_in_its_middle() -> None:
    photo = papers.read_photo(jpeg(on_wall((1600, 1062), (387, 0), portrait())))
    kept = Image.open(io.BytesIO(photo.paper.content))
    assert abs(kept.width / kept.height - 35 / 45) < 0.01
    assert photo_denials(photo.facts) == []


def test_the_part_that_was_chosen_is_cut_by_the_server() -> None:
    wide = on_wall((WIDTH * 2, HEIGHT), (WIDTH, 0), portrait())
    photo = papers.read_photo(jpeg(wide), Crop(left=0.5, top=0, width=0.5, height=1))
    assert (photo.facts.width, photo.facts.height) == (WIDTH, HEIGHT)
    kept = Image.open(io.BytesIO(photo.paper.content)).convert("RGB")
    apart = ImageChops.difference(kept, portrait()).convert("L")
    assert max(apart.tobytes()) < 60


@pytest.mark.parametrize(
    "crop",
    [
        Crop(left=0.6, top=0, width=0.5, height=1),
        Crop(left=-0.2, top=0, width=0.5, height=0.5),
        Crop(left=0, top=0, width=0, height=0),
        Crop(left=0, top=0, width=1, height=0.5),
    ],
)
def test_a_part_outside_the_picture_or_of_another_proportion_is_refused(crop: Crop) -> None:
    with pytest.raises(PaperRefused) as refusal:
        papers.read_photo(jpeg(portrait()), crop)
    assert refusal.value.code == "crop_outside"


def test_too_small_a_part_lacks_pixels() -> None:
    small = Crop(left=0.3, top=0.2, width=0.4, height=0.4)
    assert "photo_too_small" in codes(portrait(), small)


def with_tags(image: Image.Image, turned: int, tag: int, kind: int) -> bytes:
    """EXIF by hand: how the picture lies, and one more tag, of whatever type."""
    entries = struct.pack("<HHII", papers.ORIENTATION, 3, 1, turned) + struct.pack(
        "<HHI4s", tag, kind, 1, b"a"
    )
    exif = b"Exif\x00\x00II*\x00" + struct.pack("<IH", 8, 2) + entries + bytes(4)
    plain = jpeg(image)
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]


def test_a_picture_lies_as_its_camera_says_whatever_else_the_camera_writes() -> None:
    """Pillow's own turning fails at a rational that is a text, and at a number that is an octet."""
    square = Image.new("RGB", (80, 60), "white")
    ImageDraw.Draw(square).rectangle((0, 0, 20, 20), fill="black")
    for turned, dark in ((1, (5, 5)), (3, (75, 55)), (6, (55, 5)), (8, (5, 75))):
        for tag, kind in ((0x011A, 2), (0x00FE, 1), (0x010D, 11)):
            paper = papers.read_paper(with_tags(square, turned, tag, kind))
            with Image.open(io.BytesIO(paper.content)) as upright:
                assert upright.size == ((80, 60) if turned in {1, 3} else (60, 80))
                assert upright.convert("L").crop((*dark, dark[0] + 1, dark[1] + 1)).tobytes()[0] < 60
