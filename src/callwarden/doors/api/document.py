"""What the OpenAPI document says beyond what follows from the code: bodies in parts, refusals, the key of a request."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from callwarden.doors.api.credentials import CSV, JSON, MULTIPART
from callwarden.doors.api.idempotency import HEADER
from callwarden.doors.api.problems import CONTENT_TYPE
from callwarden.doors.api.shapes import ProblemOut

_TEXT = {"type": "string"}
_FILE = {"type": "string", "format": "binary"}
_FILES = {"type": "array", "items": _FILE, "minItems": 1}
_REFUSALS = {
    "400": "Malformed, or without an Idempotency-Key.",
    "401": "No valid service key.",
    "403": "Not allowed to this service key.",
    "404": "No such thing, or not for this service key.",
    "409": "The Idempotency-Key was used for another request, or things are not in a state for this.",
    "413": "Larger than the limit.",
    "415": "A kind of content this address does not take.",
    "422": "Understood, and not usable as it is.",
    "503": "Try again after the time in Retry-After.",
}
_OF_CHANGES = {"400", "409", "413", "415", "422"}
_KEY = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "New for every new request; the same when a request is sent again. Remembered for 24 hours.",
}
# Addresses that change nothing (`ServiceKeyAuth.asks`): a key may be sent there, and nothing is done with it.
_ASKING = ("/decide/use", "/dialler/check", "/gateway/pseudonymise", "/gateway/restore")


def parts(
    *, documents: dict[str, str] | None = None, texts: tuple[str, ...] = (), files: tuple[str, ...], required: list[str]
) -> dict[str, Any]:
    """A multipart body. `documents`: name of a part -> schema of the JSON in it."""
    properties: dict[str, Any] = {name: _TEXT for name in texts}
    properties |= {name: _FILES if name == "audio" else _FILE for name in files}
    encoding = {}
    for name, schema in (documents or {}).items():
        properties[name] = {"$ref": f"#/components/schemas/{schema}"}
        encoding[name] = {"contentType": JSON}
    schema_ = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    content = {"schema": schema_, **({"encoding": encoding} if encoding else {})}
    return {"requestBody": {"required": True, "content": {MULTIPART: content}}}


def either(
    *, json_schema: str | None = None, csv: bool = False, multipart: dict[str, Any] | None = None
) -> dict[str, Any]:
    """A body of one of several kinds."""
    content: dict[str, Any] = {}
    if json_schema:
        content[JSON] = {"schema": {"$ref": f"#/components/schemas/{json_schema}"}}
    if csv:
        content[CSV] = {"schema": _TEXT}
    if multipart:
        content |= multipart["requestBody"]["content"]
    return {"requestBody": {"required": True, "content": content}}


def finish(schema: dict[str, Any], models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    """Add the refusals and the header to every operation, and the models that only bodies in parts refer to."""
    components = schema["components"].setdefault("schemas", {})
    shapes: list[type[BaseModel]] = [*models, ProblemOut]
    for model in shapes:
        described = model.model_json_schema(ref_template="#/components/schemas/{model}")
        components |= described.pop("$defs", {})
        components[model.__name__] = described
    refusal = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            changes = method in {"post", "put"}
            if changes:
                key = _KEY | {"required": False} if path.endswith(_ASKING) else _KEY
                operation.setdefault("parameters", []).append(key)
            for status, says in _REFUSALS.items():
                if (
                    changes
                    or (method == "delete" and status == "409")
                    or status not in _OF_CHANGES
                    or (status == "422" and ("{" in path or "parameters" in operation))
                ):
                    operation["responses"].setdefault(status, {"description": says, "content": refusal})
    return schema
