"""The transcript as text: to be read aloud, compared and signed by hand."""

import textwrap
from typing import Final

from hpki_server.authority.ceremony.transcript import Fact, Step, Transcript

_WORDS: Final = {
    "opened": "The ceremony was opened and the reviewed file was read",
    "resumed": "The ceremony was interrupted and taken up again",
    "issuer_found": "The issuing authority was found",
    "shares_made": "The activation secret was made and shared out to the custodians",
    "shares_presented": "Custodians presented their shares",
    "token_pin_set": "The token's PIN was replaced by the activation secret",
    "key_intended": "The key is about to be made",
    "key_made": "The key was made",
    "linted": "The certificate was prepared; the lints found nothing",
    "signed": "The certificate was signed over the linted bytes",
    "list_signed": "A revocation list was signed",
    "registered": "The authority was registered with the server",
    "closed": "The ceremony was closed",
}

_LONG: Final = 200
_ROLES: Final = {"conductor": "Conductor", "witnesses": "Witness", "custodians": "Custodian"}


def paper(transcript: Transcript) -> str:
    """The whole transcript; the same steps always give the same text."""
    parts = ["KEY CEREMONY TRANSCRIPT", ""]
    for step in transcript.steps:
        parts += _step(step)
    parts += ["Hash of the last step, to be read aloud and compared:", *_read_aloud(transcript.head), ""]
    if transcript.is_closed:
        parts += ["Signed by hand:", ""]
        parts += [line for name in _people(transcript) for line in (f"{name}: ", "_" * 60, "")]
    return "\n".join(parts)


def _step(step: Step) -> list[str]:
    lines = [f"{step.number}. {_WORDS.get(step.name, step.name)}", f"   at {step.at}"]
    # Short facts first; a transcript read back from its file has lost the order in which they were written.
    for name, value in sorted(step.facts.items(), key=lambda fact: (_is_long(fact[1]), fact[0])):
        lines += _fact(name, value)
    return [*lines, f"   hash {step.hash()}", ""]


def _is_long(value: Fact) -> bool:
    return isinstance(value, str) and (len(value) > _LONG or "\n" in value)


def _fact(name: str, value: Fact) -> list[str]:
    words = name.replace("_", " ")
    if isinstance(value, str) and "\n" in value:
        return [f"   {words}:", *textwrap.indent(value.rstrip("\n"), "     | ").split("\n")]
    if isinstance(value, list):
        return [f"   {words}:", *(f"     - {entry}" for entry in value)]
    if isinstance(value, str) and len(value) > _LONG:
        return [f"   {words}:", *textwrap.wrap(value, 96, initial_indent="     ", subsequent_indent="     ")]
    return [f"   {words}: {'none' if value is None else value}"]


def _read_aloud(digest: str) -> list[str]:
    groups = [digest[start : start + 4] for start in range(0, len(digest), 4)]
    return ["   " + " ".join(groups[:8]), "   " + " ".join(groups[8:])]


def _people(transcript: Transcript) -> list[str]:
    """Who was there, once each, in the order in which they came."""
    people: dict[str, None] = {}
    for step in transcript.steps:
        for fact, role in _ROLES.items():
            value = step.facts.get(fact)
            names = value if isinstance(value, list) else [value] if isinstance(value, str) else []
            people |= dict.fromkeys(f"{role} {name}" for name in names)
    return list(people)
