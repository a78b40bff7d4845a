"""What is said of the reader and of the source of time, and the sentence for what is not understood."""

import pytest

from hpki_server.config.choices import one_of


@pytest.mark.parametrize("given", ["", "chrony", "file:/run/time:1"])
def test_known_words_are_taken(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HPKI_TIME_SOURCE", given)
    assert one_of("HPKI_TIME_SOURCE", "", "chrony", "file:PATH") == given


@pytest.mark.parametrize("given", ["ntp", "file:", "chrony:1"])
def test_others_are_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("HPKI_TIME_SOURCE", given)
    with pytest.raises(SystemExit, match="write chrony or file:PATH"):
        one_of("HPKI_TIME_SOURCE", "", "chrony", "file:PATH")
