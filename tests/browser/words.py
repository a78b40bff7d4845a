"""The words on the pages that the journey looks for, in both languages, from the product's own catalogue."""

from django.utils.translation import gettext, override


class Words:
    """`words("送る")` is what the page says in this language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, japanese: str, **values: object) -> str:
        with override(self.language):
            return gettext(japanese) % values if values else gettext(japanese)
