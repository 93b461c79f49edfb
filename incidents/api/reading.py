"""What integrations look up: coverage, and the codes of customers, services and components."""

from typing import Any, ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import reads
from accounts.api import IsSignedIn
from accounts.models import Component, Customer, Read, Service
from accounts.roles import Permission
from incidents import coverage
from incidents.api import serializers as shapes
from incidents.api.fields import Moment, Strict
from incidents.api.incidents import person, query_of
from incidents.api.pages import ByText, PageQuery


class CoverageSerializer(serializers.Serializer[Any]):
    """Whether an instant is out of hours, why, and the whole period around it with the same answer."""

    at = Moment()
    nation = serializers.CharField()
    out_of_hours = serializers.BooleanField()
    reason = serializers.ChoiceField(choices=["holiday", "weekend", "weekday-night", "working-hours"])
    title = serializers.CharField(help_text="The bank holiday's, as gov.uk prints it.")
    starts_at = Moment()
    ends_at = Moment()


class SecondsSerializer(serializers.Serializer[Any]):
    out_of_hours = serializers.IntegerField()
    working = serializers.IntegerField()


@extend_schema(tags=["coverage"], parameters=[shapes.CoverageQuery], responses=CoverageSerializer)
class Coverage(APIView):
    """Whether an instant is out of hours for a nation, and why."""

    permission_classes = (IsSignedIn,)

    def get(self, request: Request) -> Response:
        asked = query_of(shapes.CoverageQuery, request)
        at, nation = asked.get("at") or timezone.now(), asked.get("nation") or settings.DESK_NATION
        verdict = coverage.explain(at, nation)
        told = {
            name: getattr(verdict, name)
            for name in ("out_of_hours", "reason", "title", "starts_at", "ends_at")
        }
        return Response(CoverageSerializer({"at": at, "nation": nation, **told}).data)


@extend_schema(tags=["coverage"], parameters=[shapes.SecondsQuery], responses=SecondsSerializer)
class CoverageSeconds(APIView):
    """The seconds between two instants, out of hours and in working time."""

    permission_classes = (IsSignedIn,)

    def get(self, request: Request) -> Response:
        asked = query_of(shapes.SecondsQuery, request)
        seconds = coverage.seconds_between(
            asked["start"], asked["end"], asked.get("nation") or settings.DESK_NATION
        )
        return Response(SecondsSerializer(seconds).data)


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    code = serializers.CharField(source="short_name", read_only=True)

    class Meta:
        model = Customer
        fields = ("code", "name", "nation", "follows_own_holidays", "entitled_from", "entitled_until")
        read_only_fields = fields


class ServiceSerializer(serializers.ModelSerializer[Service]):
    class Meta:
        model = Service
        fields = ("code", "name", "is_public")
        read_only_fields = fields


class ComponentSerializer(serializers.ModelSerializer[Component]):
    customer = serializers.SlugRelatedField[Customer](slug_field="short_name", read_only=True)
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)

    class Meta:
        model = Component
        fields = ("name", "kind", "customer", "service", "location", "is_simulated")
        read_only_fields = fields


class Catalogue(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """A read-only list of codes."""

    pagination_class = ByText
    permissions_needed: ClassVar[dict[str, Permission]] = {"list": Permission.VIEW_CUSTOMER}
    query_shape: ClassVar[type[Strict]] = PageQuery

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.wanted = query_of(self.query_shape, request)
        return super().list(request, *args, **kwargs)


@extend_schema(tags=["codes"], parameters=[PageQuery])
class Customers(Catalogue):
    queryset = Customer.objects.none()
    serializer_class = CustomerSerializer

    def get_queryset(self) -> Any:
        return Customer.objects.visible_to(self.request.user).active()  # type: ignore[arg-type]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        answer = super().list(request, *args, **kwargs)
        shown = len(answer.data["results"])
        reads.note(person(request), Read.CUSTOMER, name="List of the API", rows=shown)
        return answer


@extend_schema(tags=["codes"], parameters=[PageQuery])
class Services(Catalogue):
    queryset = Service.objects.all()
    serializer_class = ServiceSerializer


@extend_schema(tags=["codes"], parameters=[shapes.ComponentQuery])
class Components(Catalogue):
    queryset = Component.objects.none()
    serializer_class = ComponentSerializer
    query_shape = shapes.ComponentQuery

    def get_queryset(self) -> Any:
        rows = Component.objects.visible_to(self.request.user).filter(is_active=True)  # type: ignore[arg-type]
        customer = getattr(self, "wanted", {}).get("customer")
        rows = rows.reachable_from(customer) if customer else rows
        return rows.select_related("customer", "service")
