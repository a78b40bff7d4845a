"""The product's settings over a folder of the tests' own: a test never touches the installation's var/.

The folder must be named before the product's settings are read, hence a module of its own instead of a fixture.
"""

import atexit
import os
import shutil
import tempfile

os.environ["HPKI_VAR"] = _place = tempfile.mkdtemp(prefix="openhpki-test-")
atexit.register(shutil.rmtree, _place, ignore_errors=True)

from hpki_server.config.settings import *  # noqa: E402, F403 - every setting, after the folder is named

# The same hashing, without the half second that makes guessing dear.
PASSWORD_HASHERS = ["tests.quick_hashing.QuickArgon2"]

# Every test client builds the middleware anew: a static file is looked for when it is asked for, not all at each start.
WHITENOISE_AUTOREFRESH = True
