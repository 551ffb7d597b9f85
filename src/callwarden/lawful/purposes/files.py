"""Registry files: read, with every fault named, and written."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import yaml
from django.utils.translation import gettext_lazy as _

from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.purposes.actions import RegistryRefused
from callwarden.lawful.purposes.entries import Registry, read

SHIPPED: Final = Path(__file__).with_name("categories.yaml")
LARGEST: Final = 1_000_000


class _OnceLoader(yaml.SafeLoader):
    """Refuses a name that stands twice in one place: the first would be lost without a word."""


def _once(loader: _OnceLoader, node: yaml.MappingNode) -> dict[object, object]:
    names = [loader.construct_object(key, deep=True) for key, _value in node.value]
    if len(names) != len(set(map(str, names))):
        raise yaml.constructor.ConstructorError(None, None, "a name stands twice", node.start_mark)
    return loader.construct_mapping(node, deep=True)


_OnceLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _once)


def read_text(text: str) -> Registry:
    """The registry in a YAML text.

    Raises:
        InvalidInput: it is no YAML, or a name stands twice in one place.
        RegistryRefused: naming every place that cannot be read.
    """
    try:
        data = yaml.load(text, Loader=_OnceLoader)  # noqa: S506  (a SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InvalidInput(
            "not_yaml",
            _("This is no usable YAML, or a name stands twice in one place (line %(line)s). Correct it there."),
            data={"line": mark.line + 1 if mark else 0},
        ) from None
    registry, faults = read(data)
    if faults:
        raise RegistryRefused(faults)
    return registry


def read_file(path: Path) -> Registry:
    """The registry in a file.

    Raises:
        InvalidInput: the file cannot be read, is too large or no text.
        RegistryRefused: see `read_text`.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInput("file_too_large", _("A registry file has at most 1 MB."))
        return read_text(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("file_unreadable", _("The file cannot be read as text. Check its name.")) from None


def shipped() -> Registry:
    """The kinds of data that come with the product."""
    return read_file(SHIPPED)


def write_text(registry: Registry) -> str:
    """The registry as a YAML text that `read_text` reads back as the same."""
    return yaml.safe_dump(registry.to_data(), allow_unicode=True, sort_keys=False, width=120)
