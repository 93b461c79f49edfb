"""To the organisation's provider and back."""

import hmac
import logging
import time

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.sign_in import halfway, oidc, provider_people, providers, sessions
from accounts.sign_in.middleware import locked_user
from accounts.sign_in.providers import Provider
from accounts.sign_in.views import refused

logger = logging.getLogger(__name__)
QUESTION = "oidc_question"
FOR = 600  # seconds
NOT_DONE = (
    "Your organisation’s sign-in did not come to an end. Try again; if it stays so, ring your duty lead."
)
NOT_HERE = "Your organisation signed you in, but your access to the desk has ended. Ring your duty lead."


@never_cache
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Off to the provider; with `again` to prove once more who it is."""
    provider = _provider(slug)
    target = halfway.safe(request, request.GET.get("next", ""))
    question = oidc.Question.new(provider, target, is_again=request.GET.get("again") == "1")
    try:
        address = oidc.address(provider, question, _back(provider))
    except oidc.Refused as error:
        return _sorry(request, provider, error)
    request.session[QUESTION] = question.kept()
    return redirect(address)


@never_cache
def back(request: HttpRequest, slug: str) -> HttpResponse:
    """The browser came back. Each question has one answer, in the browser that asked it."""
    provider = _provider(slug)
    kept = request.session.pop(QUESTION, None)
    question = oidc.Question(**kept) if kept else None
    if question is None or question.slug != slug or time.time() - question.asked_at > FOR:
        return _sorry(request, provider, oidc.Refused("An answer to no question"))
    if not hmac.compare_digest(request.GET.get("state", "").encode(), question.state.encode()):
        return _sorry(request, provider, oidc.Refused("An answer to another question"))
    try:
        claims = oidc.claims(provider, question, request.GET.get("code", ""), _back(provider))
    except oidc.Refused as error:
        return _sorry(request, provider, error)
    if not provider.proved(claims):
        return _sorry(request, provider, oidc.Refused("The second factor is not told of"))
    person = provider_people.person_for(provider, claims)
    if person is None:
        messages.error(request, NOT_HERE)
        return redirect("sign_in")
    return _arrive(request, question, person)


def _arrive(request: HttpRequest, question: oidc.Question, person: User) -> HttpResponse:
    """In; or unlocked, where it is the same person. Somebody else gets a session of their own."""
    if locked_user(request) == person or (question.is_again and request.user == person):
        if question.is_again:
            sessions.unlock(request, person)
        return redirect(halfway.safe(request, question.next_url))
    request.session[halfway.HALFWAY] = {"next": question.next_url}
    return halfway.arrive(request, person, factor=sessions.PROVIDER)


def _provider(slug: str) -> Provider:
    provider = providers.by_slug(slug)
    if provider is None:
        raise Http404
    return provider


def _back(provider: Provider) -> str:
    return f"{settings.PUBLIC_URL}{reverse('provider_back', kwargs={'slug': provider.slug})}"


def _sorry(request: HttpRequest, provider: Provider, error: oidc.Refused) -> HttpResponse:
    logger.warning("Sign-in with %s: %s", provider.slug, error)
    refused(request, None)
    messages.error(request, NOT_DONE)
    return redirect("sign_in")
