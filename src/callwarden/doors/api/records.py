"""Call records as programs send them, read into the rows that the gate judges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from callwarden.custody.models import Line
from callwarden.doors.api.credentials import line_of
from callwarden.doors.api.problems import FieldError, FieldsRefused, shape_errors
from callwarden.doors.api.shapes import CallRecordIn
from callwarden.flows.formats import CdrRow, RowError, call_of
from callwarden.kernel.errors import CallwardenError, InvalidInput
from callwarden.protection.signin.models import ServiceKey


def read_record(
    key: ServiceKey, raw: bytes | Mapping[str, Any], line: str | None, *, under: str = ""
) -> tuple[Line, CdrRow]:
    """One call record and the line it is of.

    Args:
        raw: the JSON, or what was read from it.
        line: slug of the line where the record itself names none.
        under: name of the part it came in, for the paths of errors.

    Raises:
        FieldsRefused: with the path of each field that is wrong.
        NotFound, InvalidInput: no such line for this key; the record names another line than the address.
    """
    try:
        told = CallRecordIn.model_validate_json(raw) if isinstance(raw, bytes) else CallRecordIn.model_validate(raw)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise FieldsRefused(shape_errors(found, under=under)) from None
    if told.line and line and told.line != line:
        raise InvalidInput("line_contradicts", _("The call record names another line than the address does."))
    of = line_of(key, told.line or line)
    row = call_of(told.model_dump(), line=of.slug)
    if isinstance(row, RowError):
        raise FieldsRefused([FieldError.of_row(row, under=under)])
    return of, row


def why(error: CallwardenError) -> list[FieldError]:
    """An error about one record as errors of fields, for lists of which each row stands for itself."""
    if isinstance(error, FieldsRefused):
        return error.errors
    return [FieldError("", error.code, str(error.message), error.data)]
