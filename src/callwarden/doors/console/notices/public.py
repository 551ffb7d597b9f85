"""What everybody may read without signing in: the notice of a line, its earlier versions, and the file of its digest.

These pages look at no session and set no cookie, so that any cache may keep them. They show the notice and the names of
line and controller, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.decorators.http import require_safe

from callwarden.custody.models import Line
from callwarden.flows.names import named
from callwarden.kernel.errors import NotFound
from callwarden.lawful.notices import queries
from callwarden.lawful.notices.documents import document, text_digest
from callwarden.lawful.notices.markdown import render as rendered
from callwarden.lawful.notices.models import Notice
from callwarden.lawful.notices.sections import HEADINGS, Section, split

FRESH_SECONDS: Final = 300
LASTING_SECONDS: Final = 86_400
LANGUAGES: Final = (("en", "en", "English"), ("zh-hans", "zh-Hans", "中文"))
View = Callable[..., HttpResponse]


def spoken_here(view: View) -> View:
    """Answer in the language of the address (`?language=`), else the one the browser prefers; never by a cookie."""

    @wraps(view)
    def answer(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        language = _language(request)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response["Content-Language"] = dict((code, tag) for code, tag, _name in LANGUAGES)[language]
        patch_vary_headers(response, ("Accept-Language",))
        return response

    return answer


def _language(request: HttpRequest) -> str:
    codes = [code for code, _tag, _name in LANGUAGES]
    if (asked := request.GET.get("language", "")) in codes:
        return asked
    for wanted, _weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        for code in codes:
            if wanted.split("-")[0] == code.split("-")[0]:
                return code
    return "zh-hans"


@login_not_required
@require_safe
@spoken_here
def privacy(request: HttpRequest, line: str) -> HttpResponse:
    """What callers of this line are told now."""
    one = _line(line)
    return _page(request, line, one, queries.told(one), lasting=False)


@login_not_required
@require_safe
@spoken_here
def version(request: HttpRequest, line: str, version: str) -> HttpResponse:
    """One version, in force or superseded. A draft was told to nobody and is found by nobody."""
    one = _line(line)
    return _page(request, line, one, _version(one, version), lasting=True)


@login_not_required
@require_safe
def file(request: HttpRequest, line: str, version: str) -> HttpResponse:
    """The bytes behind the digest, to be checked with `sha256sum`."""
    notice = _version(_line(line), version)
    answer = HttpResponse(document(notice), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{line}-{notice.version}.json"'
    answer["Cache-Control"] = f"public, max-age={LASTING_SECONDS}"
    return answer


def _line(name: str) -> Line:
    line = queries.public_line(name)
    if line is None:
        raise _nothing()
    return line


def _version(line: Line, version: str) -> Notice:
    notice = queries.once_told(line).filter(version=version).first()
    if notice is None:
        raise _nothing()
    return notice


def _nothing() -> NotFound:
    return NotFound("no_such_public_notice", translation.gettext("There is no published notice at this address."))


def _page(request: HttpRequest, name: str, line: Line, notice: Notice | None, *, lasting: bool) -> HttpResponse:
    if notice is None:
        raise _nothing()
    language = translation.get_language() or "zh-hans"
    told = queries.told(line)
    history = list(queries.once_told(line))
    digest = text_digest(notice).hex()
    # The page names the versions that came after, so it changes when one comes, though its text never does.
    tag = f'"{digest[:32]}-{language}-{len(history)}"'
    answer: HttpResponse
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponseNotModified()
    else:
        answer = render(request, "console/notices/public.html", _shown(name, line, notice, told, history, digest))
    answer["ETag"] = tag
    answer["Cache-Control"] = f"public, max-age={LASTING_SECONDS if lasting and notice != told else FRESH_SECONDS}"
    return answer


def _controller(line: Line) -> str:
    """Whoever answers for the data, as the notice names them."""
    client = line.client
    if not client.controller:
        return named(client)
    chinese = (translation.get_language() or "").startswith("zh")
    return (client.controller_zh or client.controller) if chinese else client.controller


def _shown(
    name: str, line: Line, notice: Notice, told: Notice | None, history: list[Notice], digest: str
) -> dict[str, object]:
    language = "zh" if (translation.get_language() or "").startswith("zh") else "en"
    text = getattr(notice, f"text_{language}")
    there = split(text)
    return {
        "name": name,
        "line": line,
        "title": named(line),
        "controller": _controller(line),
        "notice": notice,
        "told": told,
        "text": rendered(text),
        "contents": [(section.value, HEADINGS[language][section]) for section in Section if section.value in there],
        "script": getattr(notice, f"script_{language}"),
        "history": history,
        "digest": digest,
        "digest_groups": [digest[at : at + 8] for at in range(0, len(digest), 8)],
        "languages": LANGUAGES,
        "tag": dict((code, tag) for code, tag, _name in LANGUAGES)[translation.get_language() or "zh-hans"],
    }
