"""A PKCS#11 token for tests: SoftHSM2 with its store in a temporary folder."""

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "271828"
SO_PIN = "31415926"


@dataclass(frozen=True)
class Token:
    """An initialised token and the file with its PIN."""

    label: str
    pin_file: Path


def use_own_store() -> None:
    """Point the module at a store of this test process, once; it reads the variable at C_Initialize."""
    if "OPENHPKI_TEST_SOFTHSM" in os.environ:
        return
    folder = Path(tempfile.mkdtemp(prefix="openhpki-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    os.environ["OPENHPKI_TEST_SOFTHSM"] = str(folder)


def new_token(label: str, folder: Path) -> Token:
    """A fresh token of that label; a running module sees it after its next C_Initialize."""
    use_own_store()
    pins = ["--pin", PIN, "--so-pin", SO_PIN]
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", label, *pins], check=True, capture_output=True
    )
    pin_file = folder / f"{label}.pin"
    pin_file.touch(mode=0o600)
    pin_file.write_text(PIN + "\n")
    return Token(label, pin_file)


def remove_token(label: str) -> None:
    """The token is pulled for good."""
    subprocess.run(["softhsm2-util", "--delete-token", "--token", label], check=True, capture_output=True)
