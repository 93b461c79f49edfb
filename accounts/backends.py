"""Permissions come from the table in `accounts.roles` alone; what the admin could tick grants nothing."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Model
from guardian.backends import ObjectPermissionBackend
from guardian.utils import get_user_obj_perms_model

from accounts.models import User
from accounts.models.grant import Grant
from accounts.models.user import MACHINES
from accounts.roles import permissions_of
from accounts.sign_in import providers


class RoleBackend(ModelBackend):
    """E-mail and password sign in; roles (groups of the same name) decide, in one query a request."""

    def user_can_authenticate(self, user: Any) -> bool:
        """Not once the access has ended, and not where the organisation's provider signs its people in.

        Machines have tokens: a password that somebody gave one opens nothing.
        """
        is_person = bool(user.is_working) and not user.roles & set(MACHINES)
        return is_person and providers.of(user) is None

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session, with organisation and roles; nobody once they have left."""
        people = User.objects.working().filter(pk=user_id).select_related("team")
        found: User | None = people.first_with_roles()
        return found

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        """What the person may do everywhere. Of one object it says nothing: such grants are guardian's."""
        if user_obj.is_anonymous or not user_obj.is_working or obj is not None:
            return set()
        if not hasattr(user_obj, "_role_permissions"):
            granted = permissions_of(
                user_obj.roles | user_obj.glass, user_obj.side, is_superuser=user_obj.is_superuser
            )
            user_obj._role_permissions = {str(permission) for permission in granted}
        known: set[str] = user_obj._role_permissions
        return known

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return str(perm) in self.get_all_permissions(user_obj, obj)


class GrantBackend(ObjectPermissionBackend):
    """Grants of single objects, in guardian's way: those in force, of `accounts.models.grant`.

    guardian's own rows know no end and count for nothing. A superuser passes none of this; ours holds none.
    """

    def has_perm(self, user_obj: Any, perm: str, obj: Model | None = None) -> bool:
        return str(perm) in self.get_all_permissions(user_obj, obj)

    def get_group_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        return set()

    def get_all_permissions(self, user_obj: Any, obj: Model | None = None) -> set[str]:
        model = get_user_obj_perms_model(obj) if obj is not None else None
        if model is None or not issubclass(model, Grant) or not user_obj.is_authenticated:
            return set()
        if not user_obj.is_working or user_obj.is_superuser:
            return set()
        held = model.objects.held_by(user_obj).filter(content_object=obj)
        codes = held.values_list("permission__content_type__app_label", "permission__codename")
        return {f"{app}.{code}" for app, code in codes}
