"""Where a webhook may lead: nothing that is beside us, whatever its name says, and when."""

import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from incidents.models import Incident, OutboxRow, Subscriber
from incidents.outbox.registry import RetryLater
from incidents.status.subscribers import addresses, webhooks
from tests.incidents.status.subscribers.telling import deliver_to_subscribers, subscriber
from tests.incidents.status.telling import tell

HOST = "hooks.hospital.example"


def answer_with(monkeypatch: pytest.MonkeyPatch, *found: str, name: str = HOST) -> None:
    """The name server knows one name, and says this of it."""
    real = socket.getaddrinfo

    def lookup(host: str, port: int, *rest: Any, **named: Any) -> list[Any]:
        if host[0].isdigit():
            return real(host, port, *rest, **named)
        if host != name:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1",
        "fd00::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "::127.0.0.1",
    ],
)  # fmt: skip
def test_what_is_not_on_the_internet_is_not_public(address: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_what_is_on_the_internet_is_public(address: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.hospital.example/", "ftp://hooks.hospital.example/", "https://", "https:///x", "x",
        "https://user:secret@hooks.hospital.example/", "https://hooks.hospital.example/#x", "https://127.0.0.1/",
        "https://[::1]/", "https://[fe80::1%25eth0]/", "https://localhost/", "https://printer.local/",
        "https://vault.internal/", "https://2130706433/", "https://hooks.hospital.example:22/",
        "https://hooks.hospital.example:0/", "https://hooks.hospital.example:99999/", "https://a b.example/",
        "https://hooks.hospital.example/\r\nHost:x", "https://h\u00f6oks.example/",
        "https://x.example/" + "y" * 300,
        "javascript:alert(1)", "https://[::ffff:10.0.0.1]/", "file:///etc/passwd",
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_the_form_refuses_what_can_never_be_right(url: str) -> None:
    answer = Client().post("/status/subscribe/webhook/", {"address": url})
    assert answer.status_code == 422
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.hospital.example/a?b=c",
        "https://hooks.hospital.example:8443/",
        "https://93.184.215.14/",
    ],
)
def test_a_usual_address_may_be_asked_for(url: str) -> None:
    assert addresses.check(url).geturl() == url


@pytest.mark.parametrize(
    "found", [["10.0.0.7"], ["93.184.215.14", "10.0.0.7"], ["169.254.169.254"], ["::1"], ["fe80::1%eth0"]]
)
def test_a_name_that_leads_inside_is_refused_even_if_one_answer_is_good(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    answer_with(monkeypatch, *found)
    with pytest.raises(addresses.Refused, match="It leads to a private address"):
        addresses.lookup(addresses.check(f"https://{HOST}/"))


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, "93.184.215.14")
    assert addresses.lookup(addresses.check(f"https://{HOST}:8443/x")) == ("93.184.215.14", 8443)


@pytest.mark.django_db
def test_a_webhook_whose_name_leads_inside_later_counts_as_a_refusal_and_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, incident: Incident, engineer: User
) -> None:
    made = subscriber(f"https://{HOST}/", kind="webhook")
    answer_with(monkeypatch, "127.0.0.1")
    tell(incident, by=engineer)
    deliver_to_subscribers()
    made.refresh_from_db()
    assert (made.failures, OutboxRow.objects.waiting().filter(event="webhook").exists()) == (1, False)


@pytest.mark.django_db
def test_a_name_that_nobody_knows_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, incident: Incident, engineer: User
) -> None:
    made = subscriber("https://gone.hospital.example/", kind="webhook")
    answer_with(monkeypatch)
    tell(incident, by=engineer)
    deliver_to_subscribers()
    made.refresh_from_db()
    row = OutboxRow.objects.get(event="webhook")
    assert (made.failures, row.last_error) == (0, "A webhook cannot be reached. Its name is not known")


def test_in_production_no_host_is_let_in(settings: Settings) -> None:
    settings.STATUS_WEBHOOK_TEST_HOSTS = ["127.0.0.1"]
    assert addresses.is_let_in("127.0.0.1")
    settings.PRODUCTION = True
    assert not addresses.is_let_in("127.0.0.1")
    with pytest.raises(addresses.Refused):
        addresses.check("http://127.0.0.1:8000/")


# ---------- Over TLS, by the name that was asked for ----------


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of its own for this name, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert_path, key_path = folder / "certificate.pem", folder / "key.pem"
    cert_path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_path, key_path


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[dict[str, Any]]:
    """A server with the certificate of `HOST`, which we trust; it keeps the SNI and what was sent."""
    cert_path, key_path = certificate(tmp_path, HOST)
    seen: dict[str, Any] = {}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_path, key_path)
    context.sni_callback = lambda _, name, __: seen.update(sni=name)
    trusting = ssl.create_default_context(cafile=str(cert_path))
    monkeypatch.setattr(webhooks, "trusted", lambda: trusting)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen["path"], seen["host"] = self.path, self.headers["Host"]
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.socket = context.wrap_socket(server.socket, server_side=True)
        seen["port"] = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        answer_with(monkeypatch, "127.0.0.1")
        yield seen
        server.shutdown()
        thread.join(5)


def test_certificate_sni_and_host_are_those_of_the_name(secure: dict[str, Any], settings: Settings) -> None:
    settings.STATUS_WEBHOOK_TEST_HOSTS = [HOST]
    receiver = Subscriber(kind="webhook", address=f"https://{HOST}:{secure['port']}/x?y=1")
    webhooks.send(receiver, {"a": 1}, "id", 1)
    assert secure["sni"] == HOST
    assert (secure["path"], secure["host"]) == ("/x?y=1", f"{HOST}:{secure['port']}")


def test_a_certificate_of_another_name_is_not_trusted(
    secure: dict[str, Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.STATUS_WEBHOOK_TEST_HOSTS = ["other.hospital.example"]
    answer_with(monkeypatch, "127.0.0.1", name="other.hospital.example")
    receiver = Subscriber(kind="webhook", address=f"https://other.hospital.example:{secure['port']}/")
    with pytest.raises(RetryLater, match="does not answer"):
        webhooks.send(receiver, {"a": 1}, "id", 1)
    assert "path" not in secure
