"""What people read first about a signature: whether its content has changed, and what to do when it did not pass."""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from hpki.certs.wording import Words
from hpki.signatures.indication import SubIndication as Sub

_UNCHANGED: Final = Words("署名されたときから変わっていません", "Unchanged since it was signed")
# In the order in which the first that applies is told.
_CHANGES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "digest_broken": Words("署名された内容が変わっています", "What was signed has changed"),
        "": Words("変わっていないことを確かめられません", "It cannot be shown that nothing has changed"),
        "pdf_changed_since": Words(
            "署名のあとに、変更が加えられています", "Changes were made after the signature"
        ),
        "pdf_filled_since": Words(
            "署名されたときから変わっていません（署名のあとに、認められた記入があります）",
            "Unchanged since it was signed (something was filled in afterwards, which the signature allows)",
        ),
        "not_at_hand": Words(
            "確かめた部分は変わっていません（手元にないファイルは確かめていません）",
            "What was checked is unchanged (files that are not at hand were not checked)",
        ),
    }
)


def changes_words(codes: Collection[str], *, is_intact: bool) -> Words:
    """Whether what was signed is as it was; `codes` are those of the signature's findings."""
    for code, words in _CHANGES.items():
        if code in codes or (not code and not is_intact):
            return words
    return _UNCHANGED


_REVISION: Final = re.compile(r"revision (\d+)")
_COVERS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "content": Words("署名データの中の文書", "the document inside the signature"),
        "detached content": Words("署名とは別のファイル", "the file beside the signature"),
        "(document)": Words("文書全体", "the whole document"),
    }
)


def covers_words(covered: str, lang: str) -> str:
    """What is under a signature, as people call it; a name that stands in the document stays as it is."""
    if found := _REVISION.fullmatch(covered):
        words = Words("{} 回目に保存されたときの文書全体", "the whole document up to revision {}")
        return words.in_language(lang).format(found[1])
    known = _COVERS.get(covered)
    return covered if known is None else known.in_language(lang)


_SENDER: Final = "差出人に連絡し、"
ADVICE: Final[Mapping[Sub, Words]] = MappingProxyType(
    {
        Sub.FORMAT_FAILURE: Words(
            f"{_SENDER}署名した文書を、署名したままの形でもう一度送ってもらってください。",
            "Ask the sender for the signed document once more, exactly as it was signed.",
        ),
        Sub.HASH_FAILURE: Words(
            f"この文書は使わないでください。{_SENDER}署名したときの文書をもう一度送ってもらってください。",
            "Do not use this document. Ask the sender for the one that was signed.",
        ),
        Sub.SIG_CRYPTO_FAILURE: Words(
            f"この文書は使わないでください。{_SENDER}本人が署名したかどうかを確かめてください。",
            "Do not use this document. Ask the sender whether they signed it.",
        ),
        Sub.REVOKED: Words(
            f"この文書は使わないでください。署名に使われた証明書は失効していました。{_SENDER}事情を確かめてください。",
            "Do not use this document: the certificate had been revoked. Ask the sender.",
        ),
        Sub.EXPIRED: Words(
            f"期限の切れた証明書による署名です。{_SENDER}有効なカードでの署名を依頼してください。",
            "The certificate had expired. Ask the sender for a signature with a card in force.",
        ),
        Sub.NOT_YET_VALID: Words(
            f"証明書の有効期間が始まる前の署名です。{_SENDER}署名し直すよう依頼してください。",
            "It was signed before the certificate was valid. Ask the sender to sign again.",
        ),
        Sub.NO_SIGNING_CERTIFICATE_FOUND: Words(
            f"誰の署名かを確かめられません。{_SENDER}本人の証明書を付けて署名し直すよう依頼してください。",
            "It cannot be said who signed. Ask the sender to sign again with their certificate.",
        ),
        Sub.SIGNED_DATA_NOT_FOUND: Words(
            "署名された元のファイルも一緒に選んで、もう一度検証してください。",
            "Validate again together with the file that was signed.",
        ),
        Sub.NO_CERTIFICATE_CHAIN_FOUND: Words(
            "証明書の発行者が、ここでは信頼されていません。信頼してよい発行者かどうかを、システムの担当者に確かめてください。",
            "The certificate's issuer is not trusted here. Ask your system's administrator whether it may be.",
        ),
        Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE: Words(
            f"証明書に、規格に合わないところがあります。{_SENDER}証明書の発行元に尋ねるよう伝えてください。",
            "The certificate breaks its standard. Tell the sender to ask its issuer.",
        ),
        Sub.CHAIN_CONSTRAINTS_FAILURE: Words(
            f"検証のしかたに合わない証明書です。検証のしかたを確かめ、合っていれば、{_SENDER}医師資格証などの正式なカードでの署名を依頼してください。",
            "The certificate is not of the kind that was asked for. Check how you validate; otherwise ask the sender to sign with the proper card.",
        ),
        Sub.REVOKED_NO_POE: Words(
            f"証明書は失効しており、その前に署名されたという証拠がありません。{_SENDER}いつ署名したかを確かめてください。",
            "The certificate is revoked and nothing proves that it was signed before. Ask the sender when it was.",
        ),
        Sub.REVOKED_CA_NO_POE: Words(
            "証明書の発行者の証明書が失効しています。この署名に頼らず、システムの担当者に確かめてください。",
            "The issuer's certificate is revoked. Do not rely on this signature; ask your system's administrator.",
        ),
        Sub.OUT_OF_BOUNDS_NO_POE: Words(
            f"証明書の期限が過ぎ、期限内に署名されたという証拠がありません。{_SENDER}タイムスタンプの付いた文書がないか尋ねてください。",
            "The certificate has expired and nothing proves that it was signed before. Ask the sender for one with a time-stamp.",
        ),
        Sub.OUT_OF_BOUNDS_NOT_REVOKED: Words(
            f"証明書の期限が過ぎ、期限内に署名されたという証拠がありません。{_SENDER}タイムスタンプの付いた文書がないか尋ねてください。",
            "The certificate has expired and nothing proves that it was signed before. Ask the sender for one with a time-stamp.",
        ),
        Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE: Words(
            f"いまでは弱い暗号による署名です。{_SENDER}新しいカードで署名し直すよう依頼してください。",
            "It was signed with cryptography that is too weak by now. Ask the sender to sign again with a newer card.",
        ),
        Sub.NO_POE: Words(
            f"いつ署名されたかを示す証拠が足りません。{_SENDER}タイムスタンプの付いた文書がないか尋ねてください。",
            "Too little proves when it was signed. Ask the sender for one with a time-stamp.",
        ),
        Sub.TIMESTAMP_ORDER_FAILURE: Words(
            f"タイムスタンプの時刻が食い違っています。{_SENDER}署名したままの文書をもう一度送ってもらってください。",
            "The time-stamps contradict each other. Ask the sender for the document as it was signed.",
        ),
        Sub.SIGNATURE_POLICY_NOT_AVAILABLE: Words(
            "署名の決まりを書いた文書が要ります。システムの担当者に確かめてください。",
            "The text of the signature policy is needed. Ask your system's administrator.",
        ),
        Sub.POLICY_PROCESSING_ERROR: Words(
            "署名の決まりを書いた文書が、署名のときのものと違います。システムの担当者に確かめてください。",
            "The signature policy is not the one that was signed. Ask your system's administrator.",
        ),
        Sub.TRY_LATER: Words(
            "証明書が失効していないかどうかの新しい情報がありません。時間をおいて、もう一度検証してください。続くときは、システムの担当者に知らせてください。",
            "Fresh word on whether a certificate is revoked is not at hand. Validate again later; if it goes on, tell your system's administrator.",
        ),
        Sub.SIG_CONSTRAINTS_FAILURE: Words(
            f"所見に挙げた点が、検証の決まりに合いません。わからないときは、{_SENDER}署名したままの文書をもう一度送ってもらってください。",
            "What the findings name is not as it has to be. If in doubt, ask the sender for the document exactly as it was signed.",
        ),
    }
)
