"""Inbound monitoring alerts, read into one shape: pure, with no database, no network and no clock."""

from incidents.alerts.common import Alert, NotUnderstood, State
from incidents.alerts.reading import SOURCES, read

__all__ = ["SOURCES", "Alert", "NotUnderstood", "State", "read"]
