"""Every finding: what follows from it, its clause, and its sentence in Japanese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hpki.validation.indication import SubIndication as Sub


@dataclass(frozen=True, slots=True)
class FindingWords:
    """One row; `sub_indication` is None for a remark."""

    sub_indication: Sub | None
    clause: str
    ja: str
    en: str


_GENERAL: Final = Sub.CERTIFICATE_CHAIN_GENERAL_FAILURE
_CONSTRAINTS: Final = Sub.CHAIN_CONSTRAINTS_FAILURE
Row = tuple[Sub | None, str, str, str]

_BUILDING: Final[dict[str, Row]] = {
    "not_readable": (
        Sub.FORMAT_FAILURE,
        "RFC 5280 4.1",
        "証明書として読み取れません（{detail}）",
        "it cannot be read as a certificate ({detail})",
    ),
    "no_path": (
        Sub.NO_CERTIFICATE_CHAIN_FOUND,
        "RFC 5280 6.1; EN 319 102-1 5.2.6",
        "信頼の起点までの認証パスが見つかりません（発行者：{detail}）",
        "no path leads to a trust anchor (issuer: {detail})",
    ),
    "no_anchor": (
        Sub.NO_CERTIFICATE_CHAIN_FOUND,
        "RFC 5280 6.1.1 (d)",
        "この用途の信頼の起点がありません（{detail}）",
        "no trust anchor serves this purpose ({detail})",
    ),
    "bad_signature": (
        Sub.SIG_CRYPTO_FAILURE,
        "RFC 5280 6.1.3 (a)(1)",
        "発行者とされる鍵で署名を検証できません（発行者：{detail}）",
        "its signature does not verify with the key of the issuer it names ({detail})",
    ),
    "too_much_work": (
        Sub.NO_CERTIFICATE_CHAIN_FOUND,
        "RFC 5280 8",
        "検証の作業量が上限を超えました（{detail}）",
        "judging it would take too much work ({detail})",
    ),
    "skipped": (
        None,
        "RFC 5280 4.1",
        "読み取れない証明書を除外しました（{detail}）",
        "a certificate that cannot be read was left out ({detail})",
    ),
}
_CHAIN: Final[dict[str, Row]] = {
    "expired": (
        Sub.EXPIRED,
        "RFC 5280 6.1.3 (a)(2)",
        "有効期間が過ぎています（{detail}）",
        "it had expired ({detail})",
    ),
    "not_yet_valid": (
        Sub.NOT_YET_VALID,
        "RFC 5280 6.1.3 (a)(2)",
        "まだ有効期間に入っていません（{detail}）",
        "it was not valid yet ({detail})",
    ),
    "anchor_out_of_time": (
        Sub.NO_CERTIFICATE_CHAIN_FOUND,
        "RFC 5937 3.2; EN 319 102-1 5.2.6",
        "信頼の起点の期間外です（{detail}）",
        "the trust anchor was not trusted at that moment ({detail})",
    ),
    "unknown_critical_extension": (
        _GENERAL,
        "RFC 5280 6.1.4 (o), 6.1.5 (f)",
        "処理できないクリティカル拡張があります（{detail}）",
        "a critical extension is not known ({detail})",
    ),
    "not_an_authority": (
        _GENERAL,
        "RFC 5280 6.1.4 (k)",
        "認証局の証明書ではないのに証明書を発行しています",
        "it issued a certificate and is not the certificate of an authority",
    ),
    "path_too_long": (
        _GENERAL,
        "RFC 5280 6.1.4 (l), (m)",
        "パス長の制限を超えています（{detail}）",
        "the path below it is longer than it allows ({detail})",
    ),
    "may_not_sign_certificates": (
        _GENERAL,
        "RFC 5280 6.1.4 (n)",
        "鍵用途に証明書への署名がありません",
        "its key usage does not allow signing certificates",
    ),
    "name_not_permitted": (
        _GENERAL,
        "RFC 5280 6.1.3 (b)",
        "上位の名前制約が許さない名前です（{detail}）",
        "a name lies outside what an authority above may name ({detail})",
    ),
    "name_excluded": (
        _GENERAL,
        "RFC 5280 6.1.3 (c)",
        "上位の名前制約が除外した名前です（{detail}）",
        "a name lies in what an authority above is forbidden to name ({detail})",
    ),
    "name_not_comparable": (
        _GENERAL,
        "RFC 5280 4.2.1.10",
        "名前制約と比べられない名前です（{detail}）",
        "a name cannot be compared with a constraint on its kind ({detail})",
    ),
    "policy_required": (
        _CONSTRAINTS,
        "RFC 5280 6.1.3 (f), 6.1.5 (g); RFC 9618 5",
        "求められた証明書ポリシーで発行されていません（{detail}）",
        "it was not issued under a policy that is asked for ({detail})",
    ),
    "any_policy_mapped": (
        _GENERAL,
        "RFC 5280 6.1.4 (a)",
        "ポリシーマッピングに anyPolicy があります",
        "a policy mapping names anyPolicy",
    ),
    "does_not_conform": (
        _GENERAL,
        "RFC 5280 4",
        "証明書が規格に合いません（{detail}）",
        "it breaks the profile of RFC 5280 ({detail})",
    ),
}
_DEMANDS: Final[dict[str, Row]] = {
    "key_usage_missing": (
        _CONSTRAINTS,
        "RFC 5280 4.2.1.3",
        "鍵用途に必要なものがありません（{detail}）",
        "its key usage lacks what is asked for ({detail})",
    ),
    "key_usage_forbidden": (
        _CONSTRAINTS,
        "RFC 5280 4.2.1.3",
        "この用途では許されない鍵用途があります（{detail}）",
        "its key usage has what this use forbids ({detail})",
    ),
    "purpose_missing": (
        _CONSTRAINTS,
        "RFC 5280 4.2.1.12",
        "拡張鍵用途が目的に合いません（{detail}）",
        "its extended key usage does not serve the purpose ({detail})",
    ),
    "is_authority": (
        _CONSTRAINTS,
        "RFC 5280 4.2.1.9",
        "利用者の証明書ではなく認証局の証明書です",
        "it is the certificate of an authority and not of an end entity",
    ),
    "weak_key": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE,
        "EN 319 102-1 5.2.8; NIST SP 800-131A",
        "鍵がその時点で弱すぎます（{detail}）",
        "its key was too weak at that moment ({detail})",
    ),
    "weak_signature": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE,
        "EN 319 102-1 5.2.8; NIST SP 800-131A",
        "署名のハッシュがその時点で弱すぎます（{detail}）",
        "the hash of its signature was too weak at that moment ({detail})",
    ),
    "purpose_forbidden": (
        _CONSTRAINTS,
        "RFC 5280 4.2.1.12",
        "この用途では許されない拡張鍵用途があります（{detail}）",
        "its extended key usage has what this use forbids ({detail})",
    ),
    "policy_refused": (
        _CONSTRAINTS,
        "RFC 5280 4.2.1.4",
        "この用途では認めない証明書ポリシーです（{detail}）",
        "it asserts a policy that this use refuses ({detail})",
    ),
    "malformed_role": (
        None,
        "ISO 17090-3",
        "hcRole を読み取れません（{detail}）",
        "its hcRole cannot be read ({detail})",
    ),
}
_REVOCATION: Final[dict[str, Row]] = {
    "status_not_checked": (
        None,
        "RFC 5280 6.3",
        "失効は確認していません{detail}",
        "whether it was revoked was not checked{detail}",
    ),
}

FINDINGS: Final[Mapping[str, FindingWords]] = MappingProxyType(
    {
        code: FindingWords(*row)
        for table in (_BUILDING, _CHAIN, _DEMANDS, _REVOCATION)
        for code, row in table.items()
    }
)

INDICATIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "PASSED": ("合格", "passed"),
        "FAILED": ("不合格", "failed"),
        "INDETERMINATE": ("判定不能", "indeterminate"),
    }
)

# Labels of a report's lines.
LABELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "indication": ("判定", "Outcome"),
        "certificate": ("証明書", "Certificate"),
        "at": ("判定時点", "Moment"),
        "policy": ("検証ポリシー", "Validation policy"),
        "environment": ("環境", "Environment"),
        "qualification": ("資格", "Qualification"),
        "path": ("認証パス", "Path"),
        "policies": ("有効な証明書ポリシー", "Valid policy"),
        "finding": ("所見", "Finding"),
        "revocation": ("失効確認", "Revocation"),
    }
)
