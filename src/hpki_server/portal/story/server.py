"""The web server: workers of threads on loopback, unless an operator says otherwise, and the recurring work beside them."""

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
# Recurring work that ended by itself begins anew after this, so that what kills it at once does not fill the log.
RESTART_SECONDS = 10.0


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


def tell_origin(port: int) -> None:
    """To the processes that are begun from here: pages and mails name the address at which this server is."""
    os.environ["HPKI_ORIGIN"] = origin_at(port)


def serve(port: int, host: str = HOST, workers: int = 1) -> None:
    """Serves until Ctrl-C or SIGTERM; a worker that was killed is replaced."""
    tell_origin(port)
    # The worker is begun anew and not copied: the threads of the typesetter that told the story live in this process
    # only, and a copy would wait for them for ever, with the database locked.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        respawn_failed_workers=True,
        blocking_threads=THREADS,
        log_level=LogLevels.error,
        workers_kill_timeout=STOPPING_SECONDS,
    )
    server.serve(target_loader=partial(_application_in_worker, os.getpid()), wrap_loader=False)


@contextmanager
def recurring_work(port: int) -> Iterator[None]:
    """`hpki-server jobs` beside the pages, in a process of its own: signing lists must not slow them."""
    tell_origin(port)
    command = [sys.executable, "-m", COMMAND, "jobs", "--with-parent", str(os.getpid())]
    with kept_running(command):
        yield


@contextmanager
def kept_running(command: list[str], restart_seconds: float = RESTART_SECONDS) -> Iterator[None]:
    """Runs the command beside this process, and again whenever it ends before it is told to."""
    ending = threading.Event()
    # A terminal's Ctrl-C would reach it too; it ends when it is told to, or when its parent is gone.
    child = subprocess.Popen(command, start_new_session=True)

    def look_after() -> None:
        nonlocal child
        while not ending.is_set():
            code = child.wait()
            if ending.is_set():
                return
            print(f"recurring work ended ({code}); it begins anew", file=sys.stderr, flush=True)  # noqa: T201 - a service's log
            if not ending.wait(restart_seconds):
                child = subprocess.Popen(command, start_new_session=True)

    guard = threading.Thread(target=look_after, daemon=True)
    guard.start()
    try:
        yield
    finally:
        ending.set()
        child.terminate()
        guard.join(STOPPING_SECONDS)
        if child.poll() is None:
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
