"""How much one source may send in a minute: counted in the database, for a cache may be away."""

from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import User
from incidents.inbound.receiving import refuse
from incidents.models import AlertFeed

MINUTE = timedelta(minutes=1)


class SourceThrottle(BaseThrottle):
    """Of one source so many requests in each minute of the clock, from all addresses and to all processes."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """One UPDATE, whatever else happens. A source that is turned away is shown to people as well."""
        now, most = timezone.now(), settings.ALERTS_PER_MINUTE
        minute = now.replace(second=0, microsecond=0)
        self.seconds = (minute + MINUTE - now).total_seconds()
        source = cast(User, request.user)  # permissions are asked before this
        mine = AlertFeed.objects.filter(source=source)
        for _ in range(2):  # a minute that another process has just begun is looked at again
            if mine.filter(minute_at=minute, used__lt=most).update(used=F("used") + 1, last_heard_at=now):
                return True
            if mine.exclude(minute_at=minute).update(minute_at=minute, used=1, last_heard_at=now):
                return True
            AlertFeed.objects.get_or_create(source=source)
        refuse(f"It sends more than {most} in a minute: the rest is turned away.", by=source)
        return False

    def wait(self) -> float:
        """Seconds until the next minute begins."""
        return self.seconds
