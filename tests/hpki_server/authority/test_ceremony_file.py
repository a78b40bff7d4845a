"""The reviewed file is read strictly: every problem is named with its line."""

from pathlib import Path

import pytest

from hpki_server.authority.ceremony.file import FileRejected, read_file, read_text
from hpki_server.authority.ceremony.stopped import CeremonyStopped
from tests.ceremony_room import FILES

ROOT = (FILES / "1-root.yaml").read_text(encoding="utf-8")
SIGNING = (FILES / "2-signing.yaml").read_text(encoding="utf-8")


def line_of(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith(start))


@pytest.mark.parametrize("path", sorted(FILES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_shipped_file_holds(path: Path) -> None:
    file = read_file(path)
    assert file.content.format == "openhpki-ceremony/1"
    assert len(file.sha256) == 64


@pytest.mark.parametrize(
    ("text", "old", "new", "at", "sentence"),
    [
        (ROOT, "place:", "plaice:", "plaice:", "plaice: no such field"),
        (
            ROOT,
            "threshold: 2",
            "threshold: '2'",
            "threshold:",
            "custodians.threshold: Input should be a valid integer",
        ),
        (ROOT, "threshold: 2", "threshold: 4", "custodians:", "4 shares are needed, but there are 3"),
        (ROOT, "threshold: 2", "threshold: 1", "threshold:", "greater than or equal to 2"),
        (
            ROOT,
            "algorithm: rsa-2048",
            "algorithm: rsa-1024",
            "algorithm:",
            "key.algorithm: Input should be 'rsa-2048'",
        ),
        (
            ROOT,
            "profile: ROOT",
            "profile: SIGNING",
            "certificate:",
            "'SIGNING' is no profile of an authority",
        ),
        (
            ROOT,
            "opened_by: custodians",
            "opened_by: server",
            "format:",
            "a root's key is opened by custodians",
        ),
        (ROOT, "issued_by: null", "issued_by: other", "format:", "a root is issued by nobody"),
        (
            ROOT,
            "  root_crl_url: http://localhost:8000/crl/demo-root-roots.crl\n",
            "",
            "format:",
            "root_crl_url",
        ),
        (ROOT, "path: keys/demo-root.key", "path: ../demo-root.key", "path:", "key.store.path"),
        (ROOT, "path: keys/demo-root.key", "path: /etc/demo-root.key", "path:", "key.store.path"),
        (ROOT, "kind: software", "kind: cloud", "store:", "key.store"),
        (ROOT, "purpose: Make", "ceremony: x\npurpose: Make", "ceremony: x", "'ceremony' stands twice"),
        (
            ROOT,
            "[監査 田中]\n  reviewed_by",
            "[認証局 佐藤]\n  reviewed_by",
            "people:",
            "the conductor is no witness",
        ),
        (ROOT, "[認証局 鈴木, 監査 田中]", "[認証局 鈴木]", "reviewed_by:", "at least 2 items"),
        (
            ROOT,
            "demo-root\nissued",
            "2026-11-04\nissued",
            "authority:",
            "timestamp is not used here; put it in quotes",
        ),
        (ROOT, "place: Demo", "place: &here Demo", "place:", "anchors are not used here"),
        (ROOT, "environment: test", "environment: real", "environment:", "'production' or 'test'"),
        (
            SIGNING,
            "shares: present",
            "shares: create",
            "format:",
            "shares are created in the root's ceremony",
        ),
        (SIGNING, "issues: SIGNING", "issues: PRESENCE", "format:", "SIGNING_CA does not issue 'PRESENCE'"),
        (SIGNING, "issues: SIGNING\n", "", "format:", "SIGNING_CA does not issue None"),
        (SIGNING, "crl_url: http", "crl_url: ldap", "crl_url:", "publication.crl_url"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_field(
    text: str, old: str, new: str, at: str, sentence: str
) -> None:
    assert old in text
    wrong = text.replace(old, new, 1)
    with pytest.raises(FileRejected) as caught:
        read_text(wrong)
    found = [problem for problem in caught.value.problems if sentence in str(problem)]
    assert [problem.line for problem in found] == [line_of(wrong, at)]


def test_all_problems_are_told_at_once_in_the_order_of_the_lines() -> None:
    wrong = (
        ROOT.replace("purpose:", "porpoise:")
        .replace("algorithm: rsa-2048", "algorithm: rsa")
        .replace("years", "y")
    )
    with pytest.raises(FileRejected) as caught:
        read_text(wrong)
    lines = [problem.line for problem in caught.value.problems]
    assert len(lines) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "[1, 2]",
        "a: [",
        "\t- x",
        "a: &a [*a]",
        "--- 1\n--- 2",
        "a: !!python/name:os.system ''",
    ],
)
def test_what_is_no_ceremony_is_refused(text: str) -> None:
    with pytest.raises(FileRejected):
        read_text(text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CeremonyStopped, match=r"nothing\.yaml"):
        read_file(tmp_path / "nothing.yaml")


def test_a_token_for_the_server_needs_a_pin_file() -> None:
    text = SIGNING.replace(
        "    kind: software\n    path: keys/demo-signing.key",
        "    kind: pkcs11\n    module: /usr/lib/vendor.so\n    token_label: ca\n    key_label: signing",
    )
    with pytest.raises(FileRejected, match="needs a pin_file"):
        read_text(text)
    with_pin = text.replace("key_label: signing", "key_label: signing\n    pin_file: /run/credentials/ca.pin")
    assert read_text(with_pin).content.key.opened_by == "server"
