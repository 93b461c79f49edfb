"""The page between a form and its effect, where a text may name a patient: rewrite it, or send it as it is.

It carries the whole form along, so that nothing typed is lost, and works for every form alike.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from incidents import pid
from incidents.deciding import Suspected, answer_for

ANSWER = "as_it_is"
NOT_CARRIED = ("csrfmiddlewaretoken",)


@dataclass(frozen=True)
class Question:
    """One text, what it may hold, and under which name the form sent it (none: it was put together)."""

    name: str
    label: str
    text: str
    words: str
    marked: SafeString
    answer: str

    @property
    def is_long(self) -> bool:
        return len(self.text) > 80 or "\n" in self.text


def answers(request: HttpRequest) -> frozenset[str]:
    """The texts that this person has looked at twice, of this press and of those before."""
    return frozenset(one for given in request.POST.getlist(ANSWER) for one in given.split(","))


def page(request: HttpRequest, error: Suspected) -> HttpResponse:
    """422: nothing was done yet."""
    by = request.user if isinstance(request.user, User) else None
    questions = [
        _question(request, field, text, findings, by) for field, (text, findings) in error.found.items()
    ]
    asked = {question.name for question in questions if question.name}
    carried = [
        (name, value)
        for name, values in request.POST.lists() if name not in NOT_CARRIED and name not in asked
        for value in values
    ]  # fmt: skip
    context = {
        "questions": questions, "carried": carried, "answer_name": ANSWER, "path": request.get_full_path(),
        "answer": ",".join(question.answer for question in questions),
    }  # fmt: skip
    return render(request, "incidents/asking_twice.html", context, status=422)


def _question(
    request: HttpRequest, field: str, text: str, findings: list[pid.Finding], by: User | None
) -> Question:
    return Question(
        name=_sent_as(request, field, text), label=field.replace("_", " ").capitalize(), text=text,
        words="; ".join(pid.describe(finding) for finding in findings),
        marked=_marked(text, findings), answer=answer_for(by, text),
    )  # fmt: skip


def _sent_as(request: HttpRequest, field: str, text: str) -> str:
    """The name of the control that sent this text: the field's own where that fits, else the only other."""
    wanted = _plain(text)
    fitting = [
        name for name, values in request.POST.lists() if len(values) == 1 and _plain(values[0]) == wanted
    ]
    if field in fitting:
        return field
    return fitting[0] if len(fitting) == 1 else ""


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _marked(text: str, findings: list[pid.Finding]) -> SafeString:
    """The text, with what was found marked."""
    pieces, done = [], 0
    for finding in findings:
        pieces.append((text[done : finding.start], text[finding.start : finding.end]))
        done = finding.end
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[done:])
