"""Notices are written in Markdown; what is drawn is only ever what Markdown can say.

HTML in the text is shown as text, images are not loaded, links go to the web, to a mailbox, a telephone or a section.

Source: CommonMark 0.31 with tables, by markdown-it-py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

_ANCHOR = re.compile(r"[ \t]*\{#([a-z][a-z0-9-]*)\}[ \t]*$")
_GOES_TO: Final = ("https://", "http://", "mailto:", "tel:", "#")
_DEEPEST = 6


def render(text: str, *, base: int = 2, prefix: str = "") -> SafeString:
    """Markdown as HTML that needs no further cleaning.

    Args:
        base: level of the outermost heading; those below follow without a gap, whatever levels the text used.
        prefix: put before the anchors of headings, where two texts stand on one page.
    """
    tokens = _PARSER.parse(text)
    _level(tokens, base)
    _anchor(tokens, prefix)
    return SafeString(_PARSER.renderer.render(tokens, _PARSER.options, {}))


def _level(tokens: Sequence[Token], base: int) -> None:
    """Give headings the levels of an outline: each at most one deeper than the one it stands under."""
    above: list[tuple[int, int]] = []
    for token in tokens:
        if token.type == "heading_open":
            written = int(token.tag[1:])
            while above and above[-1][0] >= written:
                above.pop()
            above.append((written, min(above[-1][1] + 1 if above else base, _DEEPEST)))
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{above[-1][1]}"


def _anchor(tokens: Sequence[Token], prefix: str) -> None:
    for opening, content in pairwise(tokens):
        last = content.children[-1] if opening.type == "heading_open" and content.children else None
        if last and last.type == "text" and (found := _ANCHOR.search(last.content)):
            last.content = last.content[: found.start()]
            opening.attrSet("id", f"{prefix}{found[1]}")


def _link(self: Any, tokens: Sequence[Token], at: int, options: Any, env: Any) -> str:
    token = tokens[at]
    if not str(token.attrGet("href")).startswith("#"):
        token.attrSet("rel", "noopener noreferrer nofollow")
    return str(self.renderToken(tokens, at, options, env))


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["image", "html_block", "html_inline"])
    parser.validateLink = lambda url: url.lower().startswith(_GOES_TO)  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _link)
    return parser


_PARSER: Final = _parser()
