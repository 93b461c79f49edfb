"""What the templates of a report say in words."""

from django import template

from ooh.reports import words

register = template.Library()


@register.filter
def span(seconds: int | None) -> str:
    """`1 h 18 min`; nothing is `0 min`, not known is a dash."""
    return words.span(seconds)


@register.filter
def failure_name(failure: str) -> str:
    return words.failure_name(failure)
