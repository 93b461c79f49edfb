"""Print how many requests a second the public status pages take, against a static file of the same size.

Run it as `python docs/benchmarks/status_page.py`. It starts one web process as `make run` has it (gunicorn,
one worker, eight threads) on a database of its own with the demo, in a folder that it removes again, and asks
it over a few connections that stay open, on this machine only. The page and the file take turns, ROUNDS times
each for SECONDS, so that what else the machine does hits both. Fails below LIMIT of the file's rate, for any
page.
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
os.environ["OOH_MODE"] = "embedded"

ROUNDS, SECONDS, CONNECTIONS, LIMIT = 10, 1.0, 8, 0.5
PAGES = ("/status/", "/status/api/v2/summary.json")


def seed() -> str:
    """The demo's history, and an outage that goes on; the address of its page."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from accounts.models import Customer, User
    from incidents.models import StatusUpdate
    from tests.factories import make_incident

    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    engineer, now = User.objects.get(email="engineer.1@partner.example"), timezone.now()
    incident = make_incident(by=engineer, customer=Customer.objects.get(short_name="wexcombe"))
    incident.public_phase = "identified"
    incident.save()
    for _ in range(3):
        StatusUpdate.objects.create(
            incident=incident, phase="identified", words="We have found the likely cause. " * 12,
            next_update_due_at=now, posted_by=engineer, posted_at=now, published_at=now,
        )  # fmt: skip
    return f"/status/{incident.public_id}/"


@contextlib.contextmanager
def web(folder: Path) -> Iterator[int]:
    """The port of a web process as `make run` starts it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        command = [sys.executable, "-m", "gunicorn", "ooh.wsgi", "--bind", f"fd://{listener.fileno()}"]
        command += ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket"]
        process = subprocess.Popen(command, cwd=ROOT, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)  # noqa: S603
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)


def ask(connection: socket.socket, path: str) -> bytes:
    """One request on a connection that stays open; the body of its answer."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    answer = connection.recv(65536)
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n", 1)[0]:
        raise SystemExit(f"{path} was answered with {head.splitlines()[0]!r}")
    name, lower = b"content-length:", head.lower()
    length = int(lower[lower.index(name) + len(name) :].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65536)
    return body


def rate(port: int, path: str) -> float:
    """Requests answered a second, over all connections."""
    counts, ends_at = [0] * CONNECTIONS, time.perf_counter() + SECONDS

    def load(index: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            while time.perf_counter() < ends_at:
                ask(connection, path)
                counts[index] += 1

    threads = [threading.Thread(target=load, args=(index,)) for index in range(CONNECTIONS)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def size_of(port: int, path: str) -> int:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        return len(ask(connection, path))


def sizes(folder: Path, pages: tuple[str, ...]) -> dict[str, int]:
    """What each page has, from a web process that ends again: static files are looked for at its start."""
    with web(folder) as port:
        return {path: size_of(port, path) for path in pages}


def main(folder: Path) -> int:
    static = folder / "static"
    static.mkdir()
    pages = (*PAGES, seed())
    for path, size in sizes(folder, pages).items():
        name = static / f"file-{pages.index(path)}.html"
        name.write_bytes(os.urandom(size))
    slow = 0
    with web(folder) as port:
        for number, path in enumerate(pages):
            file = f"/static/file-{number}.html"
            rate(port, path), rate(port, file)  # warm
            pairs = [(rate(port, path), rate(port, file)) for _ in range(ROUNDS)]
            ours, theirs = (median(column) for column in zip(*pairs, strict=True))
            share = ours / theirs
            slow += share < LIMIT
            size = size_of(port, path)
            print(f"{path}: {size:,} bytes, {ours:,.0f} a second; the file {theirs:,.0f}; {share:.0%}")
    return int(slow > 0)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        os.environ |= {"OOH_VAR_DIR": name, "TMPDIR": name}
        sys.exit(main(Path(name)))
