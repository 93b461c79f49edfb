"""What no honest browser sends is told what is wrong, never met with a server error, on either database."""

import base64
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User

Browse = Callable[[User | None], Client]
HALF = "\ud800"  # half a character: JSON can name it, no text can hold it


@pytest.mark.parametrize("address", ["/search/?q=%00", "/search/?q=OOH%00", "/incidents/?customer=%00&q=%00"])
def test_a_nul_in_an_address_finds_nothing(address: str, browse: Browse, engineer: User) -> None:
    assert browse(engineer).get(address).status_code == 200


@pytest.mark.parametrize("token", [b"\xff\xfe", b"ooh_" + b"x" * 9000, b"a b c", b"\x00" * 20])
@pytest.mark.parametrize("scheme", ["Token", "Bearer", "Basic"])
@pytest.mark.django_db
def test_rubbish_as_a_token_is_nobody(scheme: str, token: bytes) -> None:
    value = base64.b64encode(b"user:" + token) if scheme == "Basic" else token
    header = f"{scheme} {value.decode('iso-8859-1')}"
    answer = APIClient().get("/api/v1/incidents/", HTTP_AUTHORIZATION=header)
    assert (answer.status_code, answer.json()["fields"]) == (401, {})


@pytest.mark.parametrize(
    "body",
    [f'{{"{escape}": 1}}' for escape in ("\\ud800", "\\u0000")]
    + [f'{{"{name}": "\\ud800"}}' for name in ("failure", "customer", "service", "caller_name", "began_at")]
    + [f'{{"{name}": "\\u0000"}}' for name in ("failure", "customer", "service", "caller_name", "began_at")]
    + ['{"failure": 1e999}', '{"failure": [{}]}', '{"caller_name": {"a": 1}}', "[]", '"x"', "null", "1e999"],
)
def test_no_json_is_a_server_error(body: str, engineer: User, api: Callable[[User], APIClient]) -> None:
    answer = api(engineer).post("/api/v1/incidents/", body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["fields"] or answer.json()["detail"]


def _database_away(*_: Any) -> Any:
    raise OperationalError("could not connect")


@pytest.mark.django_db
def test_without_a_database_the_web_process_still_says_that_it_lives() -> None:
    with connection.execute_wrapper(_database_away):
        assert Client().get("/healthz").status_code == 200


@pytest.mark.django_db
def test_without_a_database_the_desk_says_that_it_is_not_ready() -> None:
    with connection.execute_wrapper(_database_away):
        answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"database": "away"})
