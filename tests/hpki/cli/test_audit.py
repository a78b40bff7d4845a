"""`hpki audit prove` and `check`: proofs from an exported tree, judged offline, and what does not hold refused."""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from hpki.audit import merkle
from hpki.audit.proof_file import Proof, check_proof, read_proof
from hpki.audit.tree_file import TreeFile
from hpki.audit.tree_head import SignedHead, TreeHead, prove_head, read_head, sign_head
from hpki.cli.main import main
from hpki.errors import MalformedInput, ProofFailed
from hpki.issuance.timestamp_request import ImprintHash, encode_request
from hpki.keys.algorithms import KeyAlgorithm
from tests import pki, stamping

AT = pki.CEREMONY_DAY
KEEPER = pki.key(KeyAlgorithm.P_256, "audit")
MALLORY = pki.key(KeyAlgorithm.P_256, "Mallory's audit")
ENTRIES = [b'{"act":"card:order","sequence":%d}' % number for number in range(1, 14)]


def head(size: int, minutes: int = 0, entries: list[bytes] = ENTRIES) -> SignedHead:
    tree = merkle.CompactRange()
    for entry in entries[:size]:
        tree.append(merkle.leaf_hash(entry))
    return sign_head(TreeHead(size, tree.root(), AT + dt.timedelta(minutes=minutes)), KEEPER)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The keeper's key, a proof kept when there were five lines, a tree of thirteen, and the text of the third."""
    signed = head(13, minutes=5)
    imprint = signed.imprint()
    stamp = stamping.token(encode_request(ImprintHash.SHA_256, imprint))
    leaves = "".join(f"{merkle.leaf_hash(entry).hex()}\n" for entry in ENTRIES)
    (tmp_path / "tree").write_text(json.dumps(signed.as_json() | {"stamp": stamp.hex()}) + "\n" + leaves)
    for name, key in (("key.pem", KEEPER), ("mallory.pem", MALLORY)):
        (tmp_path / name).write_bytes(
            key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
    (tmp_path / "kept.json").write_bytes(Proof(head(5)).encode())
    (tmp_path / "line").write_bytes(ENTRIES[2] + b"\n")
    return tmp_path


@pytest.fixture
def proof(folder: Path) -> Path:
    words = [
        "--file",
        folder / "tree",
        "--line",
        "3",
        "--since",
        folder / "kept.json",
        "-o",
        folder / "proof.json",
    ]
    assert main(["audit", "prove", *map(str, words)]) == 0
    return folder / "proof.json"


def check(proof: Path, *words: str | Path, key: str = "key.pem") -> int:
    return main(["audit", "check", str(proof), "--key", str(proof.parent / key), *map(str, words)])


def test_a_proof_from_an_exported_tree_holds_offline(
    folder: Path, proof: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words: list[str | Path] = ["--text", folder / "line", "--kept", folder / "kept.json"]
    assert check(proof, *words, "--lang", "en") == 0
    said = capsys.readouterr().out
    assert "line 3 is in this head's tree" in said
    assert "since the head of 5 lines" in said
    assert "existed at 2026-11-04T01:00:00.123000+00:00" in said
    assert check(proof, *words, "--lang", "ja") == 0
    assert "3行目はこのヘッドに含まれる" in capsys.readouterr().out


def altered(proof: Path, change: Callable[[dict[str, dict[str, object]]], object]) -> Path:
    stored = json.loads(proof.read_text())
    change(stored)
    forged = proof.with_name("forged.json")
    forged.write_text(json.dumps(stored))
    return forged


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored["head"].update(size=12),
        lambda stored: stored["head"].update(root="00" * 32),
        lambda stored: stored["head"].update(timestamp=1),
        lambda stored: stored["line"].update(sequence=4),
        lambda stored: stored["line"].update(leaf="00" * 32),
        lambda stored: stored["line"].update(path=[]),
        lambda stored: stored["growth"].update(path=[]),
        lambda stored: stored["growth"]["earlier"].update(size=6),
        lambda stored: stored.update(stamp=""),
        lambda stored: stored.update(stamp=stored["stamp"][:-2] + "00"),
        lambda stored: stored.update(format="another"),
        lambda stored: stored.update(line=[]),
        lambda stored: stored["line"].update(path=["00" * 32] * 500),
        lambda stored: stored["head"].update(size=True),
        lambda stored: stored["head"].update(size=2**70),
        lambda stored: stored["head"].update(timestamp=2**62),
    ],
)
def test_a_changed_proof_is_refused(
    proof: Path, change: Callable[[dict[str, dict[str, object]]], object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(altered(proof, change)) == 1
    assert capsys.readouterr().err.startswith("hpki: ")


def test_another_keepers_key_other_contents_and_another_kept_head_are_refused(
    folder: Path, proof: Path
) -> None:
    assert check(proof, key="mallory.pem") == 1
    (folder / "line").write_bytes(ENTRIES[3])
    assert check(proof, "--text", folder / "line") == 1
    (folder / "other.json").write_bytes(Proof(head(6)).encode())
    assert check(proof, "--kept", folder / "other.json") == 1


def test_a_keeper_who_rewrote_the_past_can_give_no_proof_from_the_head_that_was_kept(folder: Path) -> None:
    forged = [b"{}", *ENTRIES[1:]]
    leaves = "".join(f"{merkle.leaf_hash(entry).hex()}\n" for entry in forged)
    (folder / "tree").write_text(json.dumps(head(13, 5, forged).as_json()) + "\n" + leaves)
    words = ["--file", folder / "tree", "--since", folder / "kept.json", "-o", folder / "proof.json"]
    assert main(["audit", "prove", *map(str, words)]) == 0
    assert check(folder / "proof.json") == 1


@pytest.mark.parametrize("line", ["0", "14", "-1"])
def test_a_line_that_is_not_there_has_no_proof(folder: Path, line: str) -> None:
    assert main(["audit", "prove", "--file", str(folder / "tree"), f"--line={line}"]) == 1


def test_a_tree_file_with_a_leaf_too_few_is_refused(folder: Path) -> None:
    short = (folder / "tree").read_text().splitlines()[:-1]
    (folder / "tree").write_text("\n".join(short) + "\n")
    assert main(["audit", "prove", "--file", str(folder / "tree"), "--line", "1"]) == 1


def test_a_head_is_what_rfc_6962_says_is_signed() -> None:
    signed = TreeHead(
        0x0102, b"\xaa" * 32, dt.datetime(1970, 1, 1, 0, 0, 1, 500, tzinfo=dt.UTC)
    ).signed_octets()
    assert signed == bytes.fromhex("0001" + "00000000000003e8" + "0000000000000102" + "aa" * 32)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_file_is_read_or_refused(octets: bytes) -> None:
    with pytest.raises(MalformedInput):
        read_proof(octets)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4))
def test_any_json_is_read_or_refused(value: object) -> None:
    for name in ("head", "line", "growth", "stamp"):
        stored = json.loads(Proof(head(5)).encode()) | {name: value}
        try:
            check_proof(read_proof(json.dumps(stored).encode()), KEEPER.public_key())
        except (MalformedInput, ProofFailed):
            continue
        assert value is None or name == "stamp"


def test_heads_by_every_algorithm_hold_and_by_no_other_key() -> None:
    for algorithm in (KeyAlgorithm.P_256, KeyAlgorithm.RSA_2048, KeyAlgorithm.ML_DSA_65):
        key = pki.key(algorithm, "audit")
        signed = read_head(sign_head(TreeHead(1, bytes(32), AT), key).as_json())
        assert prove_head(signed, key.public_key()) == TreeHead(1, bytes(32), AT)
        with pytest.raises(ProofFailed):
            prove_head(signed, MALLORY.public_key())


def test_a_tree_without_its_leaves_is_refused() -> None:
    with pytest.raises(ProofFailed):
        TreeFile(head(5), None, b"")
