"""`python -m tests.status_service FOLDER CERTIFICATES`: prepares the folder, then obeys lines on standard input.

Each command, and the preparation, is answered by one line of JSON: `revoke SERIAL`, `sign-ahead`.
"""

import json
import os
import sys
from pathlib import Path

import django


def main(folder: str, certificates: str) -> None:
    os.environ |= {"HPKI_VAR": folder, "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
    os.environ.pop("DATABASE_URL", None)
    django.setup()
    from tests.status_service import stage

    print(json.dumps(stage.prepare(Path(folder), int(certificates))), flush=True)  # noqa: T201 - the answer to our starter
    for line in sys.stdin:
        word, *rest = line.split()
        done = stage.revoke(*rest) if word == "revoke" else stage.signed_ahead()
        print(json.dumps(done), flush=True)  # noqa: T201 - as above


main(*sys.argv[1:3])
