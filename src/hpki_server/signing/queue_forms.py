"""What a holder types and chooses about documents to sign: web input becomes one frozen command."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from pathlib import PurePath
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from hpki_server.authority.time_stamp_models import TimeStampUnit
from hpki_server.signing.forms import Upload
from hpki_server.signing.level_words import LEVEL_WORDS, OFFERED
from hpki_server.signing.queue_rules import DOCUMENT_OCTETS
from hpki_server.signing.services.depositing import Deposit
from hpki_server.signing.services.keeping import CHOICES

MOST_AT_ONCE = 50
LONGEST_REASON = 300


def can_stamp(at: dt.datetime) -> bool:
    """Whether this installation has a time-stamp unit; without one only plain signatures are offered."""
    in_force = Q(not_before__lte=at, not_after__gte=at)
    return TimeStampUnit.objects.filter(in_force, state=TimeStampUnit.State.SIGNED).exists()


def _level_choice(level: str) -> tuple[str, SafeString]:
    words = LEVEL_WORDS[level]
    return level, format_html('<b>{}</b><span class="small why">{}</span>', words.short, words.sentence)


class OwnDocumentForm(forms.Form):
    document = forms.FileField(
        label=_("お手元の文書"),
        help_text=_("PDF・XML・文章など。10 MB まで。"),
        error_messages={
            "required": _("文書を選んでください。"),
            "empty": _("空のファイルです。別の文書を選んでください。"),
        },
    )
    title = forms.CharField(
        label=_("題名"),
        max_length=120,
        required=False,
        help_text=_("一覧に表示します。空欄のときは、ファイルの名前になります。"),
    )
    level = forms.ChoiceField(label=_("署名の種類"), widget=forms.RadioSelect, initial="B")

    def __init__(self, *args: object, at: dt.datetime, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own, passed on
        offered = OFFERED if can_stamp(at) else OFFERED[:1]
        self.fields["level"].choices = [_level_choice(level) for level in offered]  # type: ignore[attr-defined]  # a ChoiceField has them
        if len(offered) > 1:
            self.fields["level"].initial = "T"

    def clean_document(self) -> Upload:
        document: Upload = self.cleaned_data["document"]
        if (document.size or 0) > DOCUMENT_OCTETS:
            raise forms.ValidationError(_("文書が大きすぎます。10 MB までの文書に署名できます。"))
        return document

    def deposit(self) -> Deposit:
        """What to deposit; only after is_valid()."""
        document: Upload = self.cleaned_data["document"]
        name = document.name or "document"
        title = self.cleaned_data["title"].strip() or PurePath(name).stem
        return Deposit(octets=document.read(), file_name=name, title=title, level=self.cleaned_data["level"])


class SignedElsewhereForm(forms.Form):
    signed = forms.FileField(
        label=_("署名済みの文書"),
        help_text=_("ほかのソフトで署名したファイル。別ファイルの署名（.p7s）のときは、その署名です。"),
        error_messages={
            "required": _("文書を選んでください。"),
            "empty": _("空のファイルです。別の文書を選んでください。"),
        },
    )

    def octets(self) -> bytes:
        """Only after is_valid()."""
        signed: Upload = self.cleaned_data["signed"]
        return bytes(signed.read())


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("署名しない理由"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("依頼元に、このまま伝わります。例：宛名が違っています。"),
        error_messages={"required": _("署名しない理由を入れてください。")},
    )


def _terms() -> list[tuple[int, str]]:
    return [(days, gettext("1 年") if days == 365 else gettext("%d 日") % days) for days in CHOICES]


class KeepForm(forms.Form):
    days = forms.TypedChoiceField(
        label=_("残す期間"),
        coerce=int,
        choices=_terms,
    )


def chosen(values: Sequence[str]) -> list[UUID]:
    """The documents that somebody ticked; what is no identifier is left out, what stands there twice counts once."""
    found: dict[UUID, None] = {}
    for value in values[:MOST_AT_ONCE]:
        with suppress(ValueError):
            found[UUID(value)] = None
    return list(found)
