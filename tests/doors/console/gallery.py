"""Every component on one page, with made-up data. Served only by the tests; addresses stand in for pages to come."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import soundfile
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import include, path
from django.utils import timezone

from callwarden.doors.console import components as c
from callwarden.doors.console import listing
from callwarden.doors.console.shell import Scope
from callwarden.doors.console.urls import urlpatterns as console_patterns

SECONDS = 96
RATE = 8000
MORNING = datetime(2026, 3, 9, 1, 24, tzinfo=UTC)
DIGEST = "7f3a19c04be2d5567f3a19c04be2d5567f3a19c04be2d5567f3a19c04be2d556"

COLUMNS = (
    listing.Column("at", "Time", sortable=True),
    listing.Column("call", "Call"),
    listing.Column("line", "Line", sortable=True),
    listing.Column("caller", "Caller"),
    listing.Column("length", "Length", sortable=True, end=True),
    listing.Column("state", "State", sortable=True),
)
FILTERS = (
    listing.Filter("q", "Words", kind="search", placeholder="投诉, refund"),
    listing.Filter("line", "Line", options=(c.Option("zh", "客户服务"), c.Option("en", "Card payments"))),
    listing.Filter("state", "State", options=(c.Option("redacted", "Redacted"), c.Option("refused", "Refused"))),
    listing.Filter("since", "Since", kind="date"),
)


def signed_in(request: HttpRequest) -> None:
    """A person for the frame, without a database."""
    request.user = SimpleNamespace(
        is_authenticated=True,
        roles=("data_protection_officer", "team_leader"),
        get_full_name=lambda: "林若溪 Lin Ruoxi",
        time_zone="",
    )
    request.session_ends_at = timezone.now() + timedelta(hours=3)
    request.console_scope = Scope(
        "示例银行 · 全部线路", (c.Option("all", "示例银行", "全部线路"), c.Option("zh", "客户服务", "4 条线路")), "all"
    )


def table_for(
    request: HttpRequest, *, name: str = "calls", caption: str = "Calls", count: int = 6, private: bool = False
) -> listing.Table:
    query = listing.ListQuery.read(request, COLUMNS, FILTERS, sort="-at")
    states = ("redacted", "redacting", "quarantined", "refused", "held", "destroyed")
    rows = [
        c.Row(
            (
                MORNING + timedelta(minutes=17 * n),
                c.Link(f"CW-2026-{4100 + n}", "/calls/1/", "呼入" if n % 2 else "Outbound", "phone-incoming"),
                "客户服务" if n % 2 else "Card payments",
                c.Masked("138 •••• 56" + f"{n:02}", "Phone number", "/reveal/"),
                c.Duration(125 + 41 * n),
                c.Badge.of(states[n % len(states)]),
            )
        )
        for n in range(count)
    ]
    empty = c.Empty(
        "No calls yet",
        "Put recordings into the watched folder, or import one.",
        "phone",
        c.Action("Import", "/imports/", "upload", "primary"),
    )
    return listing.Table(
        name,
        caption,
        COLUMNS,
        rows,
        query,
        143 if count else 0,
        empty,
        filters=FILTERS,
        export_href="/reveal/",
        private=private,
    )


def transcript() -> c.Transcript:
    return c.Transcript(
        (
            c.Turn("system", 0.0, 6.2, (c.Words("您好,本次通话将被录音,用于服务质量与争议处理。同意请按 1。"),)),
            c.Turn("customer", 6.4, 7.9, (c.Removed("DTMF"),)),
            c.Turn("agent", 8.3, 13.0, (c.Words("您好,这里是客户服务,请问怎么称呼您?"),)),
            c.Turn(
                "customer",
                13.4,
                24.9,
                (
                    c.Words("我姓"),
                    c.Removed("PERSON"),
                    c.Words(",我要"),
                    c.Words("投诉", found=True),
                    c.Words(",手机号是"),
                    c.Removed("PHONE"),
                    c.Words(",身份证"),
                    c.Removed("CN_RIC"),
                    c.Words("。"),
                ),
            ),
            c.Turn("agent", 25.1, 31.0, (c.Words("好的,我为您核对,请稍等。Could you confirm the last order?"),)),
            c.Turn("customer", 31.4, 40.0, (c.Words("Yes, "), c.Removed("ORDER_NO"), c.Words(" – thank you."))),
        ),
        language="zh-Hans",
    )


def trail() -> c.Trail:
    proof = c.Proof(40217, "callwarden-demo/1 entry 40217 root 9mZ1…", "/proof/")
    return c.Trail(
        (
            c.TrailEntry(
                MORNING,
                "周岚 · Quality reviewer",
                "Listened to 0:31–0:52",
                "投诉处理 · QA sample week 10",
                "headset",
                "info",
                proof,
            ),
            c.TrailEntry(
                MORNING - timedelta(minutes=8),
                "林若溪 · Data protection officer",
                "Revealed phone number for 30 s",
                "Answering request R-118 of the caller",
                "eye",
                "seal",
                proof,
            ),
            c.TrailEntry(
                MORNING - timedelta(hours=2),
                "Program",
                "Redacted: 7 spans, 2 of keypad tones",
                "",
                "shield-check",
                "pass",
            ),
            c.TrailEntry(
                MORNING - timedelta(hours=2, minutes=1), "Gate", "Refused for marketing: no consent", "", "ban", "fail"
            ),
        )
    )


def reveal_form(**changes: object) -> c.RevealForm:
    given: dict[str, object] = {
        "href": "/reveal/",
        "fields": ("Phone number", "Name"),
        "purposes": (c.Option("complaint", "投诉处理 Complaint"), c.Option("fraud", "Fraud check")),
        "seconds": 30,
        "step_up": True,
        "back_href": "/",
        "target": "#masked-demo",
    }
    return c.RevealForm(**{**given, **changes})


def approval(state: str, **changes: object) -> c.ApprovalCard:
    given: dict[str, object] = {
        "id": state,
        "title": "Destroy the retention bucket 2025-W36 of line 客户服务",
        "state": state,
        "asked_by": "林若溪",
        "asked_at": MORNING,
        "reason": "Retention of 180 days ended; no holds.",
        "digest": DIGEST,
        "expires_at": timezone.now() + timedelta(hours=2, minutes=11),
        "facts": (
            c.Fact("Records", 18241),
            c.Fact("On hold", 0),
            c.Fact("Cannot be undone", c.Badge("Final", "fail", "flame")),
        ),
        "voices": (
            c.Voice("Data protection officer", "林若溪", "approved", MORNING),
            c.Voice("Security administrator"),
        ),
    }
    return c.ApprovalCard(**{**given, **changes})


def gallery(request: HttpRequest) -> HttpResponse:
    signed_in(request)
    messages.success(request, "The hold was placed on 3 records.")
    messages.warning(request, "No checkpoint has left this host for 9 minutes.")
    now = timezone.now()
    context = {
        "counts": {"approvals": 3, "findings": 1},
        "crumbs": (c.Crumb("Calls", "/calls/"), c.Crumb("客户服务", "/calls/?line=zh"), c.Crumb("CW-2026-4101")),
        "actions": (
            c.Action("Place a hold", "/hold/", "gavel", method="post"),
            c.Action("Play the original", "/reveal/", "eye", "seal", dialog=True),
        ),
        "badge": c.Badge.of("redacted"),
        "tiles": (
            c.Tile("Calls admitted today", "", 1284, "37 refused, 12 in quarantine", "/calls/"),
            c.Tile("Consent before recording", "pass", "100 %", "Checked 4 minutes ago", "/lawful/"),
            c.Tile("Requests answered in time", "fail", "94 %", "2 are overdue", "/lawful/"),
            c.Tile("Restore drill", "not_measured", "", "Never run on this site", "/protection/"),
            c.Tile("Partner sharing", "not_applicable", "", "No partner has access", "/partners/"),
        ),
        "facts": c.Facts(
            (
                c.Fact("Caller", c.Masked("王 *", "Name", "/reveal/")),
                c.Fact("Phone", c.Masked("138 •••• 5678", "Phone number", "/reveal/")),
                c.Fact("Identity number", c.Masked("11 •••••••••••• 3X", "Resident identity number")),
                c.Fact("Consent", c.Badge.of("given")),
                c.Fact("Kept until", now + timedelta(days=180)),
                c.Fact("Note", None),
            )
        ),
        "revealed": c.Revealed("138 0013 5678", "Phone number", now + timedelta(seconds=24), 30, "/masked/"),
        "countdowns": (c.Countdown(now + timedelta(minutes=14), 900, "Answer within"), c.Countdown(now, 0, "Due")),
        "states": [
            c.Badge.of(name)
            for name in (
                "pass",
                "fail",
                "not_measured",
                "not_applicable",
                "quarantined",
                "held",
                "unknown",
                "running",
                "closed",
            )
        ],
        "player": c.Player(
            "/audio/",
            "/peaks/",
            float(SECONDS),
            quiet=(c.Quiet(6.4, 7.9, "DTMF", 1), c.Quiet(17.0, 21.5, "PHONE", 1), c.Quiet(60.0, 66.0, "CARD_PAN")),
            title="CW-2026-4101",
        ),
        "transcript": transcript(),
        "trail": trail(),
        "approvals": (
            approval("waiting", decide_href="/approve/"),
            approval("rejected", why_not="You asked for this, so someone else decides."),
        ),
        "difference": c.Difference(
            (
                c.Change("Quality reviewer · play · redacted", "allowed", "allowed within 90 days"),
                c.Change("Partner · read · phone", "allowed", ""),
                c.Change("Agent · read · order history", "", "allowed during the call"),
            ),
            "Policy change",
        ),
        "progress": (
            c.Progress(
                "import-1",
                "Import of 2026-03-09",
                128,
                200,
                counts=(c.Fact("Admitted", 119), c.Fact("Refused", 6), c.Fact("Set aside", 3)),
                href="/progress/",
            ),
            c.Progress("import-2", "Import of 2026-03-08", 200, 200, "done"),
            c.Progress("import-3", "Counting", 12, None),
        ),
        "empty": c.Empty("Nothing waits for you", "Requests that need a second person appear here.", "checkbox"),
    }
    table = table_for(request)
    context["none"] = table_for(request, name="none", caption="No calls", count=0)
    return listing.render_list(request, "gallery.html", table, context)


def private_list(request: HttpRequest) -> HttpResponse:
    signed_in(request)
    return listing.render_list(request, "gallery_list.html", table_for(request, name="people", private=True))


def reveal(request: HttpRequest) -> HttpResponse:
    signed_in(request)
    if request.method == "POST" and request.POST.get("purpose"):
        shown = c.Revealed("138 0013 5678", "Phone number", timezone.now() + timedelta(seconds=3), 3, "/masked/")
        response = render(request, "console/components/revealed.html", {"it": shown})
        response["HX-Trigger"] = "callwarden:close-dialog"
        return response
    errors = ("Choose a purpose.",) if request.method == "POST" else ()
    response = render(request, "console/components/reveal_form.html", {"it": reveal_form(errors=errors)})
    response.status_code = 422 if errors else 200
    return response


def masked(request: HttpRequest) -> HttpResponse:
    it = c.Masked("138 •••• 5678", "Phone number", "/reveal/")
    return render(request, "console/components/masked.html", {"it": it})


def progress(request: HttpRequest) -> HttpResponse:
    it = c.Progress("import-1", "Import of 2026-03-09", 200, 200, "done")
    return render(request, "console/components/progress.html", {"it": it})


def samples() -> np.ndarray:
    """Two parties taking turns: band-limited noise under slow envelopes, (frames, 2) in -1..1."""
    rng = np.random.default_rng(7)
    seconds = np.arange(SECONDS * RATE) / RATE
    turns = np.sin(2 * np.pi * seconds / 19) > 0
    syllables = np.abs(np.sin(2 * np.pi * seconds * 1.7)) * (0.35 + 0.65 * np.abs(np.sin(seconds * 0.31)))
    voice = rng.normal(0, 0.22, (len(seconds), 2))
    return np.clip(voice * np.stack([turns * syllables, ~turns * syllables], axis=1), -1, 1)


def peaks(request: HttpRequest) -> JsonResponse:
    blocks = samples().reshape(-1, RATE // 5, 2)
    return JsonResponse({"channels": np.abs(blocks).max(axis=1).T.round(3).tolist()})


asked_ranges: list[str] = []


def audio(request: HttpRequest) -> HttpResponse:
    """A FLAC served by ranges; remembers what was asked."""
    buffer = io.BytesIO()
    soundfile.write(buffer, samples(), RATE, format="FLAC")
    data = buffer.getvalue()
    asked = request.headers.get("Range", "")
    asked_ranges.append(asked)
    if not asked.startswith("bytes="):
        return FileResponse(io.BytesIO(data), content_type="audio/flac", headers={"Accept-Ranges": "bytes"})
    first, _dash, last = asked.removeprefix("bytes=").partition("-")
    start, end = int(first), min(int(last) if last else len(data) - 1, len(data) - 1)
    return HttpResponse(
        data[start : end + 1],
        status=206,
        content_type="audio/flac",
        headers={"Content-Range": f"bytes {start}-{end}/{len(data)}", "Accept-Ranges": "bytes"},
    )


def stand_in(request: HttpRequest) -> HttpResponse:
    signed_in(request)
    return render(request, "gallery_page.html")


def fault(request: HttpRequest) -> HttpResponse:
    raise RuntimeError


def page(template: str, status: int):
    return lambda request: render(request, template, status=status)


PLACES = "overview calls customers search approvals findings lawful protection control partners audit imports settings"

urlpatterns = [
    # Before the console's own pages: those need a database and a person signed in.
    path("", gallery, name="gallery"),
    path("people/", private_list),
    path("reveal/", reveal),
    path("masked/", masked),
    path("progress/", progress),
    path("peaks/", peaks),
    path("audio/", audio),
    path("fault/", fault),
    path("error/400/", page("400.html", 400)),
    path("error/403/", page("403.html", 403)),
    path("error/503/", page("503.html", 503)),
    path("error/locked/", page("account/locked_out.html", 429)),
    path("accounts/", include("allauth.urls")),
    path(
        "",
        include(
            (
                [
                    *(path(f"{name}/", stand_in, name=name) for name in PLACES.split()),
                    path("scope/", stand_in, name="set_scope"),
                    *console_patterns,
                ],
                "console",
            )
        ),
    ),
]
