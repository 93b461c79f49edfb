"""The readers of inbound alerts: what each shape becomes, what is refused and in which words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.alerts import SOURCES, NotUnderstood, read
from tests.incidents.alerts import NAMES, REFUSED, essentials, one, payload, replaced


def refusal(value: object, source: str | None = None) -> NotUnderstood:
    with pytest.raises(NotUnderstood) as caught:
        read(value, source)
    return caught.value


# Azure


def test_an_availability_alert_of_sev4_proposes_an_incident_and_pages_nobody():
    alert = one("azure_availability_fired")
    assert (alert.source, alert.state, alert.severity) == ("azure", "fired", "Sev4")
    assert (alert.proposes, alert.pages) == (True, False)
    assert alert.reason == "Sev4 does not page: only Sev0, Sev1 and Sev2 do."
    assert alert.title == "Availability test failing: Northmoor sign-in page"
    assert alert.summary == (
        "FailedLocation was 4 over 5 minutes (the alert is for above 2). "
        "The sign-in page of Northmoor does not answer."
    )
    assert alert.fired_at == datetime(2026, 3, 29, 0, 58, 3, 551234, tzinfo=UTC)
    assert alert.resolved_at is None
    assert alert.monitor == "northmoor-sign-in-availability"
    assert alert.labels["customer"] == "northmoor"
    assert alert.labels["metric"] == "FailedLocation"


def test_azure_ids_are_lower_cased_because_azure_ignores_their_case():
    alert = one("azure_availability_fired")
    assert alert.dedup_key == alert.dedup_key.lower()
    assert alert.targets == (
        "/subscriptions/11111111-2222-4333-8444-555555555555/resourcegroups/northmoor-live"
        "/providers/microsoft.insights/components/northmoor-insights",
    )


def test_a_resolution_joins_its_firing_and_proposes_nothing():
    fired, resolved = one("azure_availability_fired"), one("azure_availability_resolved")
    assert resolved.dedup_key == fired.dedup_key
    assert resolved.fired_at == fired.fired_at
    assert resolved.state == "resolved"
    assert resolved.resolved_at == datetime(2026, 3, 29, 1, 21, 44, 900000, tzinfo=UTC)
    assert (resolved.proposes, resolved.pages) == (False, False)
    assert resolved.reason.startswith("It reports the end of an alert")
    assert resolved.title == "Availability test passing again: Northmoor sign-in page"


@pytest.mark.parametrize("severity", ["Sev0", "Sev1", "Sev2", "sev2"])
def test_sev0_to_sev2_page(severity: str):
    (alert,) = read(essentials("azure_availability_fired", severity=severity))
    assert (alert.pages, alert.reason) == (True, "")


@pytest.mark.parametrize("severity", ["Sev3", "Sev4", None, "Urgent"])
def test_any_other_azure_severity_proposes_in_silence(severity: str | None):
    (alert,) = read(essentials("azure_availability_fired", severity=severity))
    assert (alert.proposes, alert.pages) == (True, False)
    assert "does not page" in alert.reason


def test_a_log_alert_with_an_american_date_is_read_as_utc():
    alert = one("azure_log_sev1_fired")
    assert alert.fired_at == datetime(2026, 11, 2, 2, 5, 9, tzinfo=UTC)
    assert alert.pages
    assert alert.title == "message-queue-stalled on messaging-logs"
    assert alert.summary.startswith("Waiting was 812 over 1 hour (the alert is for at or above 500).")
    assert "where Waiting" not in str(alert)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("azure_budget_nulls", "budget or cost"),
        ("azure_maintenance_planned", "planned maintenance"),
        ("azure_activity_informational", "informational activity log entry"),
    ],
)
def test_what_is_no_outage_is_understood_and_proposes_nothing(name: str, why: str):
    alert = one(name)
    assert (alert.state, alert.proposes, alert.pages) == ("fired", False, False)
    assert why in alert.reason


def test_a_budget_alert_with_nulls_has_no_severity_and_no_targets():
    alert = one("azure_budget_nulls")
    assert (alert.severity, alert.targets, alert.monitor) == ("", (), "CostAlerts")


@pytest.mark.parametrize(
    ("kind", "status", "proposes"),
    [
        ("Incident", "Active", True),
        ("Security", "Active", True),
        ("Incident", "Resolved", False),
        ("Informational", "Active", False),
        ("ActionRequired", "Active", False),
    ],
)
def test_of_service_health_only_an_outage_or_a_security_matter_proposes(
    kind: str, status: str, proposes: bool
):
    changed = payload("azure_maintenance_planned")
    context = changed["data"]["alertContext"]
    context["status"], context["properties"]["incidentType"] = status, kind
    assert read(changed)[0].proposes is proposes


def test_an_unavailable_resource_proposes_and_one_that_is_back_does_not():
    assert one("azure_resource_unavailable").proposes
    assert one("azure_resource_unavailable").title == "The host of this virtual machine failed"
    back = payload("azure_resource_unavailable")
    back["data"]["alertContext"]["properties"]["currentHealthStatus"] = "Available"
    assert read(back)[0].reason == "The resource is available again."


def test_a_resource_that_an_authorised_person_stopped_still_proposes():
    stopped = payload("azure_resource_unavailable")
    stopped["data"]["alertContext"]["properties"]["cause"] = "UserInitiated"
    assert read(stopped)[0].proposes


def test_an_informational_level_as_a_number_is_understood_too():
    changed = payload("azure_activity_informational")
    changed["data"]["alertContext"]["level"] = 4
    assert not read(changed)[0].proposes
    changed["data"]["alertContext"]["level"] = "Error"
    assert read(changed)[0].proposes


def test_each_firing_of_an_alert_that_carries_its_rules_id_has_a_key_of_its_own():
    first = one("azure_activity_informational")
    (again,) = read(essentials("azure_activity_informational", firedDateTime="2026-05-05T21:14:00Z"))
    assert first.dedup_key != again.dedup_key
    assert first.dedup_key == one("azure_activity_informational").dedup_key


def test_empty_configuration_items_leave_the_rule_as_the_title():
    (alert,) = read(essentials("azure_log_sev1_fired", configurationItems=[None, " "]))
    assert alert.title == "message-queue-stalled"


def test_who_did_it_is_not_kept():
    assert "operator@partner.example" not in str(one("azure_activity_informational"))


# Alertmanager


def test_each_alert_of_a_group_has_its_own_state_key_and_times():
    firing, resolved = read(payload("alertmanager_group"))
    assert firing.dedup_key == "00ff00ff12345678@2026-10-25T00:30:00.123456+00:00"
    assert (firing.state, firing.proposes, firing.pages) == ("fired", True, True)
    assert firing.fired_at == datetime(2026, 10, 25, 0, 30, 0, 123456, tzinfo=UTC)
    assert firing.resolved_at is None
    assert firing.title == "The Clinician portal of Harbour does not answer"
    assert firing.summary == "Three probes in a row failed."
    assert firing.targets == ("portal-1.harbour.example:443",)
    assert resolved.title == "PortalDown on portal-2.harbour.example:443"
    assert (resolved.state, resolved.proposes) == ("resolved", False)
    assert resolved.resolved_at == datetime(2026, 10, 25, 1, 41, 30, tzinfo=UTC)


def test_a_firing_and_its_resolution_in_alertmanager_share_their_key():
    changed = payload("alertmanager_group")
    changed["alerts"][0].update(status="resolved", endsAt="2026-10-25T02:00:00Z")
    assert read(changed)[0].dedup_key == read(payload("alertmanager_group"))[0].dedup_key


def test_alerts_that_alertmanager_left_out_are_mentioned():
    assert "left 3 more of this group out" in read(payload("alertmanager_group"))[0].reason


@pytest.mark.parametrize(
    ("labels", "proposes", "pages"),
    [
        ({"severity": "page"}, True, True),
        ({"severity": "Critical"}, True, True),
        ({"severity": "warning"}, True, False),
        ({}, True, False),
        ({"severity": "none"}, False, False),
        ({"severity": "critical", "alertname": "Watchdog"}, False, False),
    ],
)
def test_alertmanager_severity_decides_who_wakes(labels: dict[str, str], proposes: bool, pages: bool):
    changed = payload("alertmanager_group")
    changed["alerts"][0]["labels"] = labels
    alert = read(changed)[0]
    assert (alert.proposes, alert.pages) == (proposes, pages)
    assert alert.reason


def test_two_hundred_alerts_are_read_and_one_more_is_refused():
    changed = payload("alertmanager_group")
    changed["alerts"] = changed["alerts"][:1] * 200
    assert len(read(changed)) == 200
    changed["alerts"] = changed["alerts"][:1] * 201
    assert refusal(changed).reason == (
        "alerts has more than 200 alerts: set max_alerts in Alertmanager's webhook."
    )


# Pingdom and UptimeRobot


def test_pingdom_down_and_up_share_the_key_of_their_check():
    down, up = one("pingdom_down"), one("pingdom_up")
    assert down.dedup_key == up.dedup_key == "880417"
    assert (down.state, down.pages, up.state, up.proposes) == ("fired", True, "resolved", False)
    assert down.fired_at == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert (up.fired_at, up.resolved_at) == (None, datetime(2026, 3, 29, 1, 20, 15, tzinfo=UTC))
    assert (down.title, up.title) == ("Harbour ward list is down", "Harbour ward list is up again")


def test_a_failing_pingdom_transaction_of_low_importance_proposes_in_silence():
    low = read(payload("pingdom_down") | {"current_state": "FAILING", "importance_level": "LOW"})[0]
    assert (low.state, low.proposes, low.pages) == ("fired", True, False)


def test_uptimerobot_down_and_up_share_the_key_of_their_monitor():
    down, up = one("uptimerobot_down"), one("uptimerobot_up")
    assert down.dedup_key == up.dedup_key == "7712345"
    assert (down.state, down.pages, up.state, up.proposes) == ("fired", True, "resolved", False)
    assert down.fired_at == datetime(2026, 12, 26, 2, 2, 2, tzinfo=UTC)


def test_a_time_without_a_zone_from_uptimerobot_is_not_guessed():
    up = one("uptimerobot_up")
    assert up.resolved_at is None
    assert "has no zone" in up.reason


@pytest.mark.parametrize("name", ["pingdom_down", "uptimerobot_down"])
def test_passwords_and_tokens_in_a_monitored_address_are_not_kept(name: str):
    assert "secret" not in str(one(name))
    assert one(name).targets[0].endswith(".example")


def test_a_monitored_address_that_is_no_address_leaves_the_alert_without_a_target():
    (alert,) = read(payload("uptimerobot_down") | {"monitorURL": "https://[portal"})
    assert (alert.targets, alert.proposes) == ((), True)


# Refusals


@pytest.mark.parametrize("value", [None, 7, "text", [], [{}], {}, {"ticket": 1}, True])
def test_what_is_no_alert_is_refused_in_plain_words(value: object):
    assert refusal(value).reason.startswith("This is not an alert that we know: ")


def test_a_bare_alert_context_is_refused_with_what_is_missing():
    refused = refusal(payload(REFUSED))
    assert refused.field == "schemaId"
    assert "only the alertContext" in refused.reason
    assert "turn on the common alert schema" in refused.reason


def test_an_older_azure_format_is_refused_with_the_remedy():
    refused = refusal({"schemaId": "Microsoft.Insights/activityLogs", "data": {}})
    assert refused.reason.startswith("schemaId is not the common alert schema: turn on")


@pytest.mark.parametrize("field", ["alertId", "monitorCondition", "firedDateTime"])
@pytest.mark.parametrize("value", [None, 12.5, [], {}, "  "])
def test_a_missing_or_wrong_essential_is_named(field: str, value: object):
    refused = refusal(essentials("azure_availability_fired", **{field: value}))
    assert refused.field == f"data.essentials.{field}"
    assert refused.reason.startswith(f"data.essentials.{field} is ")


@pytest.mark.parametrize(
    ("name", "path", "value", "field"),
    [
        ("azure_availability_fired", ("data",), 3, "data"),
        ("azure_availability_fired", ("data", "essentials"), None, "data.essentials"),
        ("azure_availability_fired", ("data", "essentials", "severity"), 4, "data.essentials.severity"),
        (
            "azure_availability_fired",
            ("data", "essentials", "alertTargetIDs"),
            ["/a", 5],
            "data.essentials.alertTargetIDs[1]",
        ),
        (
            "azure_availability_resolved",
            ("data", "essentials", "resolvedDateTime"),
            "29/03/2026 01:21",
            "data.essentials.resolvedDateTime",
        ),
        ("alertmanager_group", ("version",), "3", "version"),
        ("alertmanager_group", ("alerts", 0, "startsAt"), "9999-12-31T23:59:59-14:00", "alerts[0].startsAt"),
        ("alertmanager_group", ("alerts",), [], "alerts"),
        ("alertmanager_group", ("alerts", 1), "x", "alerts[1]"),
        ("alertmanager_group", ("alerts", 1, "fingerprint"), "", "alerts[1].fingerprint"),
        ("alertmanager_group", ("alerts", 0, "startsAt"), "0001-01-01T00:00:00Z", "alerts[0].startsAt"),
        ("alertmanager_group", ("alerts", 0, "status"), "suppressed", "alerts[0].status"),
        ("alertmanager_group", ("alerts", 0, "labels", "severity"), 1, "alerts[0].labels.severity"),
        ("pingdom_down", ("current_state",), "PAUSED", "current_state"),
        ("pingdom_down", ("check_id",), True, "check_id"),
        ("pingdom_down", ("check_id",), 10**40, "check_id"),
        ("pingdom_down", ("state_changed_timestamp",), 10**400, "state_changed_timestamp"),
        ("uptimerobot_down", ("alertType",), 9, "alertType"),
        ("uptimerobot_down", ("monitorID",), None, "monitorID"),
    ],
)
def test_a_refusal_names_its_field(name: str, path: tuple[Any, ...], value: object, field: str):
    refused = refusal(replaced(payload(name), path, value))
    assert refused.field == field
    assert refused.reason.startswith(f"{field} ")
    assert ": " in refused.reason


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", NAMES)
def test_a_source_that_is_insisted_on_reads_its_own_shape_only(name: str, source: str):
    if name.startswith(source) and name != REFUSED:
        assert {alert.source for alert in read(payload(name), source)} == {source}
    else:
        assert refusal(payload(name), source).field


def test_an_unknown_source_is_refused_with_the_known_ones():
    refused = refusal(payload("pingdom_down"), "nagios")
    assert refused.field == "source"
    assert "azure, alertmanager, pingdom, uptimerobot" in refused.reason
