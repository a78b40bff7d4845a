"""The service as a client meets it: processes, a port, files."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import cast

PROJECT = Path(__file__).resolve().parents[2]
OCSP_REQUEST = {"Content-Type": "application/ocsp-request"}


class RunningService:
    """A prepared folder, and servers that share its port."""

    def __init__(self, folder: Path, *, certificates: int, servers: int = 1) -> None:
        self.folder = folder
        self._authority = subprocess.Popen(
            [sys.executable, "-m", "tests.status_service", str(folder), str(certificates)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._servers: list[subprocess.Popen[str]] = []
        self.port = 0
        try:
            self.prepared = self._heard()
            self.serials = cast("list[str]", self.prepared["serials"])
            for _ in range(servers):
                self._servers.append(self._server())
        except BaseException:
            self.close()
            raise

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/ocsp/"

    @property
    def process_ids(self) -> list[int]:
        return [server.pid for server in self._servers]

    def tell(self, *words: str) -> dict[str, object]:
        """Let the authority do something; `revoke SERIAL`, `sign-ahead`."""
        assert self._authority.stdin is not None
        self._authority.stdin.write(" ".join(words) + "\n")
        self._authority.stdin.flush()
        return self._heard()

    def connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[HTTPResponse, bytes]:
        """One request on a connection of its own."""
        connection = self.connection()
        try:
            connection.request(method, path, body, OCSP_REQUEST if body is not None else {})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def post(self, request_der: bytes) -> bytes:
        return self.ask("POST", "/ocsp/", request_der)[1]

    def close(self) -> None:
        for process in [*self._servers, self._authority]:
            process.terminate()
            process.wait(timeout=60)
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    pipe.close()

    def _heard(self) -> dict[str, object]:
        assert self._authority.stdout is not None
        return cast("dict[str, object]", json.loads(self._authority.stdout.readline()))

    def _server(self) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        environment |= {"HPKI_VAR": str(self.folder), "DJANGO_SETTINGS_MODULE": "hpki_server.config.settings"}
        command = "from hpki_server.config.command import main; main()"
        server = subprocess.Popen(
            [sys.executable, "-c", command, "ocsp", "serve", "--port", str(self.port)],
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout is not None
        self.port = int(server.stdout.readline().rsplit(" ", 1)[1])
        return server


@contextmanager
def running_service(folder: Path, *, certificates: int, servers: int = 1) -> Iterator[RunningService]:
    service = RunningService(folder, certificates=certificates, servers=servers)
    try:
        yield service
    finally:
        service.close()
