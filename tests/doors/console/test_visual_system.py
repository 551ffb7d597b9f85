"""What can be checked of the visual system without a browser: contrast, icons, inline code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import callwarden.doors.console as console
from callwarden.doors.console.demo import ERRANDS
from callwarden.doors.console.labels import STATES
from callwarden.doors.console.navigation import MAP

ROOT = Path(console.__file__).parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TOKENS = (ROOT / "static/console/tokens.css").read_text(encoding="utf-8")

TEXT_ON = [
    ("ink", "ground"), ("ink", "surface"), ("ink", "raised"), ("ink", "hover"),
    ("ink-soft", "ground"), ("ink-soft", "raised"), ("ink-soft", "sunken"),
    ("ink-faint", "ground"), ("ink-faint", "surface"), ("ink-faint", "raised"), ("ink-faint", "hover"),
    ("brand", "surface"), ("brand", "ground"), ("brand", "brand-soft"), ("brand", "hover"),
    ("on-brand", "brand-fill"), ("on-brand", "brand-fill-hover"), ("on-brand", "seal-fill"),
    ("seal", "seal-soft"), ("pass", "pass-soft"), ("fail", "fail-soft"), ("fail", "surface"), ("warn", "warn-soft"),
    ("info", "info-soft"), ("neutral", "neutral-soft"), ("neutral", "raised"), ("ink", "pass-soft"),
    ("ink", "fail-soft"), ("ink", "warn-soft"), ("ink", "info-soft"), ("ink", "seal-soft"),
    ("agent", "surface"), ("agent", "agent-soft"),
    ("customer", "surface"), ("customer", "customer-soft"), ("on-redacted", "redacted"),
    ("rail-ink", "rail"), ("rail-faint", "rail"), ("rail-ink", "rail-active"),
]  # fmt: skip
SHAPES_ON = [
    ("line-strong", "surface"), ("line-strong", "raised"), ("agent", "raised"), ("customer", "raised"),
    ("seal", "raised"), ("focus", "ground"), ("focus", "surface"), ("rail-mark", "rail-active"),
]  # fmt: skip


def colour(token: str, scheme: str) -> tuple[float, ...]:
    value = re.search(rf"--cw-{token}: (?:light-dark\((#\w+), (#\w+)\)|(#\w+));", TOKENS)
    assert value, f"--cw-{token} is not a plain colour"
    light, dark, both = value.groups()
    text = both or (light if scheme == "light" else dark)
    return tuple(int(text[at : at + 2], 16) / 255 for at in (1, 3, 5))


def luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str, scheme: str) -> float:
    pair = sorted((luminance(colour(one, scheme)), luminance(colour(other, scheme))))
    return (pair[1] + 0.05) / (pair[0] + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_text_stands_out_from_its_ground(text, ground, scheme):
    assert contrast(text, ground, scheme) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES_ON)
def test_shapes_stand_out_from_their_ground(shape, ground, scheme):
    assert contrast(shape, ground, scheme) >= 3


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_no_template_holds_style_or_script_of_its_own(template):
    text = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert "<style" not in text
    for tag in re.findall(r"<script[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag
    assert "|safe" not in text


def test_every_icon_that_is_named_is_in_the_sprite():
    sprite = (ROOT / "static/vendor/icons.svg").read_text(encoding="utf-8")
    present = set(re.findall(r'<symbol id="([\w-]+)"', sprite))
    named = {name for path in TEMPLATES for name in re.findall(r'{% icon "([\w-]+)"', path.read_text(encoding="utf-8"))}
    named |= {look.icon for look in STATES.values()} | {icon for _errand, icon in ERRANDS.values()}
    named |= {place.icon for part in MAP for place in part.places}
    for source in ROOT.rglob("*.py"):
        named |= set(re.findall(r'icon="([\w-]+)"', source.read_text(encoding="utf-8")))
    assert named - present - {""} == set()


def test_every_state_has_a_word_an_icon_and_a_tone():
    css = (ROOT / "static/console/components.css").read_text(encoding="utf-8")
    for state, look in STATES.items():
        assert str(look.label), state
        assert look.icon, state
        assert f".tone-{look.tone} " in css, state


def test_not_measured_never_looks_like_a_pass():
    assert (STATES["not_measured"].tone, STATES["not_measured"].icon) != (STATES["pass"].tone, STATES["pass"].icon)
