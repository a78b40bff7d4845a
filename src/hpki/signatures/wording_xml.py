"""The findings that only XML signatures know."""

from typing import Final

from hpki.signatures.indication import SubIndication as Sub

XML: Final[dict[str, tuple[Sub | None, str, str, str]]] = {
    "xml_structure": (
        Sub.FORMAT_FAILURE,
        "XMLDSig 4; EN 319 132-1 5; EN 319 102-1 5.2.2",
        "XML 署名の構造が規格に合いません（{detail}）",
        "the structure of the XML signature breaks its standard ({detail})",
    ),
    "xml_identifier_doubled": (
        Sub.FORMAT_FAILURE,
        "XML 1.0 3.3.1; XMLDSig 4.4.3.3",
        "署名が指す識別子が文書内に複数あり、どれが署名されたか決められません（{detail}）",
        "an identifier that the signature points at stands more than once, so what was signed is not certain ({detail})",
    ),
    "xml_transform_refused": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "XMLDSig 8.1; our policy: nothing is run for a document",
        "扱わない変換が指定されているため、署名対象を確かめられません（{detail}）",
        "a transform is asked for that is never run, so what was signed cannot be checked ({detail})",
    ),
    "xml_properties_not_signed": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "EN 319 132-1 4.4, 5.1",
        "署名プロパティが署名の対象に入っておらず、用いません{detail}",
        "the signature's properties are not under the signature and are not used{detail}",
    ),
    "xml_properties_doubled": (
        Sub.FORMAT_FAILURE,
        "EN 319 132-1 5.1",
        "署名プロパティが複数あります（すり替えの疑い）（{detail}）",
        "there is a second set of signature properties, as in an attack ({detail})",
    ),
    "xml_properties_target": (
        Sub.FORMAT_FAILURE,
        "EN 319 132-1 5.1",
        "署名プロパティが別の署名を指しています（{detail}）",
        "the signature's properties name another signature as theirs ({detail})",
    ),
    "xml_nothing_signed": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "EN 319 132-1 4.4; EN 319 102-1 5.2.8",
        "文書の内容が何も署名されていません{detail}",
        "nothing of a document's content is under the signature{detail}",
    ),
    "xml_decoy": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "XMLDSig 8.1.2 (see what is signed); our policy",
        "署名された要素と同じ名前で、誰の署名も及ばない要素があります（すり替えの疑い）（{detail}）",
        "an element of the same name as a signed one stands under nobody's signature, as in an attack ({detail})",
    ),
    "xml_displaced": (
        Sub.FORMAT_FAILURE,
        "our policy: the shape of electronic prescriptions and dispensing records",
        "署名された要素が、電子処方箋・調剤結果の定められた位置にありません（{detail}）",
        "the signed part of the prescription or dispensing record is not in its place ({detail})",
    ),
    "xml_object_not_signed": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "XMLDSig 8.1.2; our policy: nothing unsigned may be unknown",
        "署名の中に、誰も署名していない内容があります（{detail}）",
        "inside the signature stands something that nobody signed ({detail})",
    ),
    "xml_comment_in_text": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "Canonical XML 1.0 2.1; our policy: two readers see one text",
        "署名の及ばないコメントが、署名された文字列を途中で区切っています（{detail}）",
        "a comment, which is not under the signature, cuts a signed text in two ({detail})",
    ),
    "xml_key_not_a_certificate": (
        None,
        "XMLDSig 4.5; our policy: only a certificate names a signer",
        "証明書以外の鍵情報は用いません（{detail}）",
        "key information that is not a certificate is not used ({detail})",
    ),
    "xml_property_unknown": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "EN 319 132-1 5.5; our policy: nothing unsigned may be unknown",
        "署名に添えられた未署名の項目を扱えません（{detail}）",
        "an unsigned property is not known here ({detail})",
    ),
}
