from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "node_modules/axe-core/axe.min.js"
KEPT = os.environ.get("CALLWARDEN_TEST_SCREENSHOTS", "")
PAGES = ["/people/", "/accounts/login/", "/demo/", "/error/403/", "/nowhere/", "/fault/"]


# Links and buttons that stand alone and are under 24 px. The checker forgives them as long as nothing happens to lie
# near, which depends on the text around them (WCAG 2.2, success criterion 2.5.8).
SMALL = """() => [...document.querySelectorAll('a[href], button, summary, [role=button]')].filter(one => {
    const box = one.getBoundingClientRect();
    if (!one.checkVisibility({visibilityProperty: true}) || !box.width) return false;
    if (box.height >= 24 && box.width >= 24) return false;
    if (getComputedStyle(one).clipPath !== 'none' || box.height <= 1) return false;
    if (getComputedStyle(one, '::after').position === 'absolute') return false;  // reaches over its whole tile
    const around = one.parentElement.textContent.replace(/\\s+/g, '');
    return !(getComputedStyle(one).display === 'inline' && around.length > one.textContent.replace(/\\s+/g, '').length);
}).map(one => `small target, ${one.getBoundingClientRect().height} px high: ${one.outerHTML.slice(0, 200)}`)"""


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, and targets too small by themselves, as readable lines."""
    small: list[str] = page.evaluate(SMALL)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", tags)["violations"]
    return small + [
        f"{one['id']}: {node['target']} {node['failureSummary']}\n{node['html'][:200]}"
        for one in found
        for node in one["nodes"]
    ]


def keep(page: Page, name: str) -> None:
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"{name}.png", full_page=True)


OPPOSITES = [(1280, "light", "en"), (390, "dark", "zh-hans")]
# Each two of width, scheme and language meet.
EVERY_PAIR = [*OPPOSITES, (1280, "dark", "zh-hans"), (390, "light", "zh-hans"), (390, "dark", "en")]


@pytest.mark.parametrize(
    ("path", "width", "scheme", "language"),
    [("/", *way) for way in EVERY_PAIR] + [(path, *way) for path in PAGES for way in OPPOSITES],
)
def test_every_page_is_clean_for_everyone(look, path, width, scheme, language):
    watched = look(width=width, scheme=scheme, language=language)
    page = watched.open(path)
    name = path.strip("/").replace("/", "-") or "gallery"
    keep(page, f"{name}-{width}-{scheme}-{language}")
    assert watched.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "the page scrolls sideways"
    assert not (found := violations(page)), "\n".join(found)


@pytest.mark.parametrize(("width", "scheme", "language"), OPPOSITES)
def test_the_question_for_purpose_and_reason_is_clean_for_everyone(look, width, scheme, language):
    page = look(width=width, scheme=scheme, language=language).open("/people/")
    page.locator("a.reveal-button").first.click()
    page.locator("#dialog[open]").wait_for()
    keep(page, f"reveal-{width}-{scheme}-{language}")
    assert not (found := violations(page)), "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_menus_are_clean_for_everyone(look, width, scheme):
    page = look(width=width, scheme=scheme, language="zh-hans").open("/calls/")
    page.locator("[popovertarget=user-menu]").click()
    keep(page, f"menu-{width}-{scheme}")
    assert not (found := violations(page)), "\n".join(found)
