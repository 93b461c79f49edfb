"""What a browser keeps of the desk: cookies of this host alone, and nothing after signing out."""

import runpy
from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import User

PRODUCTION = {
    "OOH_MODE": "production", "DATABASE_URL": "postgresql://desk@db.invalid/desk", "SECRET_KEY": "x" * 60,
    "REDIS_URL": "redis://redis.invalid/0", "ALLOWED_HOSTS": "desk.example.org",
}  # fmt: skip


def test_in_production_a_cookie_is_taken_from_this_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    read = runpy.run_path(str(settings.BASE_DIR / "ooh" / "settings.py"))
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "COOKIE_PREFIX")
    assert [read[name] for name in names] == ["__Host-sessionid", "__Host-csrftoken", "__Host-"]
    assert all(read[f"{cookie}_COOKIE_SECURE"] for cookie in ("SESSION", "CSRF"))
    assert read["SESSION_COOKIE_HTTPONLY"]
    assert not {name for name in read if name.endswith(("COOKIE_DOMAIN", "COOKIE_PATH"))}
    assert settings.SESSION_COOKIE_NAME == "sessionid"  # embedded has no TLS


def test_signing_out_ends_the_session_and_clears_what_the_browser_kept(
    engineer: User, browse: Callable[[User], Client]
) -> None:
    browser = browse(engineer)
    key = browser.cookies["sessionid"].value
    answer = browser.post("/sign-out/")
    assert answer["Clear-Site-Data"] == '"cache"'
    browser.cookies["sessionid"] = key
    assert browser.get("/").status_code == 302
    assert browser.get("/sign-out/").status_code == 405
