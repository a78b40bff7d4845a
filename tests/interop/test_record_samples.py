"""Containers with evidence records that others made: the samples of EU DSS's own tests, read by us."""

import re
import zipfile
from collections.abc import Iterator

import pytest

from hpki.signatures.asic.reader import read_container_signatures
from hpki.signatures.cms.reading import read_document
from hpki.signatures.content import OctetContent
from hpki.signatures.facts import TimeStampFacts
from hpki.signatures.xml.reader import read_xml_signatures
from tests.interop.dss_judge import published_tests

_FOLDER = "validation/evidencerecord/"
_SAMPLE = re.compile(_FOLDER + r"[^/]+\.(?:asice|asics|sce|scs)")
# What DSS's tests say of each: a record that holds with all its data, or one that does not.
_HOLDS = {
    "er-asn1-chain-renewal.asice": 2,
    "er-asn1-full-renewal-no-manifest.asice": 3,
    "er-asn1-full-renewal-with-manifest.asics": 3,
    "er-asn1-full-renewal.asice": 3,
    "er-asn1-full-renewal.asics": 3,
    "er-asn1-multi-files.asice": 1,
    "er-asn1-no-hashtree-full-renewal.sce": 3,
    "er-asn1-no-hashtree.sce": 1,
    "er-asn1-no-hashtree.scs": 1,
    # DSS does not take these two: the list beside each states another hash than the record uses.  The records hold.
    "er-asn1-no-hashtree-wrong-digest-algo.sce": 1,
    "cades-lt-with-er-multi-files-different-algo.sce": 1,
    "er-asn1-one-file-ok.scs": 1,
    "er-asn1-one-file.asice": 2,
    "er-asn1-tst-renewal-no-manifest.asice": 2,
    "er-asn1-tst-renewal.asice": 2,
    "er-asn1-tst-renewal.asics": 2,
    # In XML.
    "cades-b-with-er-additional-files.asice": 1,
    "cades-lt-with-er-chain-renewed-copied-tst.sce": 6,
    "cades-lt-with-er-chain-renewed.sce": 3,
    "cades-lt-with-er-covers-more-files.sce": 1,
    "cades-lt-with-er-multi-files.sce": 1,
    "cades-lt-with-er-no-sig.sce": 1,
    "cades-lt-with-er-renewed.sce": 2,
    "cades-lt-with-er.sce": 1,
    "cades-lt-with-two-ers-multi-files.sce": 2,
    "cades-lt-with-two-ers-sequence-multi-files.sce": 2,
    "er-multi-files.asice": 1,
    # DSS does not take it: its list names another record.  There is one file only that it can be of.
    "er-no-hashtree-xml-manifest-wrong-sig-ref.sce": 1,
    "er-no-hashtree-xml-with-manifest.scs": 1,
    "er-no-hashtree-xml-with-wrong-manifest-sig-ref.scs": 1,
    "er-no-hashtree-xml.sce": 1,
    "er-no-hashtree-xml.scs": 1,
    "er-one-file.asics": 1,
    # In both.
    "tst-with-two-diff-ers.sce": 2,
    "tst-with-asn1-er.sce": 1,
}


@pytest.fixture(scope="module")
def samples() -> Iterator[dict[str, tuple[TimeStampFacts, ...]]]:
    with zipfile.ZipFile(published_tests("dss-asic-cades")) as archive:
        names = [name for name in archive.namelist() if _SAMPLE.fullmatch(name)]
        found = {
            name.removeprefix(_FOLDER): read_container_signatures(archive.read(name)).time_stamps
            for name in names
        }
        of_records = {name: tuple(filter(_is_of_record, stamps)) for name, stamps in found.items()}
        yield {name: stamps for name, stamps in of_records.items() if stamps}


def _is_of_record(stamp: TimeStampFacts) -> bool:
    return "evidencerecord" in stamp.place.lower()


def _holds(stamp: TimeStampFacts) -> bool:
    return stamp.imprint is not None and stamp.imprint.computed == stamp.imprint.stated and not stamp.troubles


def test_every_record_that_holds_is_read_whole(samples: dict[str, tuple[TimeStampFacts, ...]]) -> None:
    found = {name: len(stamps) for name, stamps in samples.items() if all(map(_holds, stamps))}
    assert found == _HOLDS
    assert all(stamp.covers for name in _HOLDS for stamp in samples[name])


def test_every_record_that_does_not_hold_is_told(samples: dict[str, tuple[TimeStampFacts, ...]]) -> None:
    others = set(samples) - set(_HOLDS)
    assert len(others) >= 12
    for name in others:
        assert any(stamp.troubles for stamp in samples[name]), name


_INSIDE = "validation/evidence-record/"
_DETACHED = {"C-E-ERS-detached": b"Hello World!", "Double-C-E-ERS-detached": b"Hello World !!!"}
_HOLDS_INSIDE = {
    "C-E-ERS-basic.p7m": 1,
    "C-E-ERS-detached-ber.p7s": 1,
    "C-E-ERS-detached.p7s": 1,
    "C-E-ERS-detached_renewed_hashtree.p7s": 3,
    "C-E-ERS-parallel-ers.p7m": 2,
    "C-E-ERS-two-er.p7m": 2,
    "C-E-ERS.p7m": 1,
    "C-E-ERS_renewed_hashtree.p7m": 3,
    "CAdEs-BpT+ER-without-reducedHashTree.p7m": 1,
    "Double-C-E-ERS-basic.p7m": 1,
    "Double-C-E-ERS-detached_hashtree_renewal.p7m": 3,
    "Double-C-E-ERS.p7m": 1,
}


def _beside(name: str, archive: zipfile.ZipFile) -> OctetContent | None:
    """The content that DSS's test gives with a sample."""
    if name.endswith("-ber.p7s"):
        return OctetContent(archive.read(_INSIDE + "TestDataLogo.png"))
    return next((OctetContent(each) for start, each in _DETACHED.items() if name.startswith(start)), None)


def test_records_inside_cades() -> None:
    found: dict[str, list[TimeStampFacts]] = {}
    with zipfile.ZipFile(published_tests("dss-cades")) as archive:
        for path in archive.namelist():
            name = path.removeprefix(_INSIDE)
            if path.startswith(_INSIDE) and path.endswith((".p7m", ".p7s")):
                facts = read_document(archive.read(path), _beside(name, archive))
                stamps = [each for each in facts.all_time_stamps() if "evidence-record" in each.place]
                found |= {name: stamps} if stamps else {}
    assert {name: len(each) for name, each in found.items() if all(map(_holds, each))} == _HOLDS_INSIDE
    assert len(found) >= len(_HOLDS_INSIDE) + 6


_HOLDS_IN_XADES = {
    "X-B-LT-with-counter-sig-X-E-ERS.xml": 1,
    "X-E-ERS-DETACHED-LT-chain-renewal.xml": 3,
    "X-E-ERS-DETACHED-LT-data-not-covered-chain-renewal.xml": 2,
    "X-E-ERS-DETACHED-LT-data-not-covered.xml": 1,
    "X-E-ERS-DETACHED-LT-orphan-ref.xml": 1,
    "X-E-ERS-DETACHED-LT.xml": 1,
    "X-E-ERS-LT.xml": 1,
    "Double-sig-X-E-ERS-LT.xml": 2,
    "X-E-ERS-MANIFEST.xml": 1,
    "X-E-ERS-basic-asn1.xml": 1,
    "X-E-ERS-basic-chain-renewal.xml": 3,
    "X-E-ERS-basic.xml": 1,
    "X-E-ERS-two-ers.xml": 2,
    "X-E-ERS-two-parallel-ers.xml": 2,
    "X-E-ERS-with-counter-sig.xml": 1,
    "XAdES-B_ER_Renewed_can.xml": 2,
}


def test_records_inside_xades() -> None:
    found: dict[str, list[TimeStampFacts]] = {}
    with zipfile.ZipFile(published_tests("dss-xades")) as archive:
        beside = {
            name: OctetContent(archive.read(name)) for name in ("sample.xml", "sample.png", "sample.txt")
        }
        for path in archive.namelist():
            name = path.removeprefix(_INSIDE)
            if path.startswith(_INSIDE) and b"SealingEvidenceRecords" in (octets := archive.read(path)):
                one = {"sample.xml": beside["sample.xml"]}
                facts = read_xml_signatures(octets, detached=beside if "MANIFEST" in name else one)
                found[name] = [each for each in facts.all_time_stamps() if "Sealing" in each.place]
    assert {name: len(each) for name, each in found.items() if all(map(_holds, each))} == _HOLDS_IN_XADES
    assert len(found) >= len(_HOLDS_IN_XADES) + 6
