"""The desk does not start on settings that are unsafe together."""

from typing import Any

import pytest

from ooh import checks

SAFE: dict[str, Any] = {
    "PRODUCTION": True, "DEBUG": False, "SECRET_KEY": "x" * 50, "ALLOWED_HOSTS": ["desk.example.org"],
    "DATABASE_URL": "postgresql://desk@db/desk", "REDIS_URL": "redis://redis/0",
}  # fmt: skip


def found(settings: Any, check: Any, **given: Any) -> list[str]:
    for name, value in given.items():
        setattr(settings, name, value)
    return [str(message.id) for message in check()]


@pytest.fixture
def on_postgres(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")


@pytest.mark.usefixtures("on_postgres")
def test_a_whole_production_is_served(settings: Any) -> None:
    assert found(settings, checks.production_is_complete, **SAFE) == []


@pytest.mark.usefixtures("on_postgres")
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"DEBUG": True}, "ooh.E001"),
        ({"SECRET_KEY": "short"}, "ooh.E002"),
        ({"ALLOWED_HOSTS": ["*"]}, "ooh.E003"),
        ({"ALLOWED_HOSTS": []}, "ooh.E003"),
        ({"DATABASE_URL": ""}, "ooh.E004"),
        ({"REDIS_URL": ""}, "ooh.E006"),
    ],
)
def test_each_unsafe_setting_of_production_is_refused(
    change: dict[str, Any], code: str, settings: Any
) -> None:
    assert found(settings, checks.production_is_complete, **SAFE | change) == [code]


@pytest.mark.parametrize("engine", ["sqlite3", "mysql"])
def test_production_on_another_database_is_refused(
    engine: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", f"django.db.backends.{engine}")
    assert found(settings, checks.production_is_complete, **SAFE) == ["ooh.E005"]


def test_freshdesk_as_it_is_configured_by_default_is_sound(settings: Any) -> None:
    assert found(settings, checks.freshdesk_settings_are_sound) == []


LIMITS = {"all": 50, "create": 80, "update": 80, "list": 20}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("FRESHDESK_TICKET_FIELDS", {"status": 2}, "names status, which the desk fills in itself"),
        ("FRESHDESK_CLOSING_FIELDS", {"custom_fields": {"cf_a": "{cause}"}}, "has the blank {cause}"),
        ("FRESHDESK_AGENTS_SHARE", 95, "is not a percentage from 0 to 90"),
        ("FRESHDESK_AGENTS_SHARE", -1, "is not a percentage from 0 to 90"),
        ("FRESHDESK_PER_MINUTE", LIMITS | {"all": 0}, "is not numbers for all, create, update and list"),
        ("FRESHDESK_PER_MINUTE", LIMITS | {"total": 9}, "is not numbers for all, create, update and list"),
        ("FRESHDESK_STATUSES", {"open": 2}, "is not numbers for open, handed_over"),
        ("FRESHDESK_CHOICES", {"cf_a": "Wexcombe"}, "is not an object of objects"),
        ("FRESHDESK_TIMEOUT", 45.0, "Use up to 30 seconds"),
    ],
)
def test_each_setting_of_freshdesk_without_a_meaning_is_refused(
    name: str, value: Any, told: str, settings: Any
) -> None:
    setattr(settings, name, value)
    (message,) = checks.freshdesk_settings_are_sound()
    assert told in message.msg


@pytest.mark.parametrize(("token", "codes"), [("", []), ("x" * 32, []), ("guess-me", ["ooh.E021"])])
def test_a_token_of_the_metrics_that_is_short_is_refused(token: str, codes: list[str], settings: Any) -> None:
    assert found(settings, checks.metrics_token_cannot_be_guessed, METRICS_TOKEN=token) == codes


@pytest.mark.parametrize("mode", ["prod", "Production", "", "test"])
def test_a_mode_that_is_neither_is_refused(mode: str, settings: Any) -> None:
    assert found(settings, checks.mode_is_known, MODE=mode) == ["ooh.E010"]


@pytest.mark.parametrize("mode", ["production", "embedded"])
def test_the_two_modes_are_known(mode: str, settings: Any) -> None:
    assert found(settings, checks.mode_is_known, MODE=mode) == []


@pytest.mark.parametrize(
    ("url", "key", "codes"),
    [
        ("", "", []),
        ("https://desk.freshdesk.com", "key", []),
        ("https://desk.freshdesk.com", "", ["ooh.E008"]),
        ("", "key", ["ooh.E008"]),
        ("http://desk.freshdesk.com", "key", ["ooh.E009"]),
    ],
)
def test_freshdesk_is_whole_and_never_in_the_clear(
    url: str, key: str, codes: list[str], settings: Any
) -> None:
    given = {"PRODUCTION": True, "FRESHDESK_URL": url, "FRESHDESK_API_KEY": key}
    assert found(settings, checks.freshdesk_is_whole, **given) == codes


HEARD = {"FRESHDESK_URL": "https://desk.freshdesk.com", "FRESHDESK_WEBHOOK_SECRET": "x" * 24}


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, []),
        ({"FRESHDESK_WEBHOOK_SECRET": ""}, ["ooh.W040"]),
        ({"FRESHDESK_WEBHOOK_SECRET": "", "FRESHDESK_URL": ""}, []),
        ({"FRESHDESK_WEBHOOK_SECRET": "x" * 23}, ["ooh.E040"]),
        ({"FRESHDESK_WEBHOOK_SECRET": "é" * 24}, ["ooh.E040"]),
        ({"FRESHDESK_WEBHOOK_SECRET": "x\n" * 24}, ["ooh.E040"]),
        ({"FRESHDESK_SHARED_TAG": ""}, []),
        ({"FRESHDESK_SHARED_TAG": "#o"}, ["ooh.E040"]),
        ({"FRESHDESK_SHARED_TAG": "for all"}, ["ooh.E040"]),
        ({"FRESHDESK_POLL_SECONDS": 9}, ["ooh.E040"]),
        ({"FRESHDESK_POLL_SECONDS": 3601}, ["ooh.E040"]),
        ({"SYNC_SETTLES_AFTER": -1.0}, ["ooh.E040"]),
        ({"SYNC_SETTLES_AFTER": 61.0}, ["ooh.E040"]),
    ],
)
def test_what_is_read_back_is_set_soundly(change: dict[str, Any], codes: list[str], settings: Any) -> None:
    assert found(settings, checks.freshdesk_is_heard, **HEARD | change) == codes


def test_a_nation_that_nobody_knows_is_refused(settings: Any) -> None:
    assert found(settings, checks.desk_nation_is_known, DESK_NATION="FRA") == ["ooh.E007"]


IDENTITY = {"AZURE_CLIENT_ID": "app", "AZURE_TENANT_ID": "tenant"}


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ({}, []),
        ({"AZURE_CREDENTIAL": "managed_identity"}, []),
        ({"AZURE_CREDENTIAL": "managed_identity", "AZURE_CLIENT_ID": "app"}, []),
        ({"AZURE_CREDENTIAL": "certificate", "AZURE_CERTIFICATE_PATH": "/k.pem", **IDENTITY}, []),
        ({"AZURE_CREDENTIAL": "workload_identity", "AZURE_FEDERATED_TOKEN_FILE": "/t", **IDENTITY}, []),
        ({"AZURE_CREDENTIAL": "default"}, ["ooh.E011"]),
        ({"AZURE_CREDENTIAL": "client_secret"}, ["ooh.E011"]),
        ({"AZURE_CREDENTIAL": "certificate", **IDENTITY}, ["ooh.E012"]),
        ({"AZURE_CREDENTIAL": "certificate", "AZURE_CERTIFICATE_PATH": "/k.pem"}, ["ooh.E012"] * 2),
        ({"AZURE_CREDENTIAL": "workload_identity", **IDENTITY}, ["ooh.E012"]),
        ({"AZURE_CREDENTIAL": "managed_identity", "AZURE_FEDERATED_TOKEN_FILE": "/t"}, ["ooh.E012"]),
        ({"AZURE_CERTIFICATE_PATH": "/k.pem"}, ["ooh.E012"]),
    ],
)
def test_the_sign_in_to_azure_is_named_and_whole(
    given: dict[str, str], codes: list[str], settings: Any
) -> None:
    assert found(settings, checks.azure_is_whole, **given) == codes


def test_a_cloud_of_somebody_else_must_say_where_to_sign_in(settings: Any) -> None:
    given = {
        "AZURE_CREDENTIAL": "certificate", "AZURE_CERTIFICATE_PATH": "/k.pem",
        "AZURE_MANAGEMENT_URL": "https://management.stack.example.org", **IDENTITY,
    }  # fmt: skip
    assert found(settings, checks.azure_is_whole, **given) == ["ooh.E012"]
    assert found(settings, checks.azure_is_whole, AZURE_AUTHORITY_HOST="https://login.example.org") == []


@pytest.mark.parametrize(
    ("url", "is_production", "codes"),
    [
        ("https://management.azure.com", True, []),
        ("https://management.chinacloudapi.cn:443", True, []),
        ("http://127.0.0.1:8080", False, []),
        ("http://127.0.0.1:8080", True, ["ooh.E014"]),
        ("http://management.azure.com", False, ["ooh.E014"]),
        ("ftp://management.azure.com", False, ["ooh.E013"]),
        ("https://user:word@management.azure.com", False, ["ooh.E013"]),
        ("https://management.azure.com/subscriptions", False, ["ooh.E013"]),
        ("https://management.azure.com?a=b", False, ["ooh.E013"]),
        ("https://management.azure.com:port", False, ["ooh.E013"]),
        ("https://[::1", False, ["ooh.E013"]),
        ("management.azure.com", False, ["ooh.E013"]),
        ("", False, ["ooh.E013"]),
    ],
)
def test_the_token_goes_to_one_host_and_encrypted(
    url: str, is_production: bool, codes: list[str], settings: Any
) -> None:
    given = {"PRODUCTION": is_production, "AZURE_MANAGEMENT_URL": url}
    assert found(settings, checks.azure_address_is_safe, **given) == codes


@pytest.mark.parametrize(("seconds", "codes"), [(0.5, ["ooh.E015"]), (1, []), (30, []), (31, ["ooh.E015"])])
def test_an_answer_of_azure_is_waited_for_within_reason(
    seconds: float, codes: list[str], settings: Any
) -> None:
    assert found(settings, checks.azure_address_is_safe, AZURE_TIMEOUT=seconds) == codes


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({}, []),
        ({"STATUSPAGE_KEY": "key"}, ["ooh.E031"]),
        ({"STATUSPAGE_SETTINGS": {"page": "abc"}}, ["ooh.E031"]),
        ({"STATUSPAGE_KEY": "key", "STATUSPAGE_SETTINGS": {"page": "abc"}}, []),
        ({"STATUSPAGE_KEY": "key", "STATUSPAGE_SETTINGS": ["abc"]}, ["ooh.E030"]),
        ({"STATUSPAGE_KEY": "key", "STATUSPAGE_SETTINGS": {"page": "a", "components": []}}, ["ooh.E030"]),
        ({"CACHET_KEY": "key", "CACHET_SETTINGS": {"url": "http://cachet/api"}}, ["ooh.E032"]),
        ({"CACHET_KEY": "key", "CACHET_SETTINGS": {"url": "https://cachet.example/api"}}, []),
        ({"FRESHSTATUS_KEY": "k", "INSTATUS_SETTINGS": {"components": {}}}, ["ooh.E031", "ooh.E031"]),
    ],
)
def test_a_hosted_page_is_set_up_whole_and_over_tls(
    settings: Any, given: dict[str, Any], wrong: list[str]
) -> None:
    assert found(settings, checks.hosted_pages_are_whole, PRODUCTION=True, **given) == wrong


@pytest.mark.parametrize(("production", "wrong"), [(True, ["ooh.E033"]), (False, [])])
def test_private_webhooks_are_for_tests(settings: Any, production: bool, wrong: list[str]) -> None:
    given = {"PRODUCTION": production, "STATUS_WEBHOOK_TEST_HOSTS": ["127.0.0.1"]}
    assert found(settings, checks.no_private_webhooks, **given) == wrong


# ---------- Signing in ----------


def test_the_sign_in_as_it_is_by_default_is_safe(settings: Any) -> None:
    assert found(settings, checks.sign_in_is_safe) == []
    assert found(settings, checks.providers_are_whole) == []


@pytest.mark.parametrize(
    "change",
    [
        {"SECOND_FACTOR": "offered"},
        {"SECOND_FACTOR": "no"},
        {"IDLE_LOCK_MINUTES": 4},
        {"IDLE_LOCK_MINUTES": 61},
        {"BREAK_GLASS_HOURS": 0},
        {"BREAK_GLASS_HOURS": 13},
        {"PUBLIC_URL": "http://desk.example.org"},
    ],
)
def test_production_signs_nobody_in_unsafely(change: dict[str, Any], settings: Any) -> None:
    safe = {"PRODUCTION": True, "SECOND_FACTOR": "required", "PUBLIC_URL": "https://desk.example.org"}
    assert found(settings, checks.sign_in_is_safe, **safe) == []
    assert found(settings, checks.sign_in_is_safe, **safe | change) == ["ooh.E050"]


ENTRA = {
    "name": "Pink Elephant", "organisation": "Pink Elephant", "issuer": "https://login.example.org/x/v2.0",
    "client_id": "desk", "client_secret": "between-us", "roles": {"Desk.Lead": "ooh_lead"},
    "require": {"amr": "mfa"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"partner": ENTRA}, ""),
        ([], "no JSON object"),
        ({"partner": "x"}, "an object"),
        ({"a b": ENTRA}, "a short name"),
        ({"partner": ENTRA | {"client_secret": ""}}, "client_secret is missing"),
        ({"partner": ENTRA | {"issuer": "http://login.example.org"}}, "issuer must begin with https://"),
        ({"partner": ENTRA | {"roles": {"x": "boss"}}}, "no role of people"),
        ({"partner": ENTRA | {"roles": {"x": "integration"}}}, "no role of people"),
        ({"partner": ENTRA | {"roles": ["x"]}}, "roles is no object"),
        ({"partner": ENTRA | {"requires": {}}}, "requires is not known"),
        ({"a": ENTRA, "b": ENTRA}, "two providers of one organisation"),
    ],
)
def test_a_provider_is_whole_or_refused(given: Any, words: str, settings: Any) -> None:
    settings.OIDC_PROVIDERS = given
    told = [str(message.msg) for message in checks.providers_are_whole()]
    assert (bool(told), all(words in each for each in told)) == (bool(words), True)
