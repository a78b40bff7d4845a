"""The findings that only evidence records know."""

from typing import Final

from hpki.signatures.indication import SubIndication as Sub

RECORD: Final[dict[str, tuple[Sub | None, str, str, str]]] = {
    "record_object": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "RFC 4998 5.3; RFC 6283 4.3",
        "証拠記録（エビデンスレコード）が守るものが、手元にないか変わっています（{detail}）",
        "something that the evidence record is of is not at hand or has changed ({detail})",
    ),
    "record_unread": (
        None,
        "RFC 4998 3.1, 3.2; RFC 6283 3",
        "証拠記録（エビデンスレコード）に、読み取らない項目があります（{detail}）",
        "a part of the evidence record is not read ({detail})",
    ),
    "record_chain": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "RFC 4998 5.2, 5.3; RFC 6283 4.2, 4.3",
        "証拠記録（エビデンスレコード）の更新が、前のタイムスタンプとつながっていません（{detail}）",
        "a renewal of the evidence record does not hold what it renews ({detail})",
    ),
}
