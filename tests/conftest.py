"""What every test stands on: a folder of its own for data and keys, and no socket beyond loopback."""

import os
import tempfile

# Before Django reads its settings: tests never touch the installation's var/.
os.environ["HPKI_VAR"] = tempfile.mkdtemp(prefix="openhpki-test-")
