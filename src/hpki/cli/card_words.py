"""What `hpki card` says to people, in Japanese and English."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hpki.card.objects import CardApplication


@dataclass(frozen=True)
class Sentence:
    """One sentence in two languages; `{names}` are filled in."""

    ja: str
    en: str

    def say(self, lang: str, **facts: object) -> str:
        """The sentence in one language."""
        return (self.ja if lang == "ja" else self.en).format(**facts)


KINDS: Final[Mapping[CardApplication, Sentence]] = MappingProxyType(
    {
        CardApplication.SIGNING: Sentence("署名", "signing"),
        CardApplication.AUTHENTICATION: Sentence("認証", "authentication"),
        CardApplication.PRESENCE: Sentence("在席", "presence"),
    }
)

ASK_PIN: Final = Sentence("{kind}用PIN: ", "PIN of the {kind} application: ")
ASK_NEW_PIN: Final = Sentence(
    "新しい{kind}用PIN（4～16文字）: ", "New PIN of the {kind} application (4 to 16 characters): "
)
ASK_AGAIN: Final = Sentence("もう一度: ", "Again: ")
ASK_PUK: Final = Sentence("PUK（PIN通知書に記載）: ", "PUK (in your PIN letter): ")
ASK_PASSPHRASE: Final = Sentence("カードファイルのパスフレーズ: ", "Passphrase of the card file: ")
NOT_THE_SAME: Final = Sentence(
    "2回の入力が違います。もう一度やり直してください。", "The two entries differ. Please start again."
)
NO_TERMINAL: Final = Sentence(
    "入力できる端末がありません。{option} でファイルを指定してください。",
    "There is no terminal to ask at: name a file with {option}.",
)

WRONG_PIN: Final = Sentence(
    "{kind}用PINが違います。あと{left}回間違えるとロックされます。",
    "Wrong PIN of the {kind} application. Tries left before it is locked: {left}.",
)
LOCKED: Final = Sentence(
    "{kind}用PINはロックされています。PIN通知書のPUKで解除できます: hpki card unblock --application {name}\n"
    "PUKが分からないときは、カードを受け取った窓口にご連絡ください（カードの再発行になります）。",
    "The PIN of the {kind} application is locked. The PUK in your PIN letter unlocks it: "
    "hpki card unblock --application {name}\n"
    "Without the PUK, ask the desk that gave you the card: it will issue a new one.",
)
WRONG_PUK: Final = Sentence(
    "PUKが違います。あと{left}回間違えるとカードは使えなくなります。",
    "Wrong PUK. Tries left before the card cannot be used any more: {left}.",
)
PUK_LOCKED: Final = Sentence(
    "PUKもロックされています。カードを受け取った窓口にご連絡ください（カードの再発行になります）。",
    "The PUK is locked too. Ask the desk that gave you the card: it will issue a new one.",
)

NO_READERS: Final = Sentence("カードリーダーが接続されていません。", "No card reader is connected.")
EMPTY: Final = Sentence("カードなし", "empty")
NOT_HPKI: Final = Sentence("HPKIカードではありません", "not an HPKI card")
HAS: Final = Sentence("HPKIカード（{kinds}）", "HPKI card ({kinds})")
NO_CERTIFICATE: Final = Sentence("証明書はまだありません", "no certificate yet")
TRIES_LEFT: Final = Sentence("残り{left}回", "tries left: {left}")
IS_LOCKED: Final = Sentence("ロック中", "locked")
NO_PIN: Final = Sentence("不要", "none needed")

PIN_CHANGED: Final = Sentence("{kind}用PINを変更しました。", "The PIN of the {kind} application is changed.")
UNLOCKED: Final = Sentence(
    "{kind}用PINのロックを解除し、新しいPINを設定しました。",
    "The {kind} application is unlocked and has its new PIN.",
)
SIGNED: Final = Sentence(
    "署名を {path} に書き、カードの証明書で検証しました。",
    "The signature is in {path}; it verifies with the card's certificate.",
)

IN_READER: Final = Sentence(
    "カードをリーダーに入れました（{view}）。Ctrl-C で抜きます。",
    "The card is in the reader ({view}). Ctrl-C pulls it.",
)
ALREADY_MADE: Final = Sentence(
    "{path} のカードは発行済みです。", "The card in {path} is personalised already."
)
KEYS_MADE: Final = Sentence(
    "カードの中で鍵を作り、公開鍵を {folder} に書きました。証明書を {folder} に置き、"
    "hpki card personalise --card {path} --certificates {folder} を実行してください。",
    "The keys were made on the card; their public halves are in {folder}. Put the certificates there and run "
    "hpki card personalise --card {path} --certificates {folder}",
)
MADE: Final = Sentence(
    "カード {card_id} を {path} に作りました（{layout}）。デモ用で、本番の証明書ではありません。",
    "Card {card_id} is in {path} ({layout}). It is for demonstration: its certificates are not for production.",
)
MADE_WITH_GIVEN: Final = Sentence(
    "カード {card_id} を {path} に作りました（{layout}）。", "Card {card_id} is in {path} ({layout})."
)
FILES: Final = Sentence("  {path}  {what}", "  {path}  {what}")
NEXT: Final = Sentence("次に試すこと:", "Try next:")

WHAT_PASSPHRASE: Final = Sentence("カードファイルのパスフレーズ", "passphrase of the card file")
WHAT_PIN: Final = Sentence("{kind}用PIN", "PIN of the {kind} application")
WHAT_PUK: Final = Sentence("PUK", "PUK")
WHAT_AUTHORITIES: Final = Sentence("認証局の証明書（PEM）", "the authorities' certificates (PEM)")


def terminal_language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the terminal: POSIX order LC_ALL, LC_MESSAGES, LANG."""
    chosen = next((environment[key] for key in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(key)), "")
    return "ja" if chosen.startswith("ja") else "en"
