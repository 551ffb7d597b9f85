"""People who click and type at random, personal values into every field that takes text, whatever it is meant for."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from tests.doors.console.centre.conftest import SignedIn

SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "远舟明澈芷兰景行若水思齐云帆"
# Never left by a click: it would end the visit.
_AWAY = ("/accounts/logout", "/sign-out", "/demo", "/static/")
_TEXTS = {"text", "search", "tel", "email", "textarea", "password", "url"}


@dataclass
class Form:
    action: str
    method: str
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """Links and forms of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.links += [told[name] for name in ("href", "hx-get") if tag in {"a", "button", "div"} and told.get(name)]
        if tag == "form":
            self.forms.append(Form(told.get("action") or told.get("hx-post", ""), told.get("method", "get").lower()))
        elif self.forms and tag in {"input", "textarea", "select", "button"} and told.get("name"):
            kind = told.get("type", "text") if tag == "input" else tag
            if tag == "select":
                self._select = told["name"]
                self.forms[-1].choices.setdefault(told["name"], [])
            else:
                self.forms[-1].fields.append((told["name"], kind, told.get("value", "")))
        elif tag == "option" and self.forms and self._select:
            self.forms[-1].choices.setdefault(self._select, []).append(told.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


class Visitor:
    """One signed-in person. `typed` is everything personal they have typed anywhere."""

    def __init__(self, role: str, known: list[str], seed: int) -> None:
        self.visit, self.known, self.typed = SignedIn(role), known, set[str]()
        self._chance = random.Random(seed)
        self._open: list[str] = ["/"]
        self.statuses: list[int] = []

    def value(self) -> str:
        """Somebody the centre knows, or somebody it has never heard of."""
        chance = self._chance
        if chance.random() < 0.5:
            made = chance.choice(self.known)
        elif chance.random() < 0.5:
            made = f"1{chance.choice('3578')}{chance.randrange(10**9):09d}"
        else:
            made = chance.choice(SURNAMES) + "".join(chance.sample(GIVEN, 2))
        self.typed.add(made)
        return made

    def step(self) -> None:
        """Open a page, or come back to the first where none is left; then perhaps fill in one of its forms."""
        if len(self._open) > 400:
            self._open = self._chance.sample(self._open, 100)
        path = self._open.pop(self._chance.randrange(len(self._open))) if self._open else "/"
        answer = self.visit.get(path)
        self.statuses.append(answer.status_code)
        if answer.status_code in {301, 302}:
            self._follow(path, [answer["Location"]])
            return
        if answer.status_code != 200 or "html" not in answer.headers.get("Content-Type", ""):
            self._drain(answer)
            return
        page = Page(answer.content.decode())
        self._follow(path, page.links)
        if page.forms:
            self._fill(path, self._chance.choice(page.forms))

    def _follow(self, path: str, links: list[str]) -> None:
        for link in links:
            to = urlsplit(urljoin(path, link))
            if not to.netloc and to.path.startswith("/") and not to.path.startswith(_AWAY):
                self._open.append(to.path + (f"?{to.query}" if to.query else ""))

    def _fill(self, path: str, form: Form) -> None:
        action = urlsplit(urljoin(path, form.action or path)).path
        if action.startswith(_AWAY):
            return
        filled = {name: self._answer(kind, value) for name, kind, value in form.fields}
        filled |= {name: self._chance.choice(values) for name, values in form.choices.items() if values}
        ask = self.visit.post if form.method == "post" else self.visit.get
        answer = ask(action, filled)
        self.statuses.append(answer.status_code)
        self._drain(answer)

    def _answer(self, kind: str, value: str) -> str:
        if kind in _TEXTS:
            # Several in one field, as people write: a reason names who it is about.
            return " ".join(self.value() for _ in range(self._chance.choice((1, 1, 2))))
        return value or ("5" if kind == "number" else "2026-11-01" if kind == "date" else "on")

    @staticmethod
    def _drain(answer: object) -> None:
        if getattr(answer, "streaming", False):
            for _piece in answer.streaming_content:  # type: ignore[attr-defined]
                pass
