"""The report as the API tells it: the same numbers as the page, under the same names."""

from collections import Counter
from dataclasses import fields
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from ooh.reports import words
from ooh.reports.figures import Figures
from ooh.reports.report import Report


class ReportLineSerializer(serializers.Serializer[Any]):
    """The counts of a customer, a service, a day, or all. Unavailable time is of accepted incidents."""

    name = serializers.CharField()
    calls = serializers.IntegerField()
    accepted = serializers.IntegerField()
    declined = serializers.IntegerField()
    undecided = serializers.IntegerField()
    passed_to_lead = serializers.IntegerField()
    out_of_hours_seconds = serializers.IntegerField(help_text="Unavailable while the desk was closed.")
    working_seconds = serializers.IntegerField(help_text="Unavailable in working time.")
    sop_runs = serializers.IntegerField()
    handed_over = serializers.IntegerField()


class ReportDaySerializer(ReportLineSerializer):
    name = serializers.DateField(help_text="The local date.")  # type: ignore[assignment]


class ReportTimesSerializer(serializers.Serializer[Any]):
    """Observed times in seconds. Percentiles are interpolated; null without observations."""

    count = serializers.IntegerField()
    median = serializers.IntegerField(allow_null=True)
    p90 = serializers.IntegerField(allow_null=True)
    longest = serializers.IntegerField(allow_null=True)


class ReportPromisesSerializer(serializers.Serializer[Any]):
    """Promised status updates that came due."""

    made = serializers.IntegerField()
    on_time = serializers.IntegerField()
    late = serializers.IntegerField()
    latest = serializers.IntegerField(help_text="Seconds by which the latest was late.")


class ReportTallySerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()


class ReportSopSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    runs = serializers.IntegerField()
    restored = serializers.IntegerField()
    not_restored = serializers.IntegerField()
    stopped = serializers.IntegerField()
    active = serializers.IntegerField()
    duration = ReportTimesSerializer()


class ReportGapSerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    reason = serializers.CharField(source="sop_gap", help_text="What an SOP would have had to do.")


class ReportGapLineSerializer(serializers.Serializer[Any]):
    """Incidents of one service and failure for which no SOP fitted."""

    service = serializers.CharField()
    failure = serializers.CharField()
    count = serializers.IntegerField()
    incidents = ReportGapSerializer(many=True)


class ReportTrendSerializer(serializers.Serializer[Any]):
    month = serializers.CharField()
    calls = serializers.IntegerField()
    accepted = serializers.IntegerField()
    declined = serializers.IntegerField()
    without_sop = serializers.IntegerField()
    refused = serializers.IntegerField(help_text="Incidents refused in a handover.")
    answered = serializers.IntegerField()
    late = serializers.IntegerField()
    promised = serializers.IntegerField()
    restored = ReportTimesSerializer()


@extend_schema_serializer(component_name="MonthReport")
class ReportSerializer(serializers.Serializer[Any]):
    """One month. Out of hours there is no SLA: these are observed times. Rehearsals are not counted."""

    month = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    as_of = serializers.DateTimeField()
    is_over = serializers.BooleanField()
    total = ReportLineSerializer()
    customers = ReportLineSerializer(many=True)
    services = ReportLineSerializer(many=True)
    days = ReportDaySerializer(many=True)
    hours = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="Calls by weekday, Monday first, and by local hour, 0 to 23.",
    )
    first_update = ReportTimesSerializer(help_text=words.DEFINITIONS["first_update"])
    restored = ReportTimesSerializer(help_text=words.DEFINITIONS["restored"])
    promises = ReportPromisesSerializer(help_text=words.DEFINITIONS["promises"])
    results = ReportTallySerializer(many=True)
    declined = ReportTallySerializer(many=True)
    reasons = ReportTallySerializer(many=True, help_text="Why it was out of hours, as the gate said.")
    handovers = ReportTallySerializer(many=True, help_text="Incidents offered in a handover, by answer.")
    escalated = ReportTallySerializer(many=True, help_text="Incidents by the vendor’s team last asked.")
    overrides = serializers.IntegerField(help_text="Calls that a lead let in.")
    unpublished = serializers.IntegerField(help_text="Status updates not on the page yet.")
    still_unavailable = serializers.IntegerField()
    without_sop = serializers.IntegerField()
    sops = ReportSopSerializer(many=True)
    no_sop_fitted = serializers.IntegerField(help_text=words.DEFINITIONS["no_sop_fitted"])
    sop_gaps = ReportGapLineSerializer(many=True, source="gaps")
    trend = ReportTrendSerializer(many=True)


def as_data(report: Report) -> dict[str, Any]:
    """Plain values, times in UTC."""
    figures, month = report.figures, report.month
    source: dict[str, Any] = {field.name: getattr(figures, field.name) for field in fields(figures)}
    source |= _tallies(figures)
    source |= {
        "month": str(month), "starts_at": month.starts_at, "ends_at": month.ends_at, "as_of": report.now,
        "is_over": report.is_over, "trend": report.trend,
    }  # fmt: skip
    data: dict[str, Any] = ReportSerializer(source).data
    return data


def _tallies(figures: Figures) -> dict[str, list[dict[str, Any]]]:
    return {
        "results": _named(figures.results, words.RESULTS),
        "reasons": _named(figures.reasons, words.REASONS),
        "handovers": _named(figures.handovers, words.ANSWERS),
        "declined": [
            {"code": rule, "name": words.rule_name(rule), "count": count} for rule, count in figures.declined
        ],
        "escalated": [{"code": team, "name": team, "count": count} for team, count in figures.escalated],
    }


def _named(counts: "Counter[str]", names: dict[str, str]) -> list[dict[str, Any]]:
    return [{"code": code, "name": name, "count": counts[code]} for code, name in names.items()]
