"""The web server of `make run`: one worker of threads, on loopback unless an operator says otherwise."""

import errno
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

HOST = "127.0.0.1"
THREADS = 8
TARGET = "hpki_server.config.wsgi"
COMMAND = "hpki_server.config.command"
STOPPING_SECONDS = 10


class PortTaken(Exception):
    """Somebody listens there already, or the address is another machine's."""


def claim_port(port: int, host: str = HOST) -> None:
    """Raises PortTaken while nobody may listen there; asked before anything else is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise PortTaken(f"{host} is no address of this machine ({error.strerror}).") from error
            raise PortTaken(
                f"Port {port} of this machine is taken ({error.strerror}). "
                f"Stop the other program, or choose another port: hpki-server start --port {port + 1}"
            ) from error


def origin_at(port: int) -> str:
    """The address that people type: as the operator says, else this machine's own."""
    return (os.environ.get("HPKI_ORIGIN") or f"http://localhost:{port}").rstrip("/")


def serve(port: int, host: str = HOST) -> None:
    """Serves until Ctrl-C or SIGTERM."""
    os.environ["HPKI_ORIGIN"] = origin_at(port)
    # The worker is begun anew and not copied: the threads of the typesetter that told the story live in this process
    # only, and a copy would wait for them for ever, with the database locked.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=STOPPING_SECONDS,
    )
    server.serve(target_loader=partial(_application_in_worker, os.getpid()), wrap_loader=False)


@contextmanager
def recurring_work() -> Iterator[None]:
    """`hpki-server jobs` beside the pages, in a process of its own: signing lists must not slow them."""
    command = [sys.executable, "-m", COMMAND, "jobs", "--with-parent", str(os.getpid())]
    # A terminal's Ctrl-C would reach it too; it ends when it is told to, or when its parent is gone.
    child = subprocess.Popen(command, start_new_session=True)
    try:
        yield
    finally:
        child.terminate()
        try:
            child.wait(STOPPING_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _application_in_worker(parent: int) -> Any:  # noqa: ANN401 - a WSGI application
    """Called in the worker before it serves."""
    # A terminal's Ctrl-C reaches both processes; the worker hangs when it is told to stop twice at once, so only
    # the parent hears it and tells the worker by SIGTERM.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    return import_module(TARGET).application


def _end_with(parent: int) -> None:
    """A worker whose parent was killed must not keep the port."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)
