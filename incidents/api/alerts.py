"""Alerts in: the webhook that monitoring calls. Understood is stored and answered 202; a task proposes."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import PathTokenAuthentication
from accounts.api_parsing import DeskJSONParser, TooLarge
from accounts.roles import Permission
from incidents.alerts import SOURCES, Alert, NotUnderstood, read
from incidents.api.incidents import person
from incidents.inbound import receiving
from incidents.inbound.limits import SourceThrottle

SOURCE = OpenApiParameter("source", str, OpenApiParameter.PATH, enum=SOURCES)
# What is told to people of a body that was not even read, in our own words.
UNREAD = {
    TooLarge: "The body is too large.",
    exceptions.UnsupportedMediaType: "It is not sent as application/json.",
    exceptions.ParseError: "The body is not JSON.",
}


class AlertParser(DeskJSONParser):
    """Azure sends up to 256 kB."""

    max_bytes = 256 * 1024


class IgnoredSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    reason = serializers.CharField()


class ReceivedSerializer(serializers.Serializer[Any]):
    """How many alerts were understood and stored; and which of them will propose nothing, and why."""

    received = serializers.IntegerField()
    ignored = IgnoredSerializer(many=True)


class Alerts(APIView):
    """Alerts of any sender that we know, told apart by their shape. They propose; a person decides."""

    parser_classes = (AlertParser,)
    throttle_classes = (SourceThrottle,)
    permissions_needed = {"post": Permission.PROPOSE_INCIDENT}

    @extend_schema(
        tags=["alerts"], operation_id="alerts_receive", request=OpenApiTypes.OBJECT,
        responses={202: ReceivedSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return receive(request, None)


class AlertsOf(APIView):
    """Alerts of one sender: what has not its shape is refused."""

    parser_classes = (AlertParser,)
    throttle_classes = (SourceThrottle,)
    permissions_needed = {"post": Permission.PROPOSE_INCIDENT}

    @extend_schema(
        tags=["alerts"], operation_id="alerts_receive_of", request=OpenApiTypes.OBJECT,
        responses={202: ReceivedSerializer}, parameters=[SOURCE],
    )  # fmt: skip
    def post(self, request: Request, source: str) -> Response:
        return receive(request, source)


class AlertsByAddress(APIView):
    """The same for senders that can only be given an address: the token stands in it."""

    parser_classes = (AlertParser,)
    throttle_classes = (SourceThrottle,)
    authentication_classes = (PathTokenAuthentication,)
    permissions_needed = {"post": Permission.PROPOSE_INCIDENT}

    @extend_schema(
        tags=["alerts"], operation_id="alerts_receive_by_address", request=OpenApiTypes.OBJECT, auth=[],
        responses={202: ReceivedSerializer},
        parameters=[
            SOURCE,
            OpenApiParameter("token", str, OpenApiParameter.PATH, description="The source's token."),
        ],
    )  # fmt: skip
    def post(self, request: Request, source: str, token: str) -> Response:
        answer = receive(request, source)
        answer["Referrer-Policy"] = "no-referrer"
        return answer


def receive(request: Request, source: str | None) -> Response:
    """202 once it is stored; 400 when it cannot be read: counted, and shown to people without any of it."""
    try:
        alerts = read(_body(request), source)
    except NotUnderstood as error:
        receiving.refuse(error.reason, by=person(request))
        answer = {
            "code": "not_understood",
            "detail": error.reason,
            "fields": {error.field or "request": [error.reason]},
        }
        return Response(answer, status=status.HTTP_400_BAD_REQUEST)
    row = receiving.store(alerts, by=person(request))
    kept = [receiving.masked(alert) for alert in alerts if _opens_nothing(alert)]
    told = [{"title": alert.title, "reason": alert.reason} for alert in kept]
    done = {"received": len(row.alerts), "ignored": told}
    return Response(ReceivedSerializer(done).data, status=status.HTTP_202_ACCEPTED)


def _opens_nothing(alert: Alert) -> bool:
    """Its kind never proposes. An end is no such thing: it may be noted on an incident."""
    return alert.state == "fired" and not alert.proposes


def _body(request: Request) -> Any:
    try:
        return request.data
    except exceptions.APIException as error:
        words = next(
            (words for kind, words in UNREAD.items() if isinstance(error, kind)), "It cannot be read."
        )
        receiving.refuse(words, by=person(request))
        raise
