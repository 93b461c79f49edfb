"""How every error of the API reads. Apart from `accounts.api`, which DRF loads before its own views."""

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django_fsm import ConcurrentTransition, TransitionNotAllowed
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler

from accounts.errors import SOMEBODY_WAS_FASTER, Conflict


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """The one place where an error becomes an answer.

    `{"code", "detail", "fields"}`: 400 shape, 401 nobody, 403 not allowed, 404 not visible, 409 wrong state
    or somebody was faster, 413, 415, 429 with `Retry-After`.
    """
    if isinstance(error, RequestDataTooBig):
        return _answer(
            status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", "The body is too large. Send less."
        )
    if isinstance(error, Conflict):
        return _answer(status.HTTP_409_CONFLICT, "conflict", f"{error.headline}. {error.detail}".strip())
    if isinstance(error, ConcurrentTransition):
        return _answer(status.HTTP_409_CONFLICT, "conflict", SOMEBODY_WAS_FASTER)
    if isinstance(error, TransitionNotAllowed):
        return _answer(status.HTTP_409_CONFLICT, "conflict", str(error))
    if isinstance(error, DjangoValidationError):
        return _answer(
            status.HTTP_400_BAD_REQUEST, "invalid", "Correct the fields named here.", _fields(error)
        )
    response = drf_exception_handler(error, context)
    if response is None:
        return None
    return _reword(error, response)


def _fields(error: DjangoValidationError) -> dict[str, list[str]]:
    if not hasattr(error, "error_dict"):
        return {"request": error.messages}
    return {
        ("request" if name == NON_FIELD_ERRORS else name): words for name, words in error.message_dict.items()
    }


def _reword(error: Exception, response: Response) -> Response:
    if isinstance(error, exceptions.ValidationError):
        fields = error.detail if isinstance(error.detail, dict) else {"request": error.detail}
        response.data = {"code": "invalid", "detail": "Correct the fields named here.", "fields": fields}
        return response
    if isinstance(error, Http404):
        code, detail = "not_found", "There is no such thing, or it is not shared with you."
    elif isinstance(error, PermissionDenied):
        code, detail = "permission_denied", "Your role does not allow this."
    else:
        code, detail = getattr(error, "default_code", "error"), str(getattr(error, "detail", error))
    response.data = {"code": code, "detail": detail, "fields": {}}
    return response


def _answer(code: int, name: str, detail: str, fields: dict[str, list[str]] | None = None) -> Response:
    return Response({"code": name, "detail": detail, "fields": fields or {}}, status=code)
