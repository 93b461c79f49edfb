"""Who may read incidents over the API."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.roles import Permission
from incidents.models import IncidentGrant


class MayReadIncidents(BasePermission):
    """Roles that see incidents; specialists, for those escalated; and whoever was granted one."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        if not user.is_authenticated or not user.is_working:
            return False
        if user.has_perm(Permission.VIEW_INCIDENT) or user.has_perm(Permission.VIEW_PRODUCT_NOTE):
            return True
        return IncidentGrant.objects.visible_to(user).held_by(user).exists()
