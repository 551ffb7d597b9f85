"""What a directory asks: filters, pages and patches, as far as they are taken here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from scim2_models import Context, PatchOp, Resource, ResponseParameters, SCIMException, ScimFilter
from scim2_models.path import CompareOperator, Comparison

from callwarden.doors.scim.answers import Wrong
from callwarden.doors.scim.resources import MOST, TOLERANT

LONGEST_FILTER = 400
MOST_OPERATIONS = 100
_COLUMNS = {"username": "username__iexact", "externalid": "external_id", "id": "pk"}
R = TypeVar("R", bound=Resource[Any])


@dataclass(frozen=True)
class Page:
    """Which resources are asked for. `start` counts from 1."""

    start: int
    count: int
    filter: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Page:
        """From a query or a search request; numbers out of range are brought into it (RFC 7644 section 3.4.2.4)."""
        text = given.get("filter") or ""
        if not isinstance(text, str) or len(text) > LONGEST_FILTER:
            raise _no_filter()
        return cls(
            max(1, _whole(given.get("startIndex"), 1)), min(MOST, max(0, _whole(given.get("count"), MOST))), text
        )

    @property
    def slice(self) -> slice:
        return slice(self.start - 1, self.start - 1 + self.count)


def _whole(value: object, otherwise: int) -> int:
    try:
        return min(1_000_000, int(str(value))) if value is not None else otherwise
    except ValueError:
        raise Wrong("invalidValue", _("startIndex and count are whole numbers. Correct them.")) from None


def equals(text: str) -> tuple[str, str] | None:
    """(attribute in lower case, value) of a filter that compares one attribute; None without a filter.

    Raises:
        Wrong: anything but `ATTRIBUTE eq "VALUE"`.
    """
    if not text.strip():
        return None
    try:
        node = ScimFilter(text).ast
    except (SCIMException, ValueError, RecursionError):
        raise _no_filter() from None
    if (
        not isinstance(node, Comparison)
        or node.op != CompareOperator.eq
        or not isinstance(node.value, str)
        or "\0" in node.value
        or getattr(node.attr_path, "sub_attr", None)
    ):
        raise _no_filter()
    return node.attr_path.attr.lower(), node.value


def accounts_matching(text: str) -> Q:
    """The filter of accounts.

    Raises:
        Wrong: an attribute that is not searched by.
    """
    asked = equals(text)
    if asked is None:
        return Q()
    name, value = asked
    if name not in _COLUMNS:
        raise _no_filter()
    if name == "id":
        from uuid import UUID

        try:
            return Q(pk=UUID(value))
        except ValueError:
            return Q(pk__in=[])
    return Q(**{_COLUMNS[name]: value})


def _no_filter() -> Wrong:
    return Wrong(
        "invalidFilter", _("Filters here compare one attribute: userName, externalId, id or displayName with eq.")
    )


def patched(resource: R, kind: type[R], body: dict[str, Any]) -> R:
    """The resource as a patch leaves it; parts about attributes we do not keep are dropped.

    Raises:
        Wrong: too many operations, or an operation that is none.
        ValidationError, SCIMException: what the library finds wrong.
    """
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(operations, list) or not 1 <= len(operations) <= MOST_OPERATIONS:
        raise Wrong("invalidSyntax", _("A patch has 1 to %(count)s operations.") % {"count": MOST_OPERATIONS})
    known = {str(field.serialization_alias or name).lower() for name, field in kind.model_fields.items()}
    schema = str(kind.__schema__).lower()
    kept = []
    for one in operations:
        if not isinstance(one, dict):
            raise Wrong("invalidSyntax", _("A patch has 1 to %(count)s operations.") % {"count": MOST_OPERATIONS})
        path = one.get("path")
        if isinstance(path, str) and _head(path, schema) not in known:
            continue
        if not path and isinstance(one.get("value"), dict):
            value = {name: given for name, given in one["value"].items() if _head(str(name), schema) in known}
            if not value:
                continue
            one = {**one, "value": _plain(value)}
        elif isinstance(path, str) and _head(path, schema) == "active":
            one = {**one, "value": _truth(one.get("value"))}
        kept.append(one)
    if not kept:
        return resource
    document = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": kept}
    patch = PatchOp[kind].model_validate(  # type: ignore[valid-type]
        document, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=TOLERANT
    )
    patch.patch(resource, scim_policy=TOLERANT)
    return resource


def _head(path: str, schema: str) -> str:
    """The attribute a path begins with."""
    bare = path.strip().lower().removeprefix(f"{schema}:")
    return bare.partition("[")[0].partition(".")[0]


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {name: _truth(given) if name.lower() == "active" else given for name, given in value.items()}


def _truth(value: Any) -> Any:
    """Some directories write truth as text."""
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


def document_of(kind: type[R], body: dict[str, Any], context: Context) -> R:
    """A resource as it was sent, without what we do not keep."""
    found: R = kind.model_validate(_plain(body), scim_ctx=context, scim_policy=TOLERANT)
    return found


def spoken_name(body: Mapping[str, Any]) -> str:
    """The name by its parts, in the order of the language: family name first where it is written in Chinese."""
    name = body.get("name")
    if not isinstance(name, dict):
        return ""
    given, family, formatted = (name.get(part) for part in ("givenName", "familyName", "formatted"))
    if isinstance(formatted, str) and formatted.strip():
        return formatted
    parts = [part for part in (given, family) if isinstance(part, str) and part.strip()]
    chinese = any("\u4e00" <= char <= "\u9fff" for part in parts for char in part)
    return "".join(reversed(parts)) if chinese else " ".join(parts)


def language(body: Mapping[str, Any]) -> str:
    """The language somebody prefers, as far as the directory says one."""
    told = body.get("preferredLanguage") or body.get("locale")
    return told.split(",")[0].split(";")[0].strip().replace("_", "-")[:20] if isinstance(told, str) else "en"


def parameters(kind: type[R], given: Mapping[str, Any]) -> ResponseParameters[Any]:
    """Which attributes shall be in the answer."""
    chosen = {name: given[name] for name in ("attributes", "excludedAttributes") if given.get(name)}
    return ResponseParameters[kind].model_validate(chosen, scim_policy=TOLERANT)  # type: ignore[valid-type]
