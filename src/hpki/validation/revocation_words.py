"""The words for what revocation data say, in Japanese and English, each with its clause."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class RevocationWords:
    """One sentence in both languages; `{detail}` and `{reason}` are filled in."""

    clause: str
    ja: str
    en: str

    def in_language(self, lang: str) -> str:
        """The Japanese sentence for "ja", else the English one."""
        return self.ja if lang == "ja" else self.en


def _table(**rows: tuple[str, str, str]) -> Mapping[str, RevocationWords]:
    return MappingProxyType({code: RevocationWords(*row) for code, row in rows.items()})


_CRL: Final = "RFC 5280 6.3.3"

SENTENCES: Final = _table(
    not_revoked=(_CRL, "失効していません", "it was not revoked"),
    not_revoked_ocsp=("RFC 6960 2.2", "失効していません（OCSP）", "it was not revoked, says OCSP"),
    no_revocation_foreseen=(
        "RFC 9608 2",
        "失効情報を出さない証明書です（noRevAvail）",
        "no revocation information is issued for it (noRevAvail)",
    ),
    responder_not_checked=(
        "RFC 6960 4.2.2.2.1",
        "OCSP 応答者の証明書で、失効確認は不要とされています",
        "an OCSP responder's certificate that its authority exempts from checking",
    ),
    revoked=(
        _CRL,
        "失効しています（{detail}、理由：{reason}）",
        "it was revoked ({detail}, reason: {reason})",
    ),
    on_hold=("RFC 5280 5.3.1", "一時停止中です（{detail} から）", "it was on hold (since {detail})"),
    no_data=(
        "RFC 5280 6.3",
        "失効情報がありません（発行者：{detail}）",
        "no revocation data are at hand (issuer: {detail})",
    ),
    stale=(
        "RFC 5280 5.1.2.5",
        "失効情報が古すぎます（{detail} まで有効）",
        "the revocation data at hand were outdated (good until {detail})",
    ),
    from_later=(
        "RFC 5280 5.1.2.4",
        "失効情報が判定時点より後のものです（{detail} 発行）",
        "the revocation data at hand were issued after that moment ({detail})",
    ),
    no_end=(
        "RFC 5280 5.1.2.5; RFC 6960 4.2.2.1",
        "失効情報に次回発行予定がありません（{detail}）",
        "the revocation data at hand do not say until when they are good ({detail})",
    ),
    dropped=(
        "RFC 5280 3.3; X.509 expiredCertsOnCRL",
        "失効情報は証明書の期限後のもので、期限切れの証明書は載りません（{detail} 発行）",
        "the revocation data were issued after it expired ({detail}) and need not name expired certificates",
    ),
    other_scope=(
        "RFC 5280 6.3.3 (b)",
        "失効リストの範囲がこの証明書に合いません",
        "the revocation lists at hand are not about this certificate",
    ),
    only_delta=(
        "RFC 5280 5.2.4",
        "差分リストだけがあり、元のリストがありません",
        "only a delta list is at hand, without its base",
    ),
    some_reasons=(
        "RFC 5280 6.3.3 (l)",
        "一部の失効理由しか確認できません",
        "not every reason for revocation is covered by the lists at hand",
    ),
    unknown_critical=(
        "RFC 5280 5.2, 5.3",
        "失効情報に処理できないクリティカル拡張があります（{detail}）",
        "the revocation data have a critical extension that is not known ({detail})",
    ),
    not_conforming=(
        "RFC 5280 5",
        "失効リストが規格に合いません（{detail}）",
        "the revocation list breaks its standard ({detail})",
    ),
    weak=(
        "EN 319 102-1 5.2.8",
        "失効情報の署名方式が弱すぎます（{detail}）",
        "the revocation data are signed with too weak an algorithm ({detail})",
    ),
    no_signer=(
        "RFC 5280 6.3.3 (f), (g)",
        "失効情報に署名した鍵の証明書が見つからないか、署名を検証できません",
        "no certificate at hand verifies the signature of the revocation data",
    ),
    may_not_sign=(
        "RFC 5280 6.3.3 (f)",
        "失効情報に署名した証明書にはその権限がありません（{detail}）",
        "the certificate that signed the revocation data is not entitled to ({detail})",
    ),
    signer_not_proven=(
        "RFC 5280 6.3.3 (f)",
        "失効情報に署名した証明書を検証できません（{detail}）",
        "the certificate that signed the revocation data could not be validated ({detail})",
    ),
    not_issued=(
        "RFC 6960 2.2",
        "認証局が発行した覚えのない証明書です",
        "its authority says that it never issued it",
    ),
    ocsp_unknown=(
        "RFC 6960 2.2",
        "OCSP 応答者はこの証明書を知りません",
        "the OCSP responder does not know this certificate",
    ),
)
