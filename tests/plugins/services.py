"""Run the tests whose services are here and say in one line what was left out; REQUIRE_SERVICES=1 insists."""

import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from tests.plugins.environment import REDIS_URL, SHARED_DIR

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Files that take more than five seconds, the first one a minute.
LONGEST = (
    "test_accessibility", "test_hostile", "test_schema_fuzz", "test_two_workers", "test_wall",
    "test_draft_page", "test_secrets_of_runs",
)  # fmt: skip


@dataclass(frozen=True)
class Service:
    """What some tests need, whether it is here, and how to have it."""

    name: str
    remedy: str
    is_here: bool

    @property
    def reason(self) -> str:
        return f"needs {self.name} ({self.remedy})"


def database_url() -> str:
    """The address of PostgreSQL, or nothing when the suite runs on SQLite."""
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith(("postgres://", "postgresql://")) else ""


def browser_path() -> str | None:
    """The Chromium or Chrome of this machine."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


SERVICES = {
    "postgres": Service("PostgreSQL", "set DATABASE_URL", bool(database_url())),
    "redis": Service("Redis", "set REDIS_URL", bool(REDIS_URL)),
    "browser": Service("a browser", "install Chromium", browser_path() is not None),
}


def pytest_configure(config: pytest.Config) -> None:
    """A service that is named must answer; with REQUIRE_SERVICES=1 each must be named."""
    missing = [service for service in SERVICES.values() if not service.is_here]
    if missing and os.environ.get("REQUIRE_SERVICES", "0") not in ("", "0"):
        lacking = ", ".join(f"{service.name} ({service.remedy})" for service in missing)
        raise pytest.UsageError(f"REQUIRE_SERVICES is set, and this is missing: {lacking}.")
    _refuse_silence("DATABASE_URL", _ask_postgres)
    _refuse_silence("REDIS_URL", _ask_redis)


def _refuse_silence(variable: str, ask: Callable[[], None]) -> None:
    try:
        ask()
    except (psycopg.Error, redis.RedisError, ValueError) as error:
        raise pytest.UsageError(f"{variable} does not answer. Start it or unset it. {error}") from None


def _ask_postgres() -> None:
    if database_url():
        psycopg.connect(database_url(), dbname="postgres", connect_timeout=5).close()


def _ask_redis() -> None:
    if REDIS_URL:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=5) as client:
            client.ping()


def needs_database(item: pytest.Item) -> bool:
    return "django_db_setup" in getattr(item, "fixturenames", ()) or bool(
        item.get_closest_marker("django_db")
    )


def needs_programs(item: pytest.Item) -> bool:
    return item.get_closest_marker("workers") is not None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out what cannot run here, and put the files in an order that leaves no process waiting."""
    for item in items:
        for name, service in SERVICES.items():
            if item.get_closest_marker(name) and not service.is_here:
                item.add_marker(pytest.mark.skip(reason=service.reason))
    wants = {item.path: 0 for item in items}
    for item in items:
        wants[item.path] |= needs_database(item) | needs_programs(item) << 1
    items.sort(key=lambda item: _turn(item.path, wants[item.path]))


def _turn(path: Path, wants: int) -> int:
    """The longest file; then those that need nothing, while the databases are made; then the long ones."""
    if path.stem == LONGEST[0]:
        return 0
    if not wants:
        return 1
    return 2 if wants & 2 or path.stem in LONGEST else 3


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for all that was left out."""
    skipped = terminalreporter.getreports("skipped")
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    counts = [(service, reasons[service.reason]) for service in SERVICES.values()]
    parts = [f"{count} that need {service.name} ({service.remedy})" for service, count in counts if count]
    if parts:
        terminalreporter.write_line("Tests left out: " + ", ".join(parts))


@pytest.fixture
def redis_url() -> Iterator[str]:
    """An empty Redis database, for one test at a time, and emptied afterwards. Nobody's data are flushed."""
    with (SHARED_DIR / "redis.lock").open("w") as lock, redis.Redis.from_url(REDIS_URL) as client:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if held := client.dbsize():
            pytest.fail(f"REDIS_URL holds {held} keys, and tests empty it. Name a spare database: …/15")
        yield REDIS_URL
        client.flushdb()


@pytest.fixture(scope="session")
def browser_executable() -> str:
    """The browser that tests marked `browser` start."""
    path = browser_path()
    assert path is not None
    return path


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: the long tests wait for programs more than they work."""
    return (os.cpu_count() or 1) * 3 // 2 or 1
