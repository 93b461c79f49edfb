"""A mail server of our own on a socket of this machine: it takes messages, refuses them, or falls silent."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any


@dataclass
class MailServer:
    """What it was given, and how it answers: a code for an address and for a message, or silence after it.

    With `auth_words` it wants a sign-in, and refuses each with these words and with what it was given.
    """

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    rcpt_code: int = 250
    data_code: int = 250
    silent_after_data: bool = False
    slowness: float = 0.0  # seconds before the answer to a message
    hangs_up: bool = False  # before a word is said
    auth_words: str = ""
    closing: threading.Event = field(default_factory=threading.Event)


class _Handler(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        desk: MailServer = self.server.desk
        if desk.hangs_up:
            return
        self._say("220 stand-in")
        while line := self.rfile.readline():
            verb = line[:4].upper().decode()
            if verb == "EHLO" and desk.auth_words:
                self._say("250-yes\r\n250 AUTH PLAIN LOGIN")
            elif verb == "AUTH":
                self._say(f"{desk.auth_words} {line.decode().strip()}")
            elif verb in ("EHLO", "HELO", "MAIL", "RSET", "NOOP"):
                self._say("250 yes")
            elif verb == "RCPT":
                self._say(f"{desk.rcpt_code} address")
            elif verb == "DATA":
                self._say("354 go on")
                self._take(desk)
                if desk.silent_after_data:
                    desk.closing.wait(10)
                    return
                desk.closing.wait(desk.slowness)
                self._say(f"{desk.data_code} message")
            else:
                self._say("221 bye")
                return

    def _take(self, desk: MailServer) -> None:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        if desk.data_code == 250:
            desk.messages.append(message_from_bytes(b"".join(lines)))

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    desk = MailServer()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.desk = desk  # type: ignore[attr-defined]
        desk.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield desk
        finally:
            desk.closing.set()
            server.shutdown()
            thread.join()
