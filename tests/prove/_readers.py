"""Those who open personal data over HTTP without pause, and count every answer in which they got some.

`Program` looks customers up with a key; `Leader` is a person at the console who opens calls, has values revealed, plays
recordings and searches. Each keeps, by the event that must be on record for it, from when to when it asked.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from datetime import UTC, datetime
from urllib.parse import urlencode

from tests.prove._running import Running

CUSTOMERS = tuple(f"C-200{number}" for number in range(1, 4))
VIEW, REVEAL, PLAY = "disclose:record:view_masked", "disclose:record:reveal", "disclose:record:play_redacted"
PURPOSE = "complaint_handling"
_TOKEN = "t" * 32  # of a form: the same in cookie and header, as a browser sends it
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Reader(ABC):
    """One who reads until told to stop.

    Attributes:
        shown: event -> how many answers held data that must not leave without it.
        answers: from when to when each of these was asked for.
        other: what else came back: a status, or the kind of a failure.
    """

    def __init__(self, site: Running, seed: int) -> None:
        self.shown: Counter[str] = Counter()
        self.answers: list[tuple[str, datetime, datetime]] = []
        self.other: Counter[str] = Counter()
        self._site, self._stop = site, threading.Event()
        self._chance = random.Random(seed)
        self.thread = threading.Thread(target=self._work, daemon=True)

    @abstractmethod
    def known_as(self) -> tuple[str, str]:
        """Under which name and in which session the log has this reader."""

    def got(self, event: str, asked_at: datetime) -> None:
        """An answer came that held data; it was asked for at this moment."""
        self.answers.append((event, asked_at, datetime.now(UTC)))
        self.shown[event] += 1

    @abstractmethod
    def _read(self) -> None:
        """Ask for something once."""

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self._site.port, timeout=30)
        line.request(method, path, body.encode() or None, headers)
        answer = line.getresponse()
        content = answer.read()
        line.close()
        return answer, content

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._read()
            except (OSError, http.client.HTTPException) as error:
                self.other[type(error).__name__] += 1
                self._stop.wait(0.1)

    def stop(self) -> None:
        self._stop.set()
        self.thread.join(60)


class Program(Reader):
    """A program with a key of its own that looks customers up."""

    def __init__(self, site: Running, number: int, seed: int) -> None:
        super().__init__(site, seed + number)
        made = site.command(
            "service-key", "create", f"reader-{number}", "--owner", "jiang.mingche", "--scope", "customers"
        )
        self._key = made.stdout.split()[-1]

    def known_as(self) -> tuple[str, str]:
        keys = dict(self._site.sql("SELECT prefix, 'service:' || id FROM protection_servicekey"))
        (actor,) = (actor for prefix, actor in keys.items() if prefix in self._key)
        return str(actor), ""

    def _read(self) -> None:
        asked_at = datetime.now(UTC)
        number = self._chance.choice(CUSTOMERS)
        path = f"/api/v1/customers/{number}?purpose=service"
        answer, body = self.ask("GET", path, Authorization=f"Bearer {self._key}")
        if answer.status == 200 and json.loads(body)["fields"]:
            self.got(VIEW, asked_at)
        else:
            self.other[str(answer.status)] += 1


class Leader(Reader):
    """A team leader of the demonstration who looks into complaints: call, values in clear, recordings."""

    def __init__(self, site: Running, seed: int) -> None:
        super().__init__(site, seed)
        deadline = time.monotonic() + 120
        while not (calls := self._sign_in()):
            if time.monotonic() > deadline:
                raise RuntimeError("the team leader finds no call")
            time.sleep(1)
        self._calls = calls
        # Two leaders are one account of the demonstration, each in a session of their own; this one is the newest.
        ((actor, session),) = site.sql(
            "SELECT pseudonym::text, kernel_session.id::text"
            " FROM kernel_session JOIN kernel_user ON kernel_user.id = user_id"
            " WHERE 'team_leader' = ANY(roles) ORDER BY kernel_session.created_at DESC LIMIT 1"
        )
        self._known_as = str(actor), str(session)

    def known_as(self) -> tuple[str, str]:
        return self._known_as

    def _sign_in(self) -> list[str]:
        """Come in by the demonstration's link, and see which calls there are."""
        _answer, page = self.ask("GET", "/demo/", Cookie="django_language=en")
        roles = {label: link for link, label in re.findall(r'href="(/demo/[^"]+)".*?<strong>([^<]+)<', page.decode())}
        link = roles["Team leader"]
        answer, _page = self.ask("GET", link)
        cookies = [text.partition(";")[0] for text in answer.headers.get_all("Set-Cookie") or []]
        self._cookie = "; ".join([*(one for one in cookies if not one.startswith("csrftoken")), f"csrftoken={_TOKEN}"])
        _answer, page = self.ask("GET", "/calls/", Cookie=self._cookie)
        return sorted(set(re.findall(rf"/calls/({_UUID})/", page.decode())))

    def _read(self) -> None:
        call, asked_at = self._chance.choice(self._calls), datetime.now(UTC)
        answer, page = self.ask("GET", f"/calls/{call}/?purpose={PURPOSE}", Cookie=self._cookie)
        if answer.status != 200:
            self.other[f"call {answer.status}"] += 1
            return
        self.got(VIEW, asked_at)
        hrefs = sorted(set(re.findall(rf'"(/reveal/{_UUID}/phone/[^"]*)"', page.decode().replace("&amp;", "&"))))
        if hrefs:
            self._reveal(self._chance.choice(hrefs))
        self._play(call)

    def _reveal(self, href: str) -> None:
        asked_at = datetime.now(UTC)
        answer, page = self.ask(
            "POST",
            href,
            urlencode({"purpose": PURPOSE, "reason": "The caller disputes the delivery."}),
            **{
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": self._cookie,
                "X-CSRFToken": _TOKEN,
                "Origin": f"http://127.0.0.1:{self._site.port}",
                "HX-Request": "true",
            },
        )
        if answer.status == 200 and b"revealed-value" in page:
            self.got(REVEAL, asked_at)
        else:
            self.other[f"reveal {answer.status}"] += 1

    def _play(self, call: str) -> None:
        asked_at = datetime.now(UTC)
        answer, _page = self.ask("GET", f"/calls/{call}/listen/?purpose={PURPOSE}", Cookie=self._cookie)
        place = answer.headers.get("Location", "")
        if answer.status != 302 or "/audio/" not in place:
            self.other[f"listen {answer.status}"] += 1
            return
        answer, sound = self.ask("GET", place, Cookie=self._cookie, Range="bytes=0-65535")
        if answer.status == 206 and len(sound) > 44:
            self.got(PLAY, asked_at)
        else:
            self.other[f"sound {answer.status}"] += 1
