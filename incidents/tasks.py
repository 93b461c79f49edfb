"""The base of every Celery task of the desk."""

from typing import Any

from celery import Task
from celery.exceptions import TaskPredicate

from accounts.audit import acting_as
from accounts.logs import kind_of
from accounts.models import User
from accounts.wall.identity import Standing, standing
from incidents.models import CalendarDay


class TaskBroke(Exception):
    """What a task broke off with, without its text: Celery writes that into the log."""


class DeskTask(Task):  # type: ignore[type-arg]
    """Writes as the desk's own user, under a number of its own, with the calendar that is in force now."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly or self.request.is_eager:
            with standing(Standing.NOBODY):  # as it will be in a worker
                return super().__call__(*args, **kwargs)
        try:
            CalendarDay.objects.all().take_effect()
            with acting_as(User.objects.system(), "task"):
                return super().__call__(*args, **kwargs)
        except TaskPredicate:
            raise
        except Exception as error:
            raise TaskBroke(kind_of(error)) from error
