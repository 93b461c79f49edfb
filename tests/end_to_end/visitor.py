"""A browser without scripts: opens pages of a running desk, fills in their forms, and sends them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import ClassVar
from urllib.parse import urljoin

import httpx2 as httpx


@dataclass
class Form:
    """A form as it stands on a page, with what it would send."""

    action: str = ""
    method: str = "get"
    values: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str, str]] = field(default_factory=list)  # words, name, value, formaction


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._form: Form | None = None
        self._select = self._area = self._button = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "style", "template"):
            self._hidden += 1
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        form, name = self._form, given.get("name", "")
        assert form is not None
        kind = given.get("type", "text")
        if tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in given):
            form.values[name] = given.get("value", "on" if kind == "checkbox" else "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and ("selected" in given or self._select not in form.values):
            form.values[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._area, form.values[name] = name, ""
        elif tag == "button":
            form.buttons.append(("", name, given.get("value", ""), given.get("formaction", "")))
            self._button = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style", "template"):
            self._hidden -= 1
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None
        elif tag == "button":
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.values[self._area] += data
        elif self._button and self._form is not None and self._form.buttons:
            words, *rest = self._form.buttons[-1]
            self._form.buttons[-1] = ((words + data).strip(), *rest)  # type: ignore[assignment]
        if not self._hidden and data.strip():
            self.text.append(data.strip())


def forms_in(html: str) -> list[Form]:
    """The forms of a page, as they stand on it."""
    parsed = _Forms()
    parsed.feed(html)
    return parsed.forms


class Visitor:
    """Somebody at a screen. `page` is the text that they see, `url` where they are."""

    clients: "ClassVar[list[httpx.Client]]" = []

    def __init__(self, base: str) -> None:
        self.client = httpx.Client(base_url=base, follow_redirects=True, timeout=30)
        self.clients.append(self.client)
        self.url, self.page, self.source, self.status = "", "", "", 0
        self.forms: list[Form] = []

    @classmethod
    def close_all(cls) -> None:
        """Everybody closes their browser; else each connection is a warning."""
        while cls.clients:
            cls.clients.pop().close()

    def open(self, address: str) -> "Visitor":
        return self._see(self.client.get(urljoin(self.url or "/", address)))

    def sign_in(self, email: str, password: str) -> "Visitor":
        self.open("/sign-in/")
        self.press("Sign in", username=email, password=password)
        assert "/sign-in/" not in self.url, self.page
        return self

    def press(self, words: str, **values: str) -> "Visitor":
        """Fill in the form that has this button, and press it."""
        for form in self.forms:
            for label, name, value, formaction in form.buttons:
                if label.startswith(words):
                    sent = form.values | values | ({name: value} if name else {})
                    target = urljoin(self.url, formaction or form.action or self.url)
                    return self._send(form, target, sent)
        raise AssertionError(f"No button {words!r} on {self.url}: {[f.buttons for f in self.forms]}")

    def offers(self, words: str) -> bool:
        return any(label.startswith(words) for form in self.forms for label, *_ in form.buttons)

    def _send(self, form: Form, target: str, sent: dict[str, str]) -> "Visitor":
        if form.method == "get":
            return self._see(self.client.get(target, params=sent))
        return self._see(self.client.post(target, data=sent, headers={"Referer": self.url}))

    def _see(self, answer: httpx.Response) -> "Visitor":
        parsed = _Forms()
        parsed.feed(answer.text)
        self.url, self.status, self.forms = str(answer.url), answer.status_code, parsed.forms
        self.page, self.source = " ".join(parsed.text), answer.text
        return self
