"""Containers with evidence records that others made: the samples of EU DSS's own tests, read by us."""

import zipfile
from collections.abc import Iterator

import pytest

from hpki.signatures.asic.reader import read_container_signatures
from hpki.signatures.facts import TimeStampFacts
from tests.interop.dss_judge import published_tests

_FOLDER = "validation/evidencerecord/er-asn1-"
# What DSS's tests say of each: a record that holds with all its data, or one that does not.
_HOLDS = {
    "chain-renewal.asice": 2,
    "full-renewal-no-manifest.asice": 3,
    "full-renewal-with-manifest.asics": 3,
    "full-renewal.asice": 3,
    "full-renewal.asics": 3,
    "multi-files.asice": 1,
    "no-hashtree-full-renewal.sce": 3,
    "no-hashtree.sce": 1,
    "no-hashtree.scs": 1,
    # DSS does not take it: the list beside it states SHA-256, the record uses SHA-512.  The record itself holds.
    "no-hashtree-wrong-digest-algo.sce": 1,
    "one-file-ok.scs": 1,
    "one-file.asice": 2,
    "tst-renewal-no-manifest.asice": 2,
    "tst-renewal.asice": 2,
    "tst-renewal.asics": 2,
}


@pytest.fixture(scope="module")
def samples() -> Iterator[dict[str, tuple[TimeStampFacts, ...]]]:
    with zipfile.ZipFile(published_tests("dss-asic-cades")) as archive:
        names = [name for name in archive.namelist() if name.startswith(_FOLDER)]
        yield {
            name.removeprefix(_FOLDER): read_container_signatures(archive.read(name)).time_stamps
            for name in names
        }


def _holds(stamp: TimeStampFacts) -> bool:
    return stamp.imprint is not None and stamp.imprint.computed == stamp.imprint.stated and not stamp.troubles


def test_every_record_that_holds_is_read_whole(samples: dict[str, tuple[TimeStampFacts, ...]]) -> None:
    found = {name: len(stamps) for name, stamps in samples.items() if all(map(_holds, stamps))}
    assert found == _HOLDS
    assert all(stamp.covers for name in _HOLDS for stamp in samples[name])


def test_every_record_that_does_not_hold_is_told(samples: dict[str, tuple[TimeStampFacts, ...]]) -> None:
    others = set(samples) - set(_HOLDS)
    assert len(others) >= 6
    for name in others:
        assert any(stamp.troubles for stamp in samples[name]), name
