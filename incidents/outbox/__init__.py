"""What leaves the building: rows written with the event, delivered by Celery, swept for what was missed."""
