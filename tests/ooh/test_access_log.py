"""Gunicorn's own log of requests shows no token."""

from datetime import timedelta
from types import SimpleNamespace

from gunicorn.config import Config

from ooh.access_log import MaskingLogger

TOKEN = "ooh_" + "0123456789abcdef" * 4


def test_a_token_in_an_address_or_a_referrer_is_masked_in_every_field() -> None:
    address = f"/api/v1/alerts/pingdom/{TOKEN}/"
    environ = {
        "REQUEST_METHOD": "POST", "RAW_URI": address, "PATH_INFO": address, "QUERY_STRING": f"t={TOKEN}",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_REFERER": f"https://desk.example.org{address}",
    }  # fmt: skip
    response = SimpleNamespace(status="202 Accepted", headers=[], sent=1)
    request = SimpleNamespace(headers=[("REFERER", f"https://desk.example.org{address}")])
    atoms = MaskingLogger(Config()).atoms(response, request, environ, timedelta(seconds=1))
    assert TOKEN not in str(atoms)
    assert f"POST /api/v1/alerts/pingdom/{TOKEN[:15]}…/ HTTP/1.1" in atoms["r"]
