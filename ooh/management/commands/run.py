"""Start the embedded default: database, demo, web, Celery worker and scheduler, with one command."""

import contextlib
import errno
import fcntl
import http.client
import os
import socket
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import User
from ooh.supervisor import Program, supervise

PAGES = {"Desk": "/", "Service status": "/status/", "API schema": "/api/v1/schema/", "Admin": "/admin/"}


class Command(BaseCommand):
    """Runs on Linux and macOS. Windows has no process groups: use its Linux subsystem."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=port_number, default=8000, help="default 8000; 0 takes any free one"
        )
        parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1")
        parser.add_argument("--no-demo", action="store_true", help="leave the demo out")
        parser.add_argument("--verbose", action="store_true", help="print all that the programs say")

    def handle(self, *, host: str, port: int, no_demo: bool, verbose: bool, **_: Any) -> None:
        refuse_production()
        try:
            self.serve(host, port, demo=not no_demo, verbose=verbose)
        except KeyboardInterrupt:  # while preparing; later it is the supervisor's to hear
            raise CommandError("Stopped before the desk was up.") from None

    def serve(self, host: str, port: int, *, demo: bool, verbose: bool) -> None:
        """Take the port and the folder, prepare, and run until somebody stops it."""
        with listen(host, port) as listener, only_one_here(settings.VAR_DIR):
            self.stdout.write("Preparing the database; the first time takes half a minute")
            self.stdout.flush()
            prepare(demo=demo)
            refuse_strangers(host)
            connections.close_all()
            address = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
            came_up = supervise(
                programs(listener, verbose=verbose),
                environment(os.environ, address, verbose=verbose),
                is_ready=lambda: answers(listener),
                announce=lambda: self.announce(address, demo=demo),
            )
        if not came_up:
            raise CommandError("The desk cannot start; the reason stands above.")

    def announce(self, address: str, *, demo: bool) -> None:
        """Say where the desk is and who can sign in, then one line for programs to read."""
        lines = [f"  {name:<15} {address}{path}" for name, path in PAGES.items()]
        if demo:
            lines += ["", f"Who can sign in, each with the password {DEMO_PASSWORD}"]
            lines += [f"  {email:<26} {name}" for email, name, *_ in DEMO_PEOPLE]
        self.stdout.write("\n".join(["", *lines, "", "Ctrl-C stops everything.", f"READY {address}"]))
        self.stdout.flush()


def port_number(text: str) -> int:
    """A port as typed, from 0 to 65535."""
    if not (text.isascii() and text.isdigit() and int(text) <= 65535):
        raise ArgumentTypeError(f"{text!r} is not a port; use a number from 1 to 65535")
    return int(text)


def refuse_production() -> None:
    """This command seeds published passwords and keeps everything on one machine."""
    if settings.PRODUCTION:
        raise CommandError(
            "manage.py run is for the embedded default, and DATABASE_URL makes this a production desk: run "
            "gunicorn, worker and beat as services instead (docs/production.md). To try the demo on that "
            "database all the same: OOH_MODE=embedded"
        )


def listen(host: str, port: int) -> socket.socket:
    """The listening socket, which the web processes inherit: requests wait while one is replaced."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise CommandError(_why_not(error, host, port)) from None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} is taken by another program. Stop it, or choose another: make run PORT={other}"
    if error.errno == errno.EACCES:
        return f"Port {port} needs administrator rights. Choose one above 1023: make run PORT=8000"
    return f"Cannot listen at {host}: {error.strerror or error}. Use an address of this machine: 127.0.0.1"


@contextlib.contextmanager
def only_one_here(folder: Path) -> Iterator[None]:
    """One desk per folder: two schedulers would fight over one schedule."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"Another desk runs from {folder}. Stop it, or give this one a folder of its own: "
                "OOH_VAR_DIR=/some/folder make run"
            ) from None
        yield


def prepare(*, demo: bool) -> None:
    """Bring the database to the newest form, and fill it with the demo; both again without harm."""
    (settings.VAR_DIR / "tmp").mkdir(mode=0o700, exist_ok=True)
    Path(settings.STATIC_ROOT).mkdir(mode=0o700, exist_ok=True)  # WhiteNoise warns where it is missing
    call_command("migrate", interactive=False, verbosity=0)
    if demo:
        call_command("seed_demo", verbosity=0)


def refuse_strangers(host: str) -> None:
    """The demo's passwords are published, so the demo is served to this machine only."""
    people = User.objects.filter(email__in=[email for email, *_ in DEMO_PEOPLE], is_active=True)
    if not _is_loopback(host) and people.exists():
        raise CommandError(
            f"The demo's passwords are published, and other machines can reach {host}. Use --host 127.0.0.1, "
            "or --no-demo with a folder that never held the demo (OOH_VAR_DIR)."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def programs(listener: socket.socket, *, verbose: bool) -> list[Program]:
    """The same three programs as in production; only their sizes differ."""
    level = "info" if verbose else "warning"
    descriptor = listener.fileno()
    web = ["gunicorn", "ooh.wsgi", "--bind", f"fd://{descriptor}", "--no-control-socket"]
    web += ["--logger-class", "ooh.access_log.MaskingLogger"]
    web += ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    web += ["--graceful-timeout", "5", "--log-level", level, *(["--access-logfile", "-"] if verbose else [])]
    celery = ["celery", "--app", "ooh", "--no-color", "--skip-checks", *([] if verbose else ["--quiet"])]
    worker = ["worker", "--pool", "threads", "--concurrency", "4"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    beat = [
        "beat",
        "--schedule",
        str(settings.VAR_DIR.resolve() / "schedule"),
        "--pidfile",
        "",
    ]
    return [
        Program("web", web, [descriptor]),
        Program("worker", celery + worker),
        Program("beat", celery + beat),
    ]


def environment(outer: Mapping[str, str], address: str, *, verbose: bool) -> dict[str, str]:
    """What the programs inherit. Queued messages pass through TMPDIR, so it lies in our own folder."""
    folder = settings.VAR_DIR.resolve()
    folders = {"OOH_VAR_DIR": str(folder), "TMPDIR": str(folder / "tmp")}
    level = {"LOG_LEVEL": "INFO"} if verbose else {}
    return {"PUBLIC_URL": address, **level, **outer, **folders, "PYTHONUNBUFFERED": "1"}


def answers(listener: socket.socket) -> bool:
    """Whether the web serves /healthz."""
    host, port = listener.getsockname()[:2]
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/healthz", headers={"Host": "localhost"})
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
