"""What can go wrong in the library, as one tree.

::

    HpkiError
    ├── MalformedInput          bytes from outside do not follow their standard; says what and where
    ├── ProfileViolation        a certificate or list was about to be made that its profile forbids
    ├── TimeStampRefused        a time-stamp is not given; `failure` is the bit of RFC 3161's PKIFailureInfo
    ├── NotExtended             a signature cannot be given more for the long term with what is at hand
    ├── ProofFailed             a proof about the audit chain does not hold
    ├── SignatureMismatch       what came back from the key is not what was linted
    ├── KeyError_
    │   ├── KeyUnavailable      the token, file or key is not there (or not reachable) now
    │   ├── KeyRefused          the token answered and said no (mechanism, attribute, policy)
    │   └── WrongPassphrase     a key file, share set or token PIN does not open
    ├── FetchError
    │   ├── AddressRefused      an address that is never asked: no http, or not public
    │   ├── FetchLimit          too much: octets, time, redirects, questions
    │   └── Unreachable         no answer, or one that says no
    ├── ServerRefused           a server's API said no; `code` is for programs
    ├── TrustListRefused        a trust list is not signed by its publisher, out of date or older than what is kept
    └── CardError
        ├── CardUnavailable     no reader, no card, the card was pulled
        ├── NotOnCard           the card has no such application, key, PIN or certificate
        ├── CardRefused         a status word that the client did not expect
        ├── ReadBackDiffers     what the card gives back is not what was written to it
        ├── WrongPin            the PIN is wrong; `tries_left` says how many remain
        ├── PinBlocked          no tries remain; the PUK or the desk helps
        └── CardStateCorrupt    the stored state of a virtual card does not open
"""

from collections.abc import Sequence


class HpkiError(Exception):
    """Root of every error the library raises on purpose.  The message is a sentence for people."""


class MalformedInput(HpkiError):
    """Bytes from outside do not follow their standard."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")
        self.what = what
        self.why = why


class ProfileViolation(HpkiError):
    """A candidate broke its profile; `findings` name every breach with its clause."""

    def __init__(self, findings: Sequence[object]) -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class TimeStampRefused(HpkiError):
    """A time-stamp is not given; `failure` is the bit of PKIFailureInfo that says why (RFC 3161 2.4.2)."""

    def __init__(self, failure: int, why: str) -> None:
        super().__init__(why)
        self.failure = failure


class NotExtended(HpkiError):
    """A signature cannot be given more for the long term: it is broken already, or what it needs is not at hand."""


class ProofFailed(HpkiError):
    """A proof about the audit chain does not lead from what it speaks of to the root."""


class SignatureMismatch(HpkiError):
    """The signed bytes differ from the linted ones, or the signature does not verify."""


class KeyError_(HpkiError):  # noqa: N801 - the trailing underscore keeps the built-in KeyError apart
    """A key could not be used."""


class KeyUnavailable(KeyError_):
    """The token, file or key is not there now; nothing was signed."""


class KeyRefused(KeyError_):
    """The token answered and refused."""


class WrongPassphrase(KeyError_):
    """A key file, a set of shares or a token does not open with what was given."""


class FetchError(HpkiError):
    """Something could not be fetched; `url` says what."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url = url
        self.why = why


class AddressRefused(FetchError):
    """An address that is never asked: no http or https, or not a public one."""


class FetchLimit(FetchError):
    """It took more octets, time, redirects or questions than allowed."""


class Unreachable(FetchError):
    """No answer came, or one that says no."""


class ServerRefused(HpkiError):
    """A server's API said no, with a code for programs and a sentence for people."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{sentence} ({code})" if sentence else f"the server answered {status} ({code})")
        self.status = status
        self.code = code


class TrustListRefused(HpkiError):
    """A trust list is not signed by its publisher, out of date, or older than the one at hand."""


class CardError(HpkiError):
    """A card could not do what was asked."""


class CardUnavailable(CardError):
    """No reader, no card, or the card was pulled."""


class NotOnCard(CardError):
    """The card has no such application, key, PIN or certificate."""


class CardRefused(CardError):
    """A status word that the client did not expect."""

    def __init__(self, doing: str, status_word: int) -> None:
        super().__init__(f"{doing}: the card answered {status_word:04X}")
        self.doing = doing
        self.status_word = status_word


class ReadBackDiffers(CardError):
    """What the card gives back is not what was written to it."""


class WrongPin(CardError):
    """The PIN is wrong."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"wrong PIN; tries left: {tries_left}")
        self.tries_left = tries_left


class PinBlocked(CardError):
    """The PIN is blocked: unblock with the PUK, or ask the desk."""


class CardStateCorrupt(CardError):
    """The stored state of a virtual card does not open: wrong passphrase or damaged file."""
