"""A server over a real socket that can be taken down, brought up at the same address, and made to fail."""

import contextlib
import re
import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from typing import Any, Self


class Fault(Enum):
    """What goes wrong with one request. The word says whether the request was carried out first."""

    BUSY_BEFORE = "429, nothing done"
    ERROR_BEFORE = "503, nothing done"
    ERROR_AFTER = "500, done"
    TIME_OUT_BEFORE = "no answer, nothing done"
    TIME_OUT_AFTER = "no answer, done"
    RESET_BEFORE = "connection reset, nothing done"
    RESET_AFTER = "connection reset, done"
    PAGE_BEFORE = "502 with an HTML page, nothing done"
    PAGE_AFTER = "200 with an HTML page, done"
    CUT_AFTER = "half an answer, done"
    SLOW = "a slow answer, done"
    DRIPS_AFTER = "an answer of which a byte comes now and then, done"

    @property
    def is_done(self) -> bool:
        return self.name.endswith("_AFTER") or self is Fault.SLOW


@dataclass
class Planned:
    """A fault for the next `times` requests that match."""

    method: str
    path: str
    fault: Fault
    times: int


@dataclass
class Server:
    """The socket and the faults. What it serves is the subclass's `answer`."""

    port: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    slowness: float = 0.05
    retry_after: str = "1"  # seconds, of a 429
    drips: int = 20  # bytes of a trickle, ten in a second
    fault_rate: float = 0.0  # of requests that nothing is planned for, with a fault of any kind
    chance: Random = field(default_factory=lambda: Random(20261122))  # noqa: S311  (the same each time)
    lock: threading.RLock = field(default_factory=threading.RLock)
    stopped: threading.Event = field(default_factory=threading.Event)
    _http: ThreadingHTTPServer | None = None

    def answer(self, request: "Request") -> "Answer":
        raise NotImplementedError

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Listen, at the port of before if there was one."""
        self.stopped.clear()
        self._http = _Http(("127.0.0.1", self.port), type("Bound", (_Handler,), {"standin": self}))
        self.port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def down(self) -> None:
        """Connections are refused from now on."""
        self.stopped.set()
        if self._http:
            self._http.shutdown()
            self._http.server_close()
            self._http = None

    def fail(self, fault: Fault, method: str = ".*", path: str = ".*", times: int = 1) -> None:
        """Let the next requests that match go wrong."""
        self.planned.append(Planned(method, path, fault, times))

    def take_fault(self, method: str, path: str) -> Fault | None:
        with self.lock:
            for plan in self.planned:
                if plan.times and re.fullmatch(plan.method, method) and re.fullmatch(plan.path, path):
                    plan.times -= 1
                    return plan.fault
            return self.chance.choice(list(Fault)) if self.chance.random() < self.fault_rate else None


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: Any
    body: bytes


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    standin: Server
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def handle_any(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.standin.take_fault(self.command, path)
        with self.standin.lock:
            self.standin.calls.append((self.command, path))
            is_done = fault is None or fault.is_done
            request = Request(self.command, path, query, self.headers, body)
            answer = self.standin.answer(request) if is_done else Answer(503)
        self.respond(fault, answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def respond(self, fault: Fault | None, answer: Answer) -> None:
        match fault:
            case Fault.TIME_OUT_BEFORE | Fault.TIME_OUT_AFTER:
                self.standin.stopped.wait(30)
                self.close_connection = True
            case Fault.RESET_BEFORE | Fault.RESET_AFTER:
                self.reset()
            case Fault.BUSY_BEFORE:
                self.send(Answer(429, b"", {"Retry-After": self.standin.retry_after}))
            case Fault.ERROR_BEFORE | Fault.ERROR_AFTER:
                self.send(Answer(503 if fault is Fault.ERROR_BEFORE else 500, b'{"message":"busy"}'))
            case Fault.PAGE_BEFORE | Fault.PAGE_AFTER:
                page = b"<!doctype html><title>Down for maintenance</title>"
                self.send(
                    Answer(502 if fault is Fault.PAGE_BEFORE else 200, page, {"Content-Type": "text/html"})
                )
            case Fault.CUT_AFTER:
                self.send(answer, length=len(answer.body) + 100)
                self.close_connection = True
            case Fault.SLOW:
                self.standin.stopped.wait(self.standin.slowness)
                self.send(answer)
            case Fault.DRIPS_AFTER:
                self.drip(answer)
            case None:
                self.send(answer)

    def send(self, answer: Answer, length: int | None = None) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body) if length is None else length))
        self.end_headers()
        self.wfile.write(answer.body)

    def drip(self, answer: Answer) -> None:
        """Never silent for as long as a time-out, and broken off in the end."""
        self.send(Answer(answer.status, b"", answer.headers), length=10_000)
        for _ in range(self.standin.drips):
            if self.standin.stopped.wait(0.1):
                break
            self.wfile.write(b" ")
        self.close_connection = True

    def reset(self) -> None:
        """Close with RST: what the client sees when a balancer dies."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            self.connection.close()
        self.close_connection = True
