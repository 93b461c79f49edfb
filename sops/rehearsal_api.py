"""`/api/v1/sops/<code>/rehearsals/`: rehearse a version on the simulated estate."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import Conflict
from accounts.models import Customer, User
from accounts.roles import Permission
from incidents.api.fields import Strict
from incidents.api.incidents import body_of, person
from sops import services
from sops.api import CODE, told
from sops.models import Sop, SopVersion
from sops.rehearsal import is_rehearser
from sops.serializers import RunSerializer


class RehearseSerializer(Strict):
    customer = serializers.SlugField(
        max_length=30, help_text="The short name of a customer of the simulated estate that has every target."
    )
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=32767, default=None,
        help_text="Its number; left out, the version in force. Drafts are for their authors.",
    )  # fmt: skip


@extend_schema(tags=["sops"])
class RehearsalsOfSop(APIView):
    """Rehearsing: the same engine on simulated machines. Nothing is published or counted."""

    permissions_needed = {"post": Permission.VIEW_SOP}

    @extend_schema(
        parameters=[CODE], request=RehearseSerializer, responses={201: RunSerializer},
        summary="Rehearse a version of an SOP",
    )  # fmt: skip
    def post(self, request: Request, code: str) -> Response:
        """For engineers and authors. The same again, while it goes on, answers with the run that it began."""
        by = person(request)
        sop = get_object_or_404(Sop.objects.visible_to(by), code=code)
        if not is_rehearser(sop, by):
            raise PermissionDenied
        given = body_of(RehearseSerializer, request)
        version, customer = _version(sop, given["version"], by), _customer(given["customer"], by)
        run = services.rehearse(version.pk, customer_id=customer.pk, by=by)
        return told(request, run, status.HTTP_201_CREATED)


def _version(sop: Sop, number: int | None, by: User) -> SopVersion:
    versions = SopVersion.objects.visible_to(by).filter(sop=sop)
    if number is not None:
        found = versions.filter(number=number).first()
        if found is None:
            raise serializers.ValidationError({"version": [f"{sop.code} has no such version for you."]})
        return found
    in_force = versions.approved().first()
    if in_force is None:
        raise Conflict(f"{sop.code} has no approved version", "Name the version to rehearse.")
    return in_force


def _customer(short_name: str, by: User) -> Customer:
    simulated = Customer.objects.visible_to(by).active().filter(is_simulated=True)
    found = simulated.filter(short_name=short_name).first()
    if found is None:
        raise serializers.ValidationError({"customer": ["Send a customer of the simulated estate."]})
    return found
