"""`hpki-server ocsp serve`: a small server for large installations, on loopback behind the TLS server.

One thread talks to the network and answers from the shelf; a second signs on demand, a third looks for changes.  Several
such processes may share one port.  Everything a stranger can stretch is bounded: octets, connections, time, signatures
that wait.
"""

import asyncio
import datetime as dt
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hpki.issuance.ocsp import OcspFailure
from hpki_server.authority.ocsp.http_messages import (
    MOST_HEAD_OCTETS,
    HttpRefused,
    HttpRequest,
    read_http_request,
    refusal,
    response,
)
from hpki_server.authority.ocsp.ready import Reply
from hpki_server.authority.ocsp.service import StatusService
from hpki_server.authority.ocsp.watch import EVERY_SECONDS

MOST_CONNECTIONS = 2_048
# A connection that says nothing, or does not finish what it began, ends after this.
PATIENCE_SECONDS = 15
# More requests than this waiting for a signature: the next gets an older answer, or is asked to come later.
MOST_WAITING = 64
_MALFORMED = Reply(OcspFailure.MALFORMED_REQUEST.der)
_TRY_LATER = Reply(OcspFailure.TRY_LATER.der)


class StatusListener:
    """What the connections of one process share."""

    def __init__(self, service: StatusService, clock: Callable[[], float] = time.time) -> None:
        self.service = service
        self.clock = clock
        self.connections: set[_Connection] = set()
        self._waiting: list[tuple[bytes, asyncio.Future[Reply]]] = []
        self._in_hand = 0
        self._desk = ThreadPoolExecutor(1, thread_name_prefix="ocsp-desk")
        self._look = ThreadPoolExecutor(1, thread_name_prefix="ocsp-watch")

    async def serve(
        self, host: str, port: int, *, ready: Callable[[int], None], until: asyncio.Event
    ) -> None:
        """Serve until the event; `ready` is told the port when everything stands."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._look, self.service.watch.look)
        server = await loop.create_server(lambda: _Connection(self), host, port, reuse_port=True, backlog=512)
        tasks = [asyncio.ensure_future(self._watch()), asyncio.ensure_future(self._end_silent())]
        ready(server.sockets[0].getsockname()[1])
        try:
            await until.wait()
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            for connection in list(self.connections):
                connection.end()
            self._desk.shutdown(wait=False, cancel_futures=True)
            self._look.shutdown(wait=False, cancel_futures=True)

    def on_demand(self, request_der: bytes) -> "asyncio.Future[Reply] | Reply":
        """The desk's answer, soon; or at once what there is when too many wait."""
        if len(self._waiting) + self._in_hand >= MOST_WAITING:
            return self.service.ready.find(request_der, self.clock(), without_nonce=True) or _TRY_LATER
        coming: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request_der, coming))
        if not self._in_hand and len(self._waiting) == 1:
            # After all that came in this turn of the loop, so that it goes together.
            asyncio.get_running_loop().call_soon(self._hand_over)
        return coming

    def _hand_over(self) -> None:
        """Everything that waits goes to the desk together: one change of threads, one look into the records."""
        batch, self._waiting = self._waiting, []
        self._in_hand = len(batch)
        if not batch:
            return
        moment = dt.datetime.fromtimestamp(self.clock(), dt.UTC)
        requests = [request_der for request_der, _ in batch]
        done = asyncio.get_running_loop().run_in_executor(
            self._desk, lambda: self.service.desk.answer_all(requests, at=moment)
        )
        done.add_done_callback(lambda answered: self._served(answered, [coming for _, coming in batch]))

    def _served(
        self, answered: "asyncio.Future[list[Reply]]", comings: "list[asyncio.Future[Reply]]"
    ) -> None:
        failed = answered.cancelled() or answered.exception() is not None
        replies = [_TRY_LATER] * len(comings) if failed else answered.result()
        for coming, reply in zip(comings, replies, strict=True):
            if not coming.done():
                coming.set_result(reply)
        self._hand_over()

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await loop.run_in_executor(self._look, self.service.watch.look)

    async def _end_silent(self) -> None:
        while True:
            await asyncio.sleep(PATIENCE_SECONDS / 5)
            limit = asyncio.get_running_loop().time() - PATIENCE_SECONDS
            for connection in [one for one in self.connections if one.began_at < limit]:
                connection.end()


class _Connection(asyncio.Protocol):
    """One connection: requests one after the other, answered in their order, several in one packet if need be."""

    def __init__(self, listener: StatusListener) -> None:
        self._listener = listener
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self._is_waiting = False
        self._is_writable = True
        self.began_at = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_server gives to a Protocol
        if len(self._listener.connections) >= MOST_CONNECTIONS:
            transport.abort()
            return
        self._transport = transport
        self._listener.connections.add(self)
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._listener.connections.discard(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > 2 * MOST_HEAD_OCTETS and self._transport is not None:
            # Somebody sends without listening: what came so far is answered first.
            self._transport.pause_reading()
        self._serve()

    def pause_writing(self) -> None:
        self._is_writable = False

    def resume_writing(self) -> None:
        self._is_writable = True
        self._serve()

    def end(self) -> None:
        """Close, whatever is in hand."""
        if self._transport is not None:
            self._transport.abort()

    def _rest(self) -> None:
        self.began_at = asyncio.get_running_loop().time()

    def _serve(self) -> None:
        """Answer the whole requests in the buffer, as far as no signature has to be waited for."""
        answers: list[bytes] = []
        keeps_alive = True
        at = self._listener.clock()
        try:
            while keeps_alive and self._buffer and self._is_writable and not self._is_waiting:
                request = read_http_request(self._buffer)
                if request is None:
                    break
                del self._buffer[: request.end]
                keeps_alive = request.keeps_alive
                answer = self._answer(request, at)
                if answer is None:
                    break
                answers.append(answer)
        except HttpRefused as refused:
            answers.append(refusal(refused, at))
            keeps_alive = False
        self._write(b"".join(answers), closes=not keeps_alive and not self._is_waiting)

    def _answer(self, request: HttpRequest, at: float) -> bytes | None:
        """The response; None when it comes later."""
        if request.request_der is None:
            return response(_MALFORMED, request, at)
        reply = self._listener.service.ready.find(request.request_der, at)
        if reply is None:
            coming = self._listener.on_demand(request.request_der)
            if not isinstance(coming, Reply):
                self._is_waiting = True
                coming.add_done_callback(lambda done: self._come(done, request))
                return None
            reply = coming
        return response(reply, request, at)

    def _come(self, done: "asyncio.Future[Reply]", request: HttpRequest) -> None:
        self._is_waiting = False
        if self._transport is None:
            return
        if done.cancelled() or done.exception() is not None:
            self.end()
            return
        self._write(response(done.result(), request, self._listener.clock()), closes=not request.keeps_alive)
        if request.keeps_alive:
            self._serve()

    def _write(self, octets: bytes, *, closes: bool) -> None:
        transport = self._transport
        if transport is None:
            return
        if octets:
            transport.write(octets)
            self._rest()
        if closes:
            transport.close()
        elif (
            not transport.is_reading() and len(self._buffer) < MOST_HEAD_OCTETS and not transport.is_closing()
        ):
            transport.resume_reading()


def run(service: StatusService, host: str, port: int, *, ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT."""

    async def main() -> None:
        until = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, until.set)
        await StatusListener(service).serve(host, port, ready=ready, until=until)

    asyncio.run(main())
