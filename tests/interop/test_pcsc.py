"""The command `hpki card` and a program of ours reach 花子's card through PC/SC, as they would a card of plastic."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hpki.card.layouts import Layout
from tests.interop import hold_card
from tests.interop.pcscd import ReaderDaemon, stop
from tests.interop.served import CardFile, hpki


@pytest.fixture(scope="module", params=Layout)
def card_file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CardFile:
    return CardFile(tmp_path_factory.mktemp("card"), request.param)


@pytest.fixture(scope="class")
def inserted(reader: ReaderDaemon, card_file: CardFile) -> Iterator[ReaderDaemon]:
    with card_file.in_reader(reader, "hpki"):
        yield reader


class TestWithCard:
    def test_the_reader_and_its_card_are_listed(self, inserted: ReaderDaemon) -> None:
        listed = inserted.run(*hpki("card", "list", "--lang", "en")).stdout
        first, second = listed.splitlines()
        assert first.startswith("Virtual PCD 00 00  HPKI card (signing authentication presence)  3b")
        assert second.startswith("Virtual PCD 00 01  empty")

    def test_its_applications_are_shown(self, inserted: ReaderDaemon) -> None:
        shown = inserted.run(*hpki("card", "show", "--reader", "Virtual PCD", "--json"))
        facts = json.loads(shown.stdout)
        assert [(each["application"], each["tries_left"]) for each in facts] == [
            ("signing", 15),
            ("authentication", 15),
            ("presence", None),
        ]
        assert facts[0]["certificate"]["qualifications"][0]["hcrole"] == "Medical Doctor"

    @pytest.mark.parametrize("kind", ["signing", "authentication"])
    def test_a_signature_verifies_with_openssl(
        self, inserted: ReaderDaemon, card_file: CardFile, tmp_path: Path, kind: str
    ) -> None:
        text, certificate, key = (tmp_path / name for name in ("text", "certificate.pem", "key.pem"))
        text.write_text("診断書\n")
        pin_file = card_file.signing_pin if kind == "signing" else card_file.authentication_pin
        application = ("--application", kind)
        signed = inserted.run(*hpki("card", "sign", str(text), *application, "--pin-file", str(pin_file)))
        assert signed.returncode == 0, signed.stderr
        inserted.run(*hpki("card", "read-cert", *application, "--out", str(certificate)))
        key.write_text(inserted.run("openssl", "x509", "-in", str(certificate), "-noout", "-pubkey").stdout)
        verified = inserted.run(
            *("openssl", "dgst", "-sha256", "-verify", str(key), "-signature", f"{text}.sig", str(text))
        )
        assert verified.stdout == "Verified OK\n"

    def test_an_unknown_reader_is_named_with_those_that_exist(self, inserted: ReaderDaemon) -> None:
        refused = inserted.run(*hpki("card", "show", "--reader", "Gemalto"))
        assert refused.returncode == 1
        assert "no reader named 'Gemalto'; there are: Virtual PCD 00 00" in refused.stderr


def test_without_a_card_the_readers_are_named(reader: ReaderDaemon) -> None:
    refused = reader.run(*hpki("card", "show"))
    assert refused.returncode == 1
    assert "no card in any reader (Virtual PCD 00 00, Virtual PCD 00 01)" in refused.stderr


def test_without_a_smart_card_service_it_says_so(reader: ReaderDaemon, tmp_path: Path) -> None:
    nowhere = {**reader.environment, "PCSCLITE_CSOCK_NAME": str(tmp_path / "nobody")}
    refused = subprocess.run(hpki("card", "list"), env=nowhere, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "no smart card service: is pcscd running?" in refused.stderr


def test_a_card_pulled_while_it_is_held_is_reported(reader: ReaderDaemon, card_file: CardFile) -> None:
    with card_file.in_reader(reader, "hpki") as card:
        holder = subprocess.Popen(
            [sys.executable, "-m", hold_card.__name__],
            env=reader.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert holder.stdout is not None
        assert holder.stdout.readline().startswith("held")
        stop(card)
        said, _ = holder.communicate("\n", timeout=20)
    assert "talking to the card: the card was pulled" in said
