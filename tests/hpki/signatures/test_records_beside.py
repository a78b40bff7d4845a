"""Evidence records in files of their own, as an archive hands them out: of a signed document, or of any file."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from hpki.cli.main import main
from hpki.errors import MalformedInput
from hpki.signatures.content import Content, OctetContent
from hpki.signatures.facts import DocumentFacts
from hpki.signatures.formats import read_signed_document
from hpki.signatures.judge import judge_document
from hpki.signatures.records_beside import MOST_RECORDS, with_records
from hpki.signatures.report import DocumentReport
from hpki.signatures.xml.making import sign_enveloped
from tests import signing_scene
from tests.evidence_records import Archive, XmlArchive, kept_for_nine_years
from tests.hpki.signatures import test_record_in_cades as cades
from tests.hpki.signatures import test_record_in_xades as xades
from tests.signing_scene import CLAIMS, DAY, LETTER, SIGNED_AT, YEAR

SCENE = cades.SCENE
LATER = SIGNED_AT + 9 * YEAR
BESIDE: Mapping[str, Content] = {"letter.txt": OctetContent(LETTER)}


def judged(facts: DocumentFacts, at: dt.datetime = LATER) -> DocumentReport:
    return judge_document(facts, SCENE.evidence(at), signing_scene.POLICY, SCENE.anchors, at)


def codes(report: DocumentReport) -> set[str]:
    return {found.code for stamp in report.time_stamps for found in stamp.findings}


@pytest.mark.parametrize("made", [Archive, XmlArchive])
def test_a_record_beside_a_document_proves_it(made: type[Archive | XmlArchive]) -> None:
    for document, beside in ((cades.signed(), {}), (xades.signed_letter(), BESIDE)):
        record = kept_for_nine_years(made([document, LETTER]), SCENE).octets()
        facts = read_signed_document(document, beside)
        report = judged(with_records(facts, OctetContent(document), {"letter.ers": record}))
        assert report.indication == "TOTAL_PASSED", [each.sentence("en") for each in report.findings]
        assert judged(facts).indication == "INDETERMINATE"
        other = with_records(
            facts, OctetContent(document), {"letter.ers": kept_for_nine_years(made([LETTER]), SCENE).octets()}
        )
        assert "record_object" in codes(judged(other))
        assert judged(other).indication == "INDETERMINATE"


def test_what_is_no_record_is_told_and_too_many_are_refused() -> None:
    document = cades.signed()
    facts = read_signed_document(document)
    assert "time_stamp_not_readable" in codes(
        judged(with_records(facts, OctetContent(document), {"a": b"\x30\x00"}))
    )
    with pytest.raises(MalformedInput, match="over"):
        with_records(facts, OctetContent(document), {str(number): b"" for number in range(MOST_RECORDS + 1)})


@pytest.mark.parametrize("made", [Archive, XmlArchive])
def test_a_record_by_itself_is_of_the_files_that_are_given(made: type[Archive | XmlArchive]) -> None:
    archive = made([LETTER])
    archive.begin(SCENE.authority(SIGNED_AT))
    record, at = archive.octets(), SIGNED_AT + DAY
    assert judged(read_signed_document(record, BESIDE), at).indication == "TOTAL_PASSED"
    for beside in ({}, {"letter.txt": OctetContent(b"another")}):
        report = judged(read_signed_document(record, beside), at)
        assert ("record_object" in codes(report), report.indication) == (True, "INDETERMINATE")


def test_a_signed_record_in_xml_is_a_signed_document() -> None:
    archive = XmlArchive([LETTER])
    archive.begin(SCENE.authority(SIGNED_AT))
    facts = read_signed_document(sign_enveloped(archive.octets(), SCENE.unit(), CLAIMS))
    assert (len(facts.signatures), facts.time_stamps) == (1, ())


def test_the_command_takes_records(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = cades.signed()
    files = {"letter.p7m": document, "letter.ers": cades.kept(document).octets()}
    evidence = SCENE.evidence(LATER)
    files |= {f"{n}.crl": each.crl.public_bytes(Encoding.DER) for n, each in enumerate(evidence.crls)}
    files |= {f"{n}.cer": each.der for n, each in enumerate(evidence.certificates)}
    files["root.cer"] = SCENE.anchors[0].certificate.der
    for name, octets in files.items():
        (tmp_path / name).write_bytes(octets)
    words = ["validate", "document", str(tmp_path / "letter.p7m"), "--policy", "hpki-signing-test", "--json"]
    words += ["--offline", "--at", LATER.isoformat(), "--trust", str(tmp_path / "root.cer")]
    words += ["--crl", *map(str, tmp_path.glob("*.crl")), "--untrusted", *map(str, tmp_path.glob("?.cer"))]
    assert main(words) == 2
    capsys.readouterr()
    assert main([*words, "--record", str(tmp_path / "letter.ers")]) == 0
    assert len(json.loads(capsys.readouterr().out)["time_stamps"]) == 3
