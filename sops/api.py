"""`/api/v1/sops/` and `/api/v1/runs/`: read what is approved, start it on an incident, act in a run."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.errors import Conflict
from accounts.models import Component
from accounts.roles import Permission
from incidents.api.incidents import REFERENCE, body_of, person, query_of
from incidents.api.pages import ByNumber, ByText, PageQuery
from incidents.local_time import local
from incidents.models import Incident
from sops import serializers as shapes
from sops import services
from sops.models import Run, Sop, SopVersion, Suspension

RUN = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The run's number.")
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH, description="Such as SOP-03.")


class ByCode(ByText):
    ordering = "code"


@extend_schema(tags=["sops"])
class Sops(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """SOPs with the version that is approved. Drafts are for the desk's own pages."""

    queryset = Sop.objects.none()
    serializer_class = shapes.SopSerializer
    pagination_class = ByCode
    lookup_field = "code"
    lookup_value_regex = "[A-Za-z0-9-]{1,10}"
    permissions_needed = {"list": Permission.VIEW_SOP, "retrieve": Permission.VIEW_SOP}

    def get_queryset(self) -> Any:
        return Sop.objects.visible_to(self.request.user).prefetch_related("services", "customers")

    def get_serializer_context(self) -> dict[str, Any]:
        rows = SopVersion.objects.visible_to(self.request.user).approved()
        rows = rows.select_related("author", "approver").prefetch_related("steps")
        approved = {version.sop_id: version for version in rows}
        today = local(timezone.now()).date()
        suspensions = list(Suspension.objects.visible_to(self.request.user).active())
        given = {"approved": approved, "today": today, "suspensions": suspensions}
        return {**super().get_serializer_context(), **given}

    @extend_schema(parameters=[PageQuery], summary="List the SOPs")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query_of(PageQuery, request)
        return super().list(request, *args, **kwargs)

    @extend_schema(parameters=[CODE], summary="Read an SOP with its steps")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)


def readable_runs(request: Request) -> Any:
    rows = Run.objects.visible_to(request.user)
    rows = rows.select_related("version__sop", "incident", "customer", "started_by", "stopped_by")
    people = (
        "step_runs__component", "step_runs__confirmed_by", "step_runs__decided_by", "step_runs__agreed_by"
    )  # fmt: skip
    return rows.prefetch_related(*people)


def told(request: Request, run: Run, code: int = status.HTTP_200_OK) -> Response:
    """The run as it is now."""
    return Response(shapes.RunSerializer(readable_runs(request).get(pk=run.pk)).data, status=code)


@extend_schema(tags=["sops"])
class RunsOfIncident(APIView):
    """Starting an SOP on an incident."""

    permissions_needed = {"post": Permission.RUN_SOP}

    @extend_schema(
        parameters=[REFERENCE], request=shapes.StartSerializer, responses={201: shapes.RunSerializer},
        summary="Start an SOP on an incident",
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        """The same start by the same person again answers with the run that it began."""
        given = body_of(shapes.StartSerializer, request)
        incident = get_object_or_404(Incident.objects.visible_to(request.user), reference=reference)
        version = _approved(request, given["sop"], given["version"])
        run = services.start_run(incident.pk, version.pk, seen=given["expected_state"], by=person(request))
        return told(request, run, status.HTTP_201_CREATED)


def _approved(request: Request, code: str, number: int | None) -> SopVersion:
    sop = Sop.objects.visible_to(request.user).filter(code=code).first()
    if sop is None:
        raise serializers.ValidationError(
            {"sop": ["There is none with this code. The list is at /api/v1/sops/."]}
        )
    version = SopVersion.objects.visible_to(request.user).approved().filter(sop=sop).first()
    if version is None:
        raise Conflict(f"{code} has no approved version", "Choose another SOP, or escalate.")
    if number not in (None, version.number):
        raise Conflict(f"Version {version.number} of {code} is in force now", "Read it, then decide again.")
    return version


@extend_schema(tags=["sops"])
class Runs(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Any]):
    """Runs and their steps. What a person does in them needs the step that the person saw."""

    queryset = Run.objects.none()
    serializer_class = shapes.RunSerializer
    pagination_class = ByNumber
    lookup_value_regex = "[1-9][0-9]{0,17}"
    lookup_url_kwarg = "id"
    permissions_needed = {
        "list": Permission.VIEW_RUN, "retrieve": Permission.VIEW_RUN, "stop": Permission.STOP_RUN,
        "agree": Permission.AGREE_ACTION,
        **dict.fromkeys(
            ("confirm", "choose_target", "answer", "post_words", "leave_out", "escalate", "settle", "go_on",
             "try_again", "close", "look", "resume"),
            Permission.RUN_SOP,
        ),
    }  # fmt: skip

    def get_queryset(self) -> Any:
        return readable_runs(self.request)

    @extend_schema(parameters=[shapes.RunQuery], summary="List runs, in the order of starting")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = query_of(shapes.RunQuery, request)
        names = {"incident": "incident__reference", "state": "state"}
        rows = self.get_queryset().filter(**{names[name]: wanted[name] for name in names if name in wanted})
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.RunSerializer(page, many=True).data)

    @extend_schema(parameters=[RUN], summary="Read a run with its steps")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().retrieve(request, *args, **kwargs)

    # ---------- Acts ----------

    def act(
        self, shape: type[serializers.Serializer[Any]], service: Callable[..., Run], **names: str
    ) -> Response:
        """Check the shape, call the service with the step that was seen, and answer with the run."""
        given = body_of(shape, self.request)
        run = self.get_object()
        seen = (given.pop("step"),) if "step" in given else ()
        given = {names.get(name, name): value for name, value in given.items()}
        service(run.pk, *seen, **given, by=person(self.request))
        return told(self.request, run)

    @extend_schema(parameters=[RUN], request=shapes.ConfirmSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, id: str) -> Response:
        """Let a worker act: once, on this target, with these parameters."""
        return self.act(shapes.ConfirmSerializer, services.confirm, confirm="typed")

    @extend_schema(parameters=[RUN], request=shapes.StepSeen)
    @action(detail=True, methods=["post"])
    def agree(self, request: Request, id: str) -> Response:
        """The second person, of the vendor, to an elevated action. Holds for fifteen minutes."""
        return self.act(shapes.StepSeen, services.agree)

    @extend_schema(parameters=[RUN], request=shapes.StepSeen)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, id: str) -> Response:
        """Go on with a check that was held, once what held it is gone."""
        return self.act(shapes.StepSeen, services.resume_held)

    @extend_schema(parameters=[RUN], request=shapes.StepSeen)
    @action(detail=True, methods=["post"])
    def look(self, request: Request, id: str) -> Response:
        """Do the check that shows whether an action happened of which it is not known."""
        return self.act(shapes.StepSeen, services.look)

    @extend_schema(parameters=[RUN], request=shapes.TargetSerializer)
    @action(detail=True, methods=["post"], url_path="choose-target")
    def choose_target(self, request: Request, id: str) -> Response:
        """Which of several registered targets the step acts on."""
        given = body_of(shapes.TargetSerializer, request)
        target = Component.objects.visible_to(person(request)).filter(name=given["target"]).first()
        run, chosen = self.get_object(), target.pk if target else None
        services.choose_target(run.pk, given["step"], component_id=chosen, by=person(request))
        return told(request, run)

    @extend_schema(parameters=[RUN], request=shapes.AnswerSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, id: str) -> Response:
        """The evidence of a manual step, or the answer of a decision."""
        return self.act(shapes.AnswerSerializer, services.answer)

    @extend_schema(parameters=[RUN], request=shapes.WordsSerializer)
    @action(detail=True, methods=["post"], url_path="post-update")
    def post_words(self, request: Request, id: str) -> Response:
        """Post the status update of the step, in these words."""
        return self.act(shapes.WordsSerializer, services.post_words)

    @extend_schema(parameters=[RUN], request=shapes.ReasonedSerializer)
    @action(detail=True, methods=["post"], url_path="leave-out")
    def leave_out(self, request: Request, id: str) -> Response:
        """Go on without a status update or an escalation, and say why."""
        return self.act(shapes.ReasonedSerializer, services.leave_out)

    @extend_schema(parameters=[RUN], request=shapes.EvidenceSerializer)
    @action(detail=True, methods=["post"])
    def escalate(self, request: Request, id: str) -> Response:
        """End the run here, so that the incident can be escalated."""
        return self.act(shapes.EvidenceSerializer, services.escalate_now)

    @extend_schema(parameters=[RUN], request=shapes.SettleSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, id: str) -> Response:
        """A person looked, and says whether an action of which it was not known happened."""
        return self.act(shapes.SettleSerializer, services.settle_unknown)

    @extend_schema(parameters=[RUN], request=shapes.StepSeen)
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: Request, id: str) -> Response:
        """Past an action that failed."""
        return self.act(shapes.StepSeen, services.go_on)

    @extend_schema(parameters=[RUN], request=shapes.StepSeen)
    @action(detail=True, methods=["post"], url_path="try-again")
    def try_again(self, request: Request, id: str) -> Response:
        """An action that did not happen waits for a new confirmation."""
        return self.act(shapes.StepSeen, services.try_again)

    @extend_schema(parameters=[RUN], request=shapes.CloseSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, id: str) -> Response:
        """After the last step: whether the service is restored."""
        return self.act(shapes.CloseSerializer, services.close)

    @extend_schema(parameters=[RUN], request=shapes.StopSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, id: str) -> Response:
        """Stop at the next step boundary; at once when nothing acts."""
        return self.act(shapes.StopSerializer, services.stop)
