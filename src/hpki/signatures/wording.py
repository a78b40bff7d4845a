"""Every finding about signatures: what follows from it, its clause, and its sentence in Japanese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from hpki.signatures.indication import SubIndication as Sub
from hpki.signatures.wording_asic import ASIC
from hpki.signatures.wording_pdf import PDF
from hpki.signatures.wording_record import RECORD
from hpki.signatures.wording_xml import XML


@dataclass(frozen=True, slots=True)
class SignatureWords:
    """One row; `sub_indication` is None for a remark."""

    sub_indication: Sub | None
    clause: str
    ja: str
    en: str


Row = tuple[Sub | None, str, str, str]
_CONSTRAINTS: Final = Sub.SIG_CONSTRAINTS_FAILURE
_SAV: Final = "EN 319 102-1 5.2.8"

_FORMAT: Final[dict[str, Row]] = {
    "not_readable": (
        Sub.FORMAT_FAILURE,
        "EN 319 102-1 5.2.2",
        "署名文書として読み取れません（{detail}）",
        "it cannot be read as a signed document ({detail})",
    ),
    "no_signature": (
        Sub.FORMAT_FAILURE,
        "EN 319 102-1 5.2.2",
        "署名がありません{detail}",
        "there is no signature in it{detail}",
    ),
    "trailing_data": (
        Sub.FORMAT_FAILURE,
        "X.690 8.1; EN 319 102-1 5.2.2",
        "署名データの後ろに余分なデータがあります（{detail} バイト）",
        "there are octets after the signed data ({detail})",
    ),
    "envelope_odd": (
        Sub.FORMAT_FAILURE,
        "RFC 5652 5; EN 319 102-1 5.2.2",
        "署名データの構造が規格に合いません（{detail}）",
        "the signed data break their standard ({detail})",
    ),
    "attribute_missing": (
        Sub.FORMAT_FAILURE,
        "RFC 5652 11",
        "必須の署名属性がありません（{detail}）",
        "a signed attribute that must be there is missing ({detail})",
    ),
    "attribute_doubled": (
        Sub.FORMAT_FAILURE,
        "RFC 5652 11; EN 319 122-1 5.1",
        "署名属性が重複しています（{detail}）",
        "a signed attribute stands there more than once ({detail})",
    ),
    "attribute_not_readable": (
        Sub.FORMAT_FAILURE,
        "EN 319 122-1 5.2",
        "属性を読み取れません（{detail}）",
        "an attribute cannot be read ({detail})",
    ),
    "content_type_differs": (
        Sub.FORMAT_FAILURE,
        "RFC 5652 11.1",
        "署名された内容の種類が一致しません（{detail}）",
        "the content is not of the kind that was signed ({detail})",
    ),
    "attributes_as_content": (
        Sub.FORMAT_FAILURE,
        "RFC 5652 5.4; RFC 5652 14",
        "署名属性が内容として再利用された疑いがあります{detail}",
        "the content looks like another signature's signed attributes{detail}",
    ),
    "ber": (
        None,
        "RFC 5652 5.1",
        "DER ではなく BER で符号化されています{detail}",
        "it is encoded in BER, not DER{detail}",
    ),
    "attributes_unsorted": (
        None,
        "RFC 5652 5.4; X.690 11.6",
        "署名属性の並びが DER の順ではありません{detail}",
        "the signed attributes are not in the order of DER{detail}",
    ),
    "skipped": (
        None,
        "RFC 5652 10.2",
        "読み取れない項目を除外しました（{detail}）",
        "something that cannot be read was left out ({detail})",
    ),
    "envelope_unverified": (
        _CONSTRAINTS,
        "EN 319 122-1 5.5; our policy: nothing unsigned may be unknown or unverifiable",
        "署名に添えられた未署名の項目を確かめられません（{detail}）",
        "something unsigned beside the signature cannot be verified ({detail})",
    ),
}
_SIGNER: Final[dict[str, Row]] = {
    "no_signing_certificate": (
        Sub.NO_SIGNING_CERTIFICATE_FOUND,
        "EN 319 102-1 5.2.3",
        "署名者の証明書が見つかりません{detail}",
        "the signer's certificate is not at hand{detail}",
    ),
    "signing_certificate_not_signed": (
        _CONSTRAINTS,
        "EN 319 122-1 5.2.2; EN 319 102-1 5.2.3.4",
        "署名者の証明書が署名属性で特定されていません{detail}",
        "no signed attribute says which certificate is the signer's{detail}",
    ),
    "signing_certificate_differs": (
        Sub.NO_SIGNING_CERTIFICATE_FOUND,
        "EN 319 102-1 5.2.3.4; RFC 5035",
        "添付の証明書は、署名属性が示す証明書ではありません（{detail}）",
        "the certificate beside the signature is not the one that was signed ({detail})",
    ),
    "signing_certificate_hash": (
        Sub.NO_SIGNING_CERTIFICATE_FOUND,
        "RFC 5035 4",
        "署名者の証明書を示すハッシュ方式を扱えません{detail}",
        "the hash that names the signer's certificate is not known{detail}",
    ),
}
_CRYPTO: Final[dict[str, Row]] = {
    "digest_broken": (
        Sub.HASH_FAILURE,
        "EN 319 102-1 5.2.7",
        "署名された内容が変わっています（{detail}）",
        "what was signed has changed ({detail})",
    ),
    "detached_differs": (
        Sub.HASH_FAILURE,
        "RFC 5652 5.2; our policy: a file that is given beside the signature is the one asked about",
        "一緒に渡されたファイルは、署名の中にある署名された内容と異なります（{detail}）",
        "the file that was given beside the signature is not what was signed; that stands in the signature itself ({detail})",
    ),
    "detached_unused": (
        None,
        "our policy: a file that is given beside the signature is the one asked about",
        "一緒に渡されたファイルは、どの署名の対象でもありません（{detail}）",
        "no signature is about a file that was given beside it ({detail})",
    ),
    "content_not_at_hand": (
        Sub.SIGNED_DATA_NOT_FOUND,
        "EN 319 102-1 5.2.7",
        "署名された内容が手元にありません（{detail}）",
        "what was signed is not at hand ({detail})",
    ),
    "not_at_hand": (
        None,
        "XMLDSig 4.4.5; EN 319 102-1 5.2.7",
        "一覧にあるファイルが手元になく、確かめていません（{detail}）",
        "a file that is named is not at hand and was not checked ({detail})",
    ),
    "signature_broken": (
        Sub.SIG_CRYPTO_FAILURE,
        "EN 319 102-1 5.2.7",
        "署名値を署名者の鍵で検証できません{detail}",
        "the signature value does not verify with the signer's key{detail}",
    ),
    "algorithm_unknown": (
        Sub.SIG_CRYPTO_FAILURE,
        "EN 319 102-1 5.2.7",
        "署名またはハッシュの方式を扱えません（{detail}）",
        "the signature or hash algorithm is not known ({detail})",
    ),
    "algorithm_substituted": (
        _CONSTRAINTS,
        "RFC 8933 3; RFC 6211",
        "ハッシュ方式の記載が食い違っています（{detail}）",
        "the algorithms that are stated contradict each other ({detail})",
    ),
    "weak_algorithm": (
        Sub.CRYPTO_CONSTRAINTS_FAILURE_NO_POE,
        "EN 319 102-1 5.2.8.4; TS 119 312",
        "その時点で弱すぎる方式です（{detail}）",
        "an algorithm was too weak at the proven moment ({detail})",
    ),
    "weak_reference": (
        None,
        "RFC 2634 5.4; RFC 5035; TS 119 312",
        "証明書を示すハッシュが古い方式です（{detail}）",
        "the certificate is named by a hash that is no longer in use ({detail})",
    ),
}
_POLICY: Final[dict[str, Row]] = {
    "signing_time_missing": (
        _CONSTRAINTS,
        _SAV,
        "署名時刻の属性がありません{detail}",
        "there is no signing time{detail}",
    ),
    "role_not_verified": (
        None,
        "EN 319 102-1 5.2.8; our policies ask for no certified role",
        "第三者が証明する役割（属性証明書など）が付いています。検証していません（{detail}）",
        "a role that somebody else certifies stands there; it is not verified ({detail})",
    ),
    "role_not_readable": (
        None,
        "ISO 17090-3; RFC 5280 4.2.1.8",
        "証明書にある資格（hcRole）を読み取れません（{detail}）",
        "the qualification (hcRole) in the certificate cannot be read ({detail})",
    ),
    "qualification_missing": (
        _CONSTRAINTS,
        "ISO 17090-3; EN 319 102-1 5.2.8",
        "署名者の証明書に求められる資格がありません（{detail}）",
        "the signer's certificate does not state a qualification that is asked for ({detail})",
    ),
    "policy_hash_zero": (
        Sub.POLICY_PROCESSING_ERROR,
        "EN 319 122-1 5.2.9; EN 319 102-1 5.2.4",
        "署名ポリシーのハッシュがゼロで、何も定めていません（{detail}）",
        "the hash of the signature policy is all zeros and binds nothing ({detail})",
    ),
    "policy_hash_differs": (
        Sub.POLICY_PROCESSING_ERROR,
        "EN 319 102-1 5.2.4",
        "署名ポリシーの本文がハッシュと一致しません（{detail}）",
        "the signature policy is not the one that was signed ({detail})",
    ),
    "policy_not_available": (
        Sub.SIGNATURE_POLICY_NOT_AVAILABLE,
        "EN 319 102-1 5.2.4",
        "求められた署名ポリシーが手元にありません（{detail}）",
        "the signature policy that is asked for is not at hand ({detail})",
    ),
    "policy_not_checked": (
        None,
        "EN 319 102-1 5.2.4",
        "署名ポリシーの本文は手元になく、確かめていません（{detail}）",
        "the text of the signature policy is not at hand and was not checked ({detail})",
    ),
}
_TIME: Final[dict[str, Row]] = {
    "healed": (
        None,
        "EN 319 102-1 5.5, 5.6.2",
        "現時点では成り立ちませんが、証明された時刻（{detail}）には有効でした",
        "it no longer holds today, but held at the proven moment ({detail})",
    ),
    "signed_after_end": (
        Sub.EXPIRED,
        "EN 319 102-1 5.3.4",
        "証明書の期限が切れた後に署名されています（内容のタイムスタンプ：{detail}）",
        "it was signed after the certificate had expired (content time-stamp: {detail})",
    ),
    "signed_after_revocation": (
        Sub.REVOKED,
        "EN 319 102-1 5.3.4",
        "証明書が失効した後に署名されています（内容のタイムスタンプ：{detail}）",
        "it was signed after the certificate had been revoked (content time-stamp: {detail})",
    ),
    "status_of_then": (
        None,
        "EN 319 102-1 5.2.5",
        "失効情報はタイムスタンプの時点（{detail}）のもので、その後は確かめていません",
        "its status is known as of its time-stamp ({detail}) and was not checked for later",
    ),
    "answer_unproven": (
        None,
        "EN 319 102-1 5.6.2.2",
        "この OCSP 応答は、応答者の証明書の有効期限（{detail}）より前にあったことを示せず、使いません",
        "this OCSP answer is not used: nothing proves that it existed before its responder's certificate ended ({detail})",
    ),
    "signed_before_valid": (
        Sub.NOT_YET_VALID,
        "EN 319 102-1 5.5.4",
        "証明書の有効期間より前に署名されています（{detail}）",
        "it was signed before the certificate was valid ({detail})",
    ),
    "claimed_later": (
        None,
        "EN 319 102-1 5.2.8; our policy: nobody signs after the moment of judging",
        "申告された署名時刻は、判定時点（{detail}）より後です",
        "the claimed signing time is later than the moment of judging ({detail})",
    ),
    "claimed_after_proof": (
        None,
        "EN 319 102-1 5.5.4",
        "申告された署名時刻は、証明された時刻より後です（{detail}）",
        "the claimed signing time is later than the proven moment ({detail})",
    ),
    "time_stamp_not_readable": (
        _CONSTRAINTS,
        "RFC 3161 2.4.2",
        "タイムスタンプを読み取れません（{detail}）",
        "the time-stamp cannot be read ({detail})",
    ),
    "time_stamp_broken": (
        _CONSTRAINTS,
        "EN 319 102-1 5.4, 5.5.4",
        "タイムスタンプが対象と一致しません{detail}",
        "the time-stamp is not of what it stands beside{detail}",
    ),
    "time_stamp_not_checked": (
        _CONSTRAINTS,
        "EN 319 102-1 5.4",
        "タイムスタンプの対象が手元になく、確かめられません（{detail}）",
        "what the time-stamp is of is not at hand ({detail})",
    ),
    "time_stamp_refused": (
        _CONSTRAINTS,
        "EN 319 102-1 5.4, 5.5.4",
        "タイムスタンプを証拠として認められません（{detail}）",
        "the time-stamp is no proof of existence ({detail})",
    ),
    "time_stamp_order": (
        Sub.TIMESTAMP_ORDER_FAILURE,
        "EN 319 102-1 5.5.4",
        "タイムスタンプの順序が矛盾しています（{detail}）",
        "the time-stamps contradict each other's order ({detail})",
    ),
    "time_stamp_later": (
        None,
        "EN 319 102-1 5.4",
        "判定時点より後のタイムスタンプで、使いません（{detail}）",
        "the time-stamp is of later than the moment of judging and is not used ({detail})",
    ),
    "time_stamp_purpose": (
        _CONSTRAINTS,
        "RFC 3161 2.3",
        "タイムスタンプ専用の証明書ではありません{detail}",
        "its certificate is not for time-stamps alone, critically{detail}",
    ),
    "hash_index_short": (
        None,
        "EN 319 122-1 5.5.2",
        "このタイムスタンプの後に加えられた項目があります（{detail}）",
        "something stands there that this time-stamp does not cover ({detail})",
    ),
    "hash_index_broken": (
        _CONSTRAINTS,
        "EN 319 122-1 5.5.2",
        "タイムスタンプが守る項目が失われたか変わっています（{detail}）",
        "something that the time-stamp covers is gone or has changed ({detail})",
    ),
    "reference_broken": (
        _CONSTRAINTS,
        "EN 319 122-1 A.1",
        "参照が示す証明書や失効情報がありません（{detail}）",
        "a reference names a certificate or revocation data that are not there ({detail})",
    ),
    "too_many": (
        _CONSTRAINTS,
        "RFC 5652 14",
        "項目が多すぎます（{detail}）",
        "there is more than is judged ({detail})",
    ),
}

FINDINGS: Final[Mapping[str, SignatureWords]] = MappingProxyType(
    {
        code: SignatureWords(*row)
        for table in (_FORMAT, _SIGNER, _CRYPTO, _POLICY, _TIME, XML, PDF, ASIC, RECORD)
        for code, row in table.items()
    }
)

INDICATIONS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "TOTAL_PASSED": ("合格", "passed"),
        "TOTAL_FAILED": ("不合格", "failed"),
        "INDETERMINATE": ("判定不能", "indeterminate"),
    }
)

LABELS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "indication": ("判定", "Outcome"),
        "signature": ("署名", "Signature"),
        "advice": ("次にすること", "What to do"),
        "signer": ("署名者", "Signer"),
        "authority": ("認証局", "Authority"),
        "qualification": ("資格", "Qualification"),
        "environment": ("環境", "Environment"),
        "level": ("形式", "Format"),
        "intact": ("内容の変化", "Content"),
        "signed_at": ("署名時刻（申告）", "Signed (claimed)"),
        "proven_at": ("証明された時刻", "Existed by (proven)"),
        "role": ("役割（申告）", "Role (claimed)"),
        "covers": ("署名対象", "Signed"),
        "leaves_out": ("署名対象外", "Not signed"),
        "time_stamp": ("タイムスタンプ", "Time-stamp"),
        "at": ("判定時点", "Moment"),
        "policy": ("検証ポリシー", "Validation policy"),
        "finding": ("所見", "Finding"),
    }
)
