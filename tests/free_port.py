"""A port for a server that cannot be given 0."""

import random
import socket
from contextlib import closing, suppress

# Below the range from which systems take ports for those who ask for any: between our look and the server's start nobody
# but another test process of ours, with its own dice, could take it.
_LOWEST, _HIGHEST = 20_000, 32_000
_dice = random.SystemRandom()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    for _ in range(100):
        port = _dice.randint(_LOWEST, _HIGHEST)
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
