"""Codes and denials in the reader's language."""

from django.forms import BaseForm
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from hpki_server.people.denial import Denied
from hpki_server.people.models import Organisation

_REFUSALS = {
    "empty": gettext_lazy("ファイルが空です。もう一度お選びください。"),
    "too_large": gettext_lazy("ファイルが大きすぎます。8 MB までのファイルをお選びください。"),
    "too_many_pixels": gettext_lazy("画像の画素数が多すぎます。小さく保存し直してください。"),
    "unknown_type": gettext_lazy("JPEG・PNG・PDF のいずれでもありません。形式を変えて保存し直してください。"),
    "photo_is_pdf": gettext_lazy("顔写真は JPEG か PNG でお送りください。"),
    "broken_image": gettext_lazy(
        "画像を開けませんでした。ファイルが途中で切れているようです。もう一度保存してお送りください。"
    ),
    "crop_outside": gettext_lazy("切り抜きの枠が写真からはみ出しています。枠を合わせ直してください。"),
    "scan_is_pdf": gettext_lazy("読み取る画像は JPEG か PNG でお選びください。"),
    "individual_number": gettext_lazy(
        "マイナンバー（個人番号）を示すコードが写っています。この画像は保存していません。マイナンバーカードは表面だけをお送りください。"
    ),
    "image_unseen": gettext_lazy(
        "この PDF には、当センターで中を確かめられない画像が入っています。300 dpi でスキャンし直すか、JPEG か PNG でお送りください。"
    ),
    "busy": gettext_lazy(
        "いまは多くのファイルを確かめています。このファイルは保存していません。1 分ほど待ってから、もう一度お送りください。"
    ),
    "reverse_side": gettext_lazy(
        "マイナンバーカードの裏面は受け取れません。この画像は保存していません。表面をお送りください。"
    ),
    "pdf_refused": gettext_lazy(
        "この PDF は受け取れません（暗号化・プログラム・添付ファイルを含むもの、または 20 ページを超えるもの）。紙をスキャンし直してお送りください。"
    ),
}


def sentences(denied: Denied) -> list[str]:
    return [str(denial.sentence) for denial in denied.denials]


def refusal_words(code: str) -> str:
    """What happened and what to do, for a refused upload."""
    return str(_REFUSALS[code]) if code in _REFUSALS else _("ファイルを受け取れませんでした。")


def add_denials(form: BaseForm, denied: Denied) -> None:
    """The rules' answer in the place where a form's own errors stand."""
    for denial in denied.denials:
        form.add_error(None, str(denial.sentence))


def name_of(organisation: Organisation) -> str:
    """The office's name in the reader's language, where it has one."""
    speaks_japanese = (get_language() or "ja").startswith("ja")
    return organisation.name if speaks_japanese or not organisation.name_en else organisation.name_en
