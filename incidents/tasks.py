"""The base of every Celery task of the desk."""

from typing import Any

from celery import Task

from accounts.audit import acting_as
from accounts.models import User
from incidents.models import CalendarDay


class DeskTask(Task):  # type: ignore[type-arg]
    """Writes as the desk's own user, under a number of its own, with the calendar that is in force now."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly or self.request.is_eager:
            return super().__call__(*args, **kwargs)
        CalendarDay.objects.all().take_effect()
        with acting_as(User.objects.system(), "task"):
            return super().__call__(*args, **kwargs)
