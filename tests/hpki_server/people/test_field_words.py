"""An empty field says what this very kind of field waits for."""

import pytest
from django import forms
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    ("field", "words"),
    [
        (forms.CharField(), "ご記入ください。"),
        (forms.IntegerField(), "ご記入ください。"),
        (forms.BooleanField(), "印を付けてください。"),
        (forms.ChoiceField(choices=[("a", "A")]), "お選びください。"),
        (forms.FileField(), "ファイルをお選びください。"),
    ],
    ids=lambda given: type(given).__name__ if isinstance(given, forms.Field) else given,
)
def test_an_empty_field_is_told_what_to_do(field: forms.Field, words: str) -> None:
    with pytest.raises(ValidationError) as told:
        field.clean(None)
    assert told.value.messages == [words]
