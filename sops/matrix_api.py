"""`/api/v1/sops/coverage/`: the coverage matrix, the same as on the page."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.roles import Permission
from incidents.api.fields import Moment
from incidents.api.incidents import person
from sops.matrix import Answer, Cell, Entry, Standing
from sops.matrix_reading import Coverage, coverage_for

SAID = "How often “no SOP fits” was said there since `since`; null for who sees no runs."


class NamedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="words")


class ServingSerializer(serializers.Serializer[Entry]):
    code = serializers.CharField(source="sop.code")
    title = serializers.CharField(source="sop.title")
    version = serializers.IntegerField(source="sop.number")
    review_on = serializers.DateField(source="sop.review_on")
    standing = serializers.ChoiceField(
        choices=[each.value for each in Standing],
        help_text="review_soon: in 30 days or less. expired and suspended cannot be started.",
    )
    suspension = serializers.CharField(source="sop.held", help_text="Who suspended what, when and why.")
    customers = serializers.ListField(
        child=serializers.CharField(), source="sop.customers", help_text="Empty: all customers."
    )


class CellSerializer(serializers.Serializer[Cell]):
    service = serializers.CharField(source="service.code")
    situation = serializers.CharField(source="situation.code", help_text="The `failure` of an incident.")
    answer = serializers.ChoiceField(
        choices=[each.value for each in Answer],
        help_text="no_sop is a gap: none can be started. not_in_contract: the gate would decline it.",
    )
    sops = ServingSerializer(many=True, source="entries")
    no_sop_fitted = serializers.IntegerField(source="said", allow_null=True, help_text=SAID)


@extend_schema_serializer(component_name="SopCoverage")
class CoverageSerializer(serializers.Serializer[Coverage]):
    as_of = Moment(source="at")
    since = Moment(help_text="From when on “no SOP fits” is counted: twelve months. Rehearsals never are.")
    services = NamedSerializer(many=True, source="matrix.services")
    situations = NamedSerializer(many=True, source="matrix.situations")
    cells = CellSerializer(many=True, source="matrix.cells")
    no_sop_fitted_elsewhere = serializers.IntegerField(
        source="elsewhere", help_text="The same of calls in no cell: of other services, which a lead let in."
    )


class SopCoverage(APIView):
    """Which SOPs serve which P1 situation of which service, and where there is none."""

    permissions_needed = {"get": Permission.VIEW_SOP}

    @extend_schema(
        tags=["sops"], operation_id="sops_coverage", responses=CoverageSerializer,
        summary="Read the coverage matrix of SOPs",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response(CoverageSerializer(coverage_for(person(request), timezone.now())).data)
