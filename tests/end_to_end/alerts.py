"""An alert in the shape of Azure Monitor's common schema, of our own making: a test that fails."""

from datetime import UTC, datetime
from typing import Any

SUBSCRIPTION = "/subscriptions/00000000-1111-2222-3333-444444444444"


def availability_test_fired(site: str, fired_at: datetime | None = None) -> dict[str, Any]:
    """The sign-in page of the application service `site` is not reached from three places."""
    fired_at = fired_at or datetime.now(UTC)
    target = f"{SUBSCRIPTION}/resourcegroups/rg-prod/providers/microsoft.insights/components/appi-{site}"
    essentials = {
        "alertId": f"{SUBSCRIPTION}/providers/Microsoft.AlertsManagement/alerts/5c0ffee5-{site}",
        "alertRule": f"sign-in page of {site} does not answer",
        "severity": "Sev1", "signalType": "Metric", "monitorCondition": "Fired",
        "monitoringService": "Platform", "alertTargetIDs": [target], "configurationItems": [f"appi-{site}"],
        "originAlertId": f"{site}-sign-in-1", "firedDateTime": fired_at.isoformat().replace("+00:00", "Z"),
        "description": "The sign-in page was not reached.", "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }  # fmt: skip
    criterion = {
        "metricName": "Failed Location", "metricNamespace": None, "operator": "GreaterThan",
        "threshold": "2", "timeAggregation": "Sum", "dimensions": [], "metricValue": 3,
        "webTestName": f"Sign-in page of {site}",
    }  # fmt: skip
    context = {
        "properties": None, "conditionType": "WebtestLocationAvailabilityCriteria",
        "condition": {
            "windowSize": "PT5M", "allOf": [criterion],
            "windowStartTime": "2026-11-22T01:56:00Z", "windowEndTime": "2026-11-22T02:01:00Z",
        },
    }  # fmt: skip
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": essentials, "alertContext": context, "customProperties": {"component": site},
        },
    }  # fmt: skip
