"""The probe against real sockets of this machine: what it sees, in words, and what it does not do."""

import shutil
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Component, ComponentKind
from sops.actions import probe
from sops.actions.catalogue import CATALOGUE, read_parameters
from sops.actions.outcomes import Finding, Refused


def look(name: str, address: str, **parameters: Any) -> Finding:
    spec = CATALOGUE[name]
    component = Component(name="signin", kind=ComponentKind.ENDPOINT, address=address)
    return probe.perform(spec, component, read_parameters(spec, parameters))


class Handler(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self) -> None:
        type(self).asked.append(self.path)
        path = self.path.partition("?")[0]
        if path == "/slow":
            time.sleep(1.5)
        if path == "/reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        status = {"/down": 503, "/missing": 404, "/here": 302, "/away": 302, "/round": 302}.get(path, 200)
        self.send_response(status)
        location = {"/here": "/fine", "/away": "http://elsewhere.invalid/", "/round": "/round"}.get(path)
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(b"patient list")

    def log_message(self, *args: Any) -> None:
        """Nothing on the screen of the tests."""

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("path", "words", "is_bad"),
    [
        ("/fine", "200, 2 of 2", False),
        ("/down", "503, 2 of 2", True),
        ("/missing", "404, 2 of 2", True),
        ("/here", "200, 2 of 2", False),
        ("/away", "302 to another host, not followed, 2 of 2", False),
        ("/round", "Redirects in a circle, 2 of 2", True),
        ("/slow", "No answer in 1 s, 2 of 2", True),
    ],
)
def test_http_is_read_and_told_in_words(site: str, path: str, words: str, is_bad: bool) -> None:
    found = look("http_probe", site + path, tries=2, timeout_seconds=1)
    assert (found.words, found.is_bad) == (words, is_bad)


def test_a_connection_that_is_reset_is_told_as_such(site: str) -> None:
    found = look("http_probe", f"{site}/reset", tries=1)
    assert found.is_bad
    assert found.words in ("Connection reset, 1 of 1", "Connection broken off, 1 of 1")


def test_a_refused_connection_is_told_as_such(closed_port: int) -> None:
    assert look("http_probe", f"http://127.0.0.1:{closed_port}/").words == "Connection refused, 3 of 3"
    assert look("tcp_probe", f"127.0.0.1:{closed_port}", tries=1).words == "Connection refused, 1 of 1"


def test_an_open_port_is_told_as_connected(site: str) -> None:
    found = look("tcp_probe", site.removeprefix("http://"))
    assert (found.words, found.is_bad) == ("Connected, 3 of 3", False)


def test_what_the_address_answers_is_not_kept(site: str) -> None:
    found = look("http_probe", f"{site}/fine?user=somebody")
    assert "patient" not in repr(found)
    assert "somebody" not in repr(found)


def test_waiting_says_not_yet_until_it_answers(site: str) -> None:
    assert look("wait_until_healthy", f"{site}/down") == Finding("Not yet: 503", is_bad=True, is_not_yet=True)
    assert look("wait_until_healthy", f"{site}/fine") == Finding("Answers: 200")


@pytest.mark.parametrize(
    "address", ["", "not an address", "ftp://127.0.0.1/", "127.0.0.1", "http://a:b@c/", "http://[", "h:99999"]
)
def test_an_address_that_is_none_is_refused_and_says_where_to_correct_it(address: str) -> None:
    with pytest.raises(Refused, match=r"registered|register"):
        look("http_probe", address)


def test_only_probes_are_done_by_the_probe() -> None:
    with pytest.raises(Refused, match="not something that a probe does"):
        look("service_health", "127.0.0.1:80")


# ---------- TLS ----------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own that ends in about nine days; nobody trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs openssl to make a certificate")
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key.pem"]
    rest = ["-subj", "/CN=127.0.0.1", "-days", "9", "-out", "cert.pem"]
    subprocess.run([openssl, "req", "-x509", *key, *rest], check=True, capture_output=True, cwd=folder)
    return folder


@contextmanager
def serve_tls(folder: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_shake_hands, args=(listener, context), daemon=True)
    thread.start()
    yield f"127.0.0.1:{listener.getsockname()[1]}"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


def _shake_hands(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            raw, _ = listener.accept()
        except OSError:
            return
        with raw:
            try:
                context.wrap_socket(raw, server_side=True).close()
            except OSError:
                continue


def test_the_end_of_a_certificate_is_read_although_nobody_trusts_it(certificate: Path) -> None:
    with serve_tls(certificate) as address:
        soon = look("tls_expiry", address, warn_days=14)
        later = look("tls_expiry", address, warn_days=3)
    assert soon.is_bad
    assert not later.is_bad
    assert later.words.endswith("in 8 days")
    assert later.data == {"days": 8}


def test_a_certificate_that_is_not_trusted_is_a_finding_of_the_http_probe(certificate: Path) -> None:
    with serve_tls(certificate) as address:
        found = look("http_probe", f"https://{address}/", tries=1)
    assert (found.words, found.is_bad) == ("Certificate not valid, 1 of 1", True)


def test_a_port_without_tls_has_no_certificate(site: str, closed_port: int) -> None:
    assert look("tls_expiry", site.removeprefix("http://")).words == "No certificate was served"
    assert look("tls_expiry", f"127.0.0.1:{closed_port}").words == "Connection refused"


@pytest.mark.parametrize("length", [0, 1, 10, 40, 100, 200])
def test_a_certificate_that_is_cut_short_is_refused_not_guessed(certificate: Path, length: int) -> None:
    whole = ssl.PEM_cert_to_DER_cert((certificate / "cert.pem").read_text())
    assert probe.not_after(whole).tzinfo is not None
    with pytest.raises(ValueError, match="not a certificate"):
        probe.not_after(whole[:length])


# ---------- DNS ----------


def test_a_name_is_looked_up() -> None:
    assert not look("dns_lookup", "http://localhost/").is_bad
    missing = look("dns_lookup", "https://no-such-name.invalid/")
    assert (missing.words, missing.is_bad) == ("Name not found", True)
    too_long = look("dns_lookup", f"http://{'a' * 70}.invalid/")
    assert (too_long.words, too_long.is_bad) == ("Name not found", True)


def test_an_unknown_name_is_told_as_such_by_the_other_probes() -> None:
    assert look("http_probe", "http://no-such-name.invalid/", tries=1).words == "Name not found, 1 of 1"
    assert look("tcp_probe", "no-such-name.invalid:443", tries=1).words == "Name not found, 1 of 1"
