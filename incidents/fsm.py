"""A state field and base that keep django-fsm's promises under threads (docs/adr/0004)."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import models
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMFieldDescriptor

from accounts.models import User
from accounts.roles import Permission


class SafeDescriptor(FSMFieldDescriptor):
    """Refuses direct assignment. The flag that lets a refresh through lies on the instance, not the field."""

    def __set__(self, instance: Any, value: Any) -> None:
        if (
            self.field.protected
            and self.field.name in instance.__dict__
            and "_fsm_refreshing" not in instance.__dict__
        ):
            raise AttributeError(f"Direct {self.field.name} modification is not allowed")
        self.field.set_proxy(instance, value)
        self.field.set_state(instance, value)


class StateField(FSMField):
    """A protected state, as text, with choices."""

    descriptor_class = SafeDescriptor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("protected", True)
        kwargs.setdefault("max_length", 20)
        super().__init__(*args, **kwargs)


class StatefulModel(ConcurrentTransitionMixin, models.Model):
    """A model with a `StateField`: a save of a state read too long ago is refused.

    Also with `refresh_from_db` that never opens the guard for other threads or after a failed read.
    """

    class Meta:
        abstract = True

    def refresh_from_db(
        self, using: str | None = None, fields: Iterable[str] | None = None, from_queryset: Any = None
    ) -> None:
        names = {name for field in self.state_fields for name in (field.name, field.attname)}
        fields = None if fields is None else list(fields)
        wanted = fields is None or bool(names & set(fields))
        kept = {f.attname: self.__dict__[f.attname] for f in self.state_fields if f.attname in self.__dict__}
        self.__dict__["_fsm_refreshing"] = True
        try:
            models.Model.refresh_from_db(self, using=using, fields=fields, from_queryset=from_queryset)
        finally:
            self.__dict__.pop("_fsm_refreshing", None)
        if wanted:
            self._update_initial_state()
        else:
            self.__dict__.update(kept)  # a partial refresh must not touch the state


def allows(permission: Permission, *, side_of: str | None = None) -> Callable[[Any, User], bool]:
    """A transition's `permission=`: the role holds it and, with `side_of`, that field names the side."""

    def check(instance: Any, user: User) -> bool:
        return user.has_perm(permission) and (side_of is None or user.side == getattr(instance, side_of))

    return check
