"""An empty field is told what to do, not which rule it broke: in every form of every room."""

from django import forms
from django.utils.translation import gettext_lazy as _


def speak_kindly() -> None:
    """Called before any form is defined: a field takes its sentences when it is made."""
    forms.Field.default_error_messages["required"] = _("ご記入ください。")
    # A class of its own words: this one has none yet, and writing into what it inherits would speak for every field.
    forms.BooleanField.default_error_messages = {"required": _("印を付けてください。")}
    forms.FileField.default_error_messages["required"] = _("ファイルをお選びください。")
    for choice in (forms.ChoiceField, forms.ModelChoiceField):
        choice.default_error_messages["required"] = _("お選びください。")
