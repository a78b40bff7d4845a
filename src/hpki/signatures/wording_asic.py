"""The findings that only containers know."""

from typing import Final

from hpki.signatures.indication import SubIndication as Sub

ASIC: Final[dict[str, tuple[Sub | None, str, str, str]]] = {
    "asic_mimetype": (
        Sub.FORMAT_FAILURE,
        "EN 319 162-1 A.1",
        "コンテナの先頭に mimetype がないか、内容が合いません（{detail}）",
        "the container does not begin with its mimetype, or it is another one ({detail})",
    ),
    "asic_uncovered": (
        Sub.SIG_CONSTRAINTS_FAILURE,
        "EN 319 162-1 4.2; our policy: every file of a container is signed",
        "この署名が及ばないファイルがあります（{detail}）",
        "there is a file that this signature does not cover ({detail})",
    ),
    "asic_manifest": (
        Sub.FORMAT_FAILURE,
        "EN 319 162-1 4.4, A.4",
        "署名に対応する一覧（ASiCManifest）がないか、読み取れません（{detail}）",
        "the manifest that belongs to the signature is missing or cannot be read ({detail})",
    ),
    "asic_structure": (
        Sub.FORMAT_FAILURE,
        "EN 319 162-1 4.3, 4.4",
        "コンテナの構成が規格に合いません（{detail}）",
        "the container is not put together as its kind demands ({detail})",
    ),
}
