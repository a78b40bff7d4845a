"""Variables that take a word of a few, or a word with a name behind it."""

import os


def one_of(variable: str, default: str, *forms: str) -> str:
    """What the environment says for `variable`, of a form such as `chrony` or `file:PATH`; the default when it is empty or absent.

    Raises SystemExit with a sentence for anything else.
    """
    given = os.environ.get(variable) or default
    kind, colon, name = given.partition(":")
    known = any(
        (kind, colon, bool(name)) == (form.partition(":")[0], ":" if ":" in form else "", ":" in form)
        for form in forms
    )
    if given and not known:
        raise SystemExit(f"{variable} cannot be used: write {' or '.join(forms)}.")
    return given
