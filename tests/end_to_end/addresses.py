"""Every address of the desk, from its own table, to be filled with whatever a test likes."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern
from django.utils.regex_helper import normalize


def every_route(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """`/incidents/%(reference)s/` and so on, each once."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + form_of(each)
        if isinstance(each, URLResolver):
            yield from every_route(each, route)
        else:
            yield route


def form_of(each: URLPattern | URLResolver) -> str:
    if isinstance(each.pattern, RoutePattern):
        return re.sub(r"<(?:\w+:)?(\w+)>", r"%(\1)s", str(each.pattern))
    form, _ = normalize(each.pattern.regex.pattern)[0]
    return str(form)


def names_in(route: str) -> list[str]:
    return re.findall(r"%\((\w+)\)s", route)


def fill(route: str, values: Mapping[str, object]) -> str:
    """The address with these values in it, quoted as a browser does."""
    return route % {name: quote(str(values[name]), safe="") for name in names_in(route)}
