"""The Common Event Format: a header of seven fields and an extension of key=value pairs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from callwarden.engines.siem._meaning import Meaning, Weight

PRODUCT: Final = "Callwarden"
# CEF counts from 0 to 10; OCSF's five steps in it.
_SEVERITY: Final = {
    Weight.INFORMATIONAL: 1,
    Weight.LOW: 3,
    Weight.MEDIUM: 5,
    Weight.HIGH: 8,
    Weight.CRITICAL: 10,
}


def cef(body: Mapping[str, Any], index: int, meaning: Meaning, *, name: str, version: str) -> str:
    """One entry as a line of CEF.

    Args:
        name: what happened, in words.
        index: leaf index, as `cn1`.
    """
    refused = meaning.failed or body.get("decision") == "refuse"
    weight = max(meaning.weight, Weight.LOW) if body.get("decision") == "refuse" else meaning.weight
    header = "|".join(_in_header(each) for each in ("CEF:0", PRODUCT, PRODUCT, version or "0", body["event"], name))
    pairs: list[tuple[str, object]] = [
        ("rt", round(datetime.fromisoformat(body["at"]).timestamp() * 1000)),
        ("externalId", body["id"]),
        ("suid", body["actor"]),
        ("cat", int(meaning.kind)),
        ("outcome", "failure" if refused else "success"),
        ("cn1Label", "leafIndex"),
        ("cn1", index),
    ]
    if "count" in body:
        pairs.append(("cnt", body["count"]))
    if "reasons" in body:
        pairs.append(("reason", ",".join(body["reasons"])))
    data = body.get("data") or {}
    if isinstance(data.get("person"), str):
        pairs.append(("duid", data["person"]))
    # There are six such places, and six things to say.
    labels = [label for label in ("client", "subject", "call", "purpose", "approval", "permit") if label in body]
    for number, label in enumerate(labels, start=1):
        pairs += [(f"cs{number}Label", label), (f"cs{number}", body[label])]
    if "fields" in body:
        pairs.append(("msg", ",".join(body["fields"])))
    extension = " ".join(f"{key}={_in_extension(str(value))}" for key, value in pairs)
    return f"{header}|{_SEVERITY[weight]}|{extension}"


def _in_header(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("\r", " ")


def _in_extension(text: str) -> str:
    return text.replace("\\", "\\\\").replace("=", "\\=").replace("\n", "\\n").replace("\r", "\\r")
