"""`/api/v1/suspensions/`: what the vendor has stopped, and what it has lifted again."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Permission
from incidents.api.fields import Moment
from incidents.api.incidents import query_of
from incidents.api.pages import ByNumber, PageQuery
from sops.models import Suspension


class SuspensionSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    scope = serializers.CharField(help_text="automation, action or sop")
    sop = serializers.CharField(
        source="sop.code", default=None, allow_null=True, help_text="Its code, of one SOP"
    )
    action = serializers.CharField(help_text="Its name in the catalogue, of one action; or empty")
    reason = serializers.CharField()
    suspended_by = serializers.CharField(source="suspended_by.name")
    suspended_at = Moment()
    lifted_by = serializers.CharField(source="lifted_by.name", default=None, allow_null=True)
    lifted_at = Moment(allow_null=True)


class SuspensionQuery(PageQuery):
    is_active = serializers.BooleanField(
        required=False, help_text="true: what is suspended now; false: what was lifted; left out: both."
    )


@extend_schema(tags=["sops"])
class Suspensions(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Suspending and lifting are for the desk's own pages: a person does it, with the reason."""

    queryset = Suspension.objects.none()
    serializer_class = SuspensionSerializer
    pagination_class = ByNumber
    permissions_needed = {"list": Permission.VIEW_SOP}

    @extend_schema(parameters=[SuspensionQuery], summary="List suspensions, in the order of suspending")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = query_of(SuspensionQuery, request)
        rows = Suspension.objects.visible_to(request.user)
        rows = rows.select_related("sop", "suspended_by", "lifted_by")
        if "is_active" in wanted:
            rows = rows.filter(lifted_at__isnull=wanted["is_active"])
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(SuspensionSerializer(page, many=True).data)
