"""The findings that only PDF signatures know."""

from typing import Final

from hpki.signatures.indication import SubIndication as Sub

PDF: Final[dict[str, tuple[Sub | None, str, str, str]]] = {
    "pdf_byte_range": (
        Sub.FORMAT_FAILURE,
        "ISO 32000-1 12.8.1; EN 319 142-1 5.2",
        "署名範囲（ByteRange）が不正です（{detail}）",
        "the signature's ByteRange is not what it must be ({detail})",
    ),
    "pdf_partial": (
        Sub.FORMAT_FAILURE,
        "ISO 32000-1 12.8.1; EN 319 142-1 5.2",
        "署名が文書の一つの版の全体に及んでいません（{detail}）",
        "the signature does not cover a whole revision of the document ({detail})",
    ),
    "pdf_two_readings": (
        Sub.FORMAT_FAILURE,
        "ISO 32000-1 7.5.8.4; our policy: what was signed is one document to every reader",
        "この PDF は、ソフトウェアによって別の文書として読まれるおそれがあります（{detail}）",
        "another program may take the file for another document ({detail})",
    ),
    "pdf_signature_dictionary": (
        Sub.FORMAT_FAILURE,
        "ISO 32000-1 12.8.1; EN 319 142-1 6.3",
        "PDF の署名辞書を読み取れません（{detail}）",
        "the signature dictionary of the PDF cannot be read ({detail})",
    ),
    "pdf_changed_since": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "EN 319 142-1 5.2; ISO 32000-2 12.8.2.2",
        "署名の後に、見た目や内容に関わる変更が加えられています（{detail}）",
        "after the signature something was changed that people see or rely on ({detail})",
    ),
    "pdf_filled_since": (
        None,
        "ISO 32000-2 12.8.2.2",
        "署名の後に、許された範囲の追記があります（{detail}）",
        "after the signature something was added that it allows ({detail})",
    ),
    "pdf_padding": (
        Sub.FORMAT_FAILURE,
        "EN 319 142-1 5.2; ISO 32000-1 12.8.3.3.1",
        "署名データの余白に余分なデータがあります（{detail}）",
        "there is something in the room that was reserved for the signature ({detail})",
    ),
    "pdf_time_differs": (
        None,
        "EN 319 142-1 5.3",
        "署名辞書の時刻を読み取れません（{detail}）",
        "the time in the signature dictionary cannot be read ({detail})",
    ),
}
