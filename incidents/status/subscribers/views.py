"""Subscribing, for everybody: no sign-in, no scripts, no cookies.

These forms act for nobody who is signed in, so there is no cookie that another site could make use of, and no
CSRF token is asked for: to ask for messages, anybody may, and the rest needs the token in the address, which
only the receiver of our messages has. A form that a browser sends from another site is refused all the same.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from incidents.models import Subscriber
from incidents.status.subscribers import limits, services, webhooks
from incidents.status.subscribers.forms import EmailForm, ServicesForm, WebhookForm

View = Callable[..., HttpResponse]
FROM_ELSEWHERE = "The form was sent from another site. Nothing was done: send it again from here"
TOO_OFTEN = "That was asked for too often from here. Try again in an hour"
FORMS: dict[str, type[EmailForm | WebhookForm]] = {"email": EmailForm, "webhook": WebhookForm}


def for_everybody(view: View) -> View:
    """A page with a form, kept by nobody: some of these addresses are as good as a key."""

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex"
        # The audit's middleware looks who asks. Nothing here does.
        request.session.accessed = False
        return response

    return shown


@for_everybody
def subscribe(request: HttpRequest, kind: str = "email") -> HttpResponse:
    """Ask for messages. Whatever the address is, and whoever has it, the answer is the same."""
    is_possible = kind == "webhook" or bool(settings.EMAIL_URL)
    form = FORMS[kind](request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        status = _refuse(request, form) if is_possible else 409
        if status == 200:
            services.ask(kind, form.cleaned_data["address"], form.cleaned_data["services"])
            return _see_other("status_asked", kind=kind)
    context = {"form": form, "kind": kind, "is_possible": is_possible}
    response = _page(request, "subscribe", status=status, **context)
    if status == 429:
        response["Retry-After"] = str(limits.WITHIN)
    return response


@for_everybody
def asked(request: HttpRequest, kind: str) -> HttpResponse:
    """What happens next, for everybody who asked."""
    return _page(request, "asked", kind=kind, hours=int(services.CONFIRM_WITHIN.total_seconds() // 3600))


@for_everybody
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The page that the e-mail leads to. Opening it does nothing: programs that look at mail do so too."""
    if request.method == "POST":
        subscriber = services.confirm(token)
        return _see_other("status_subscription", token=subscriber.token) if subscriber else _gone(request)
    asked = Subscriber.objects.filter(token=token, ended_at=None).prefetch_related("services").first()
    if asked is None or services.is_too_late(asked, timezone.now()):
        return _gone(request)
    if asked.confirmed_at:
        return redirect("status_subscription", token=token)
    return _page(request, "confirm", subscriber=asked)


@for_everybody
def subscription(request: HttpRequest, token: str) -> HttpResponse:
    """What it is told of, to change or to end."""
    subscriber = Subscriber.objects.confirmed().filter(token=token).prefetch_related("services").first()
    if subscriber is None:
        return _gone(request)
    chosen = {"services": [service.code for service in subscriber.services.all()]}
    form = ServicesForm(request.POST if request.method == "POST" else None, initial=chosen)
    status = 200
    if request.method == "POST":
        status = 200 if form.is_valid() else 422
        if status == 200:
            services.choose(token, form.cleaned_data["services"])
            return _see_other("status_subscription", token=token)
    key = webhooks.shown_key(subscriber) if subscriber.kind == Subscriber.Kind.WEBHOOK else ""
    return _page(request, "subscription", status=status, subscriber=subscriber, form=form, signing_key=key)


@for_everybody
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """A button for people; for mail programs, by RFC 8058, a POST that needs nothing else and no redirect."""
    subscriber = Subscriber.objects.filter(token=token).first()
    if subscriber is None or (request.method == "POST" and not services.unsubscribe(token)):
        return _gone(request)
    if request.method == "POST" or subscriber.ended_at:
        return _page(request, "unsubscribed", subscriber=subscriber)
    return _page(request, "unsubscribe", subscriber=subscriber)


def _refuse(request: HttpRequest, form: EmailForm | WebhookForm) -> int:
    """The status with which the form comes back with what was typed, or 200 when it may go."""
    if not form.is_valid():
        return 422
    if _is_from_elsewhere(request):
        form.add_error(None, FROM_ELSEWHERE)
        return 403
    if limits.is_too_often(request):
        form.add_error(None, TOO_OFTEN)
        return 429
    return 200


def _is_from_elsewhere(request: HttpRequest) -> bool:
    """What a browser says of the page that the form stood on. What is no browser says nothing."""
    if "Sec-Fetch-Site" in request.headers:
        return request.headers["Sec-Fetch-Site"] not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.get_host()


def _gone(request: HttpRequest) -> HttpResponse:
    return _page(request, "gone", status=404)


def _see_other(name: str, **kwargs: str) -> HttpResponse:
    """After a form: reading the page again sends nothing twice."""
    return HttpResponseRedirect(reverse(name, kwargs=kwargs), status=303)


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    """With `desk` of its own: that of the signed-in pages would look who asks."""
    now = timezone.now()
    context |= {"desk": {"now": now}, "now": now}
    return render(request, f"status/subscribers/{name}.html", context, status=status)
