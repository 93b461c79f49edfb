"""Public pages are kept in memory for as long as their edition holds, and not a moment of it too long."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import OperationalError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from incidents.models import Incident, StatusUpdate
from incidents.status import edition as editions
from incidents.status.edition import Edition
from tests.factories import make_incident
from tests.incidents.status.telling import WORDS, plan, say, tell
from tests.plugins.environment import REDIS_URL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]
REDIS = pytest.param("redis", marks=pytest.mark.redis)


@pytest.fixture(params=["memory", REDIS])
def kept(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As in production, where the database is asked once in an hour: only what is published here is seen."""
    settings.STATUS_CHECK_EVERY = 3600.0
    if request.param == "redis":
        name = "django.core.cache.backends.redis.RedisCache"
        settings.CACHES = settings.CACHES | {"status": {"BACKEND": name, "LOCATION": REDIS_URL}}
    monkeypatch.setattr(editions, "_known", None)
    caches["status"].clear()
    yield
    caches["status"].clear()


@pytest.fixture
def told(incident: Incident, engineer: User) -> Incident:
    tell(incident, by=engineer)
    return incident


def check_now(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the seconds between two looks at the database are over."""
    monkeypatch.setattr(editions, "_read_at", float("-inf"))


@pytest.mark.usefixtures("kept")
def test_a_page_that_was_built_is_shown_without_a_query(
    told: Incident, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = Client().get("/status/")
    with django_assert_num_queries(0):
        again = Client().get("/status/?from=elsewhere")
    assert again.content == first.content
    for name in (
        "Content-Type", "Cache-Control", "ETag", "X-Frame-Options", "Content-Security-Policy",
        "X-Content-Type-Options",
    ):  # fmt: skip
        assert again[name] == first[name], name
    assert "X-Request-ID" not in again


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("of", ["incident", "maintenance"])
def test_what_is_published_is_shown_as_soon_as_the_database_is_asked(
    told: Incident, engineer: User, manager: User, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    assert "All services are available" not in Client().get("/status/").content.decode()
    if of == "incident":
        tell(told, "resolved", "It is over.", by=engineer)
    else:
        tell(told, "resolved", "Over.", by=engineer)
        say(plan(begins_in=0, by=manager), "scheduled", "in_progress", by=manager)
    assert "<h1>Compucare 8 is unavailable" in Client().get("/status/").content.decode()
    check_now(monkeypatch)
    shown = Client().get("/status/").content.decode()
    headline = "All services are available" if of == "incident" else "under planned maintenance"
    assert headline in shown


def test_it_is_live_within_ten_seconds_on_every_web_process() -> None:
    """The look at the database, and what browsers and proxies may keep; the delivery itself is on commit."""
    text = (settings.BASE_DIR / "ooh" / "settings.py").read_text()
    (check_every,) = re.findall(r'env.float\("STATUS_CHECK_EVERY", default=([0-9.]+)\)', text)
    max_age = Client().get("/status/")["Cache-Control"].rpartition("=")[2]
    assert 0 < float(check_every) + int(max_age) <= 8


@pytest.mark.usefixtures("kept")
def test_a_new_minute_is_another_edition_so_a_page_knows_its_age_and_a_late_promise(
    told: Incident, night: Any
) -> None:
    assert "02:07 GMT" in Client().get("/status/").content.decode()
    night.shift(timedelta(minutes=31))
    shown = Client().get("/status/").content.decode()
    assert "As of Sunday 22 November 2026, 02:38 GMT" in shown
    assert "is late" in shown


@pytest.mark.usefixtures("kept")
def test_with_the_database_away_the_last_edition_goes_on_and_says_how_old_it_is(
    told: Incident, night: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Client().get("/status/").content

    def away(*_: object) -> None:
        raise OperationalError("away")

    check_now(monkeypatch)
    monkeypatch.setattr(editions, "_facts", away)
    night.shift(timedelta(minutes=20))
    for _ in range(2):
        answer = Client().get("/status/")
        assert (answer.status_code, answer.content) == (200, before)


@pytest.mark.usefixtures("kept")
def test_an_answer_that_is_known_already_is_304(told: Incident) -> None:
    for path in ("/status/", "/status/api/v2/summary.json", "/status/history.atom", "/status/style.css"):
        etag = Client().get(path)["ETag"]
        again = Client().get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert Client().get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.usefixtures("kept")
def test_nothing_but_public_pages_is_kept(told: Incident, engineer: User, browse: Any) -> None:
    for path in ("/status/nowhere1/", "/status/?q=" + "x" * 300, "/status/" + "x" * 99, "/status/É/"):
        Client().get(path)
    browse(engineer).get("/")
    assert caches["status"].get("/status/") is not None
    assert caches["status"].get("/status/nowhere1/") is None
    assert caches["status"].get("/") is None


@pytest.mark.usefixtures("kept")
def test_somebody_signed_in_and_somebody_not_get_the_same_bytes(
    told: Incident, engineer: User, browse: Any
) -> None:
    signed_in, stranger = browse(engineer).get("/status/"), Client().get("/status/")
    assert signed_in.content == stranger.content
    assert not stranger.cookies
    assert "Cookie" not in stranger.get("Vary", "")


def test_two_that_build_the_same_edition_come_to_the_same_bytes(
    told: Incident, engineer: User, night: Any
) -> None:
    pages = ("/status/", f"/status/{told.public_id}/", "/status/api/v2/summary.json", "/status/history.rss")
    first = [Client().get(path).content for path in pages]
    night.shift(timedelta(seconds=40))
    assert [Client().get(path).content for path in pages] == first


def test_an_edition_speaks_of_what_was_said_within_its_minute(engineer: User, night: Any) -> None:
    assert editions.refreshed().as_of.second == 0
    tell(make_incident(by=engineer), words=WORDS, by=engineer)
    found = editions.refreshed()
    update = StatusUpdate.objects.get()
    assert found == Edition(found.minute, 1, update.posted_at, update.posted_at)
    assert found.as_of == update.posted_at
