"""The web server of `make run`: one process of threads on loopback."""

import os
import socket

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

HOST = "127.0.0.1"
THREADS = 8
TARGET = "hpki_server.config.wsgi:application"


class PortTaken(Exception):
    """Somebody listens there already."""


def claim_port(port: int) -> None:
    """Raises PortTaken while another program listens on the port; asked before anything else is done."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTaken(
                f"Port {port} of this machine is taken ({error.strerror}). "
                f"Stop the other program, or choose another port: hpki-server start --port {port + 1}"
            ) from error


def serve(port: int) -> None:
    """Serves until Ctrl-C or SIGTERM; requests under way are finished first."""
    os.environ.setdefault("HPKI_ORIGIN", f"http://localhost:{port}")
    Granian(
        TARGET,
        address=HOST,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=10,
    ).serve()
