"""The words for what stands in a certificate, in Japanese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Words:
    """One thing in both languages."""

    ja: str
    en: str

    def in_language(self, lang: str) -> str:
        """The Japanese words for "ja", else the English ones."""
        return self.ja if lang == "ja" else self.en


def _table(**rows: tuple[str, str]) -> Mapping[str, Words]:
    return MappingProxyType({code: Words(ja, en) for code, (ja, en) in rows.items()})


LABELS: Final = _table(
    certificate=("証明書", "Certificate"),
    crl=("失効リスト", "Revocation list"),
    subject=("主体者", "Subject"),
    subject_ja=("主体者（日本語）", "Subject (Japanese)"),
    issuer=("発行者", "Issuer"),
    serial_number=("シリアル番号", "Serial number"),
    level=("種別", "Kind"),
    use=("用途", "Use"),
    policies=("証明書ポリシー", "Policy"),
    environment=("環境", "Environment"),
    qualifications=("資格", "Qualification"),
    key_usage=("鍵用途", "Key usage"),
    extended_key_usage=("拡張鍵用途", "Extended key usage"),
    validity=("有効期間", "Validity"),
    key=("公開鍵", "Public key"),
    signature=("署名方式", "Signature"),
    crl_urls=("失効リストの所在", "Revocation list at"),
    sha256=("SHA-256 指紋", "SHA-256"),
    warnings=("注意", "Warning"),
    none=("なし", "none"),
    unknown=("不明", "unknown"),
    number=("番号", "Number"),
    scope=("範囲", "Scope"),
    this_update=("発行日時", "This update"),
    next_update=("次回発行予定", "Next update"),
    entries=("失効件数", "Revoked certificates"),
)

LEVELS: Final = _table(
    root=("ルート認証局", "root authority"),
    authority=("認証局", "authority"),
    end_entity=("エンドエンティティ", "end entity"),
)

ENVIRONMENTS: Final = _table(
    production=("本番", "production"),
    test=("テスト用（実在の資格を示さない）", "test (speaks of no real qualification)"),
)

USES: Final = _table(
    signing=("HPKI 署名用", "HPKI signing"),
    authentication=("HPKI 認証用（人）", "HPKI authentication (person)"),
    organisation=("HPKI 認証用（組織）", "HPKI authentication (organisation)"),
    presence=("カード在席確認用", "card presence"),
    time_stamp=("時刻認証用", "time-stamps"),
    jpki_signing=("公的個人認証 署名用", "My Number card, signing"),
    jpki_authentication=("公的個人認証 利用者証明用", "My Number card, authentication"),
)

KEY_USAGES: Final = _table(
    digital_signature=("デジタル署名（認証）", "digital signature"),
    content_commitment=("否認防止（電子署名）", "non-repudiation"),
    key_encipherment=("鍵の暗号化", "key encipherment"),
    data_encipherment=("データの暗号化", "data encipherment"),
    key_agreement=("鍵交換", "key agreement"),
    key_cert_sign=("証明書への署名", "certificate signing"),
    crl_sign=("失効リストへの署名", "CRL signing"),
)

EXTENDED_KEY_USAGES: Final = MappingProxyType(
    {
        "1.3.6.1.5.5.7.3.1": Words("TLS サーバ認証", "TLS server authentication"),
        "1.3.6.1.5.5.7.3.2": Words("TLS クライアント認証", "TLS client authentication"),
        "1.3.6.1.5.5.7.3.8": Words("タイムスタンプ", "time-stamping"),
        "1.3.6.1.5.5.7.3.9": Words("OCSP 応答への署名", "OCSP signing"),
    }
)
CARD_PRESENCE: Final = Words("カード在席確認のみ", "card presence only")

REASONS: Final = _table(
    unspecified=("理由なし", "unspecified"),
    key_compromise=("鍵の危殆化", "key compromise"),
    ca_compromise=("認証局鍵の危殆化", "CA compromise"),
    affiliation_changed=("所属の変更", "affiliation changed"),
    superseded=("更新", "superseded"),
    cessation_of_operation=("利用の中止", "cessation of operation"),
    certificate_hold=("一時停止", "hold"),
    privilege_withdrawn=("資格の取消し", "privilege withdrawn"),
    aa_compromise=("属性認証局鍵の危殆化", "AA compromise"),
    remove_from_crl=("リストからの除去", "remove from CRL"),
)

SCOPES: Final = _table(
    all=("発行したすべての証明書", "all certificates of the issuer"),
    authorities=("認証局の証明書のみ", "certificates of authorities only"),
    part=("一部の証明書", "part of the certificates"),
)

WARNINGS: Final = _table(
    expired=("有効期間を過ぎています（{detail}）", "it has expired ({detail})"),
    not_yet_valid=("有効期間がまだ始まっていません（{detail}）", "it is not valid yet ({detail})"),
    test_certificate=(
        "テスト用の証明書です。実在の資格を示しません",
        "a test certificate: it speaks of no real qualification",
    ),
    unknown_policy=(
        "証明書ポリシーが知られていません（{detail}）",
        "its policy is not known ({detail})",
    ),
    no_policy=(
        "証明書ポリシーがないため、本番用かテスト用か分かりません",
        "no policy: it cannot be told whether it is for production or test",
    ),
    mixed_policies=(
        "本番用とテスト用のポリシーが混在しています",
        "policies for production and for test stand side by side",
    ),
    unknown_role=("資格の表にない hcRole です：{detail}", "the role is in no table: {detail}"),
    unconfirmed_role=(
        "hcRole の綴りは拘束力のある文書で未確認です：{detail}",
        "the spelling of the role is not confirmed in a binding text: {detail}",
    ),
    malformed_role=("hcRole を読み取れません：{detail}", "the role cannot be read: {detail}"),
    malformed_extension=("拡張を読み取れません：{detail}", "an extension cannot be read: {detail}"),
    no_role=("資格（hcRole）が書かれていません", "no qualification (hcRole) stands in it"),
    weak_key=("鍵が弱すぎます（{detail}）", "the key is too weak ({detail})"),
    weak_signature=("署名方式が弱すぎます（{detail}）", "the signature is too weak ({detail})"),
    presence_only=(
        "PIN なしで使える鍵です。ログインや署名に使ってはいけません",
        "its key works without a PIN: good for a tap, never for a login or a signature",
    ),
    outdated=("次回発行予定を過ぎています（{detail}）", "its next update is overdue ({detail})"),
    not_judged=(
        "署名・失効・認証パスは検証していません",
        "signature, revocation and path were not judged",
    ),
)
