"""The roof: settings, addresses, Celery, health, the board and the reports. Nothing imports it."""

from ooh.celery import app as celery_app

__all__ = ["celery_app"]
