"""What messages may say: registered templates with structural parameters, and nothing else.

A message tells that something waits and where to see it after sign-in. Names, numbers and reasons stay behind the door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from callwarden.kernel import structural
from callwarden.kernel.errors import Translatable, supported_language
from callwarden.kernel.structural import Scalar


@dataclass(frozen=True)
class Template:
    """One kind of message.

    Args:
        name: slug.
        subject, body: English msgids; `%(name)s` stands for a parameter.
        parameters: exactly the parameters it takes.
    """

    name: str
    subject: Translatable
    body: Translatable
    parameters: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rendered:
    """Subject line and plain text, in one language."""

    subject: str
    body: str


_templates: dict[str, Template] = {}


def register(template: Template) -> Template:
    """Make a template known; the same name twice for different templates is a fault of the program."""
    structural.check_text(template.name, where="template")
    if _templates.setdefault(template.name, template) != template:
        raise ValueError(f"Two templates are called {template.name!r}.")
    return template


def template(name: str) -> Template:
    """The registered template. Raises KeyError for an unknown name, which only a program can cause."""
    return _templates[name]


def names() -> list[str]:
    """All registered templates, sorted."""
    return sorted(_templates)


def check(template: Template, parameters: Mapping[str, Scalar], link: str) -> None:
    """Refuse a message that could carry personal data.

    Raises:
        NotStructural: a parameter holds free text, or the link is not a plain path on this site.
        ValueError: not exactly the parameters of the template, or a template nobody registered.
    """
    if _templates.get(template.name) is not template:
        raise ValueError(f"Template {template.name!r} is not registered.")
    if set(parameters) != template.parameters:
        raise ValueError(f"Template {template.name!r} takes exactly {sorted(template.parameters)}.")
    structural.check_mapping(parameters, where=template.name)
    structural.check_text(link, where="link")
    if not link.startswith("/") or link.startswith("//"):
        raise structural.NotStructural("A link is a path on this site, beginning with one slash.")


def render(template: Template, parameters: Mapping[str, Scalar], link: str, language: str) -> Rendered:
    """The message in `language`, its link made absolute by `CALLWARDEN_PUBLIC_URL`."""
    with translation.override(supported_language(language)):
        return Rendered(
            subject=str(template.subject) % parameters,
            body="\n\n".join(
                (
                    str(template.body) % parameters,
                    _("See it here after signing in: %(url)s") % {"url": absolute(link)},
                    _("This message was sent by Callwarden. It never contains personal data."),
                )
            ),
        )


def absolute(link: str) -> str:
    """The full address of a path on this site."""
    base: str = getattr(settings, "CALLWARDEN_PUBLIC_URL", "") or "http://127.0.0.1:8480"
    return base.rstrip("/") + link
