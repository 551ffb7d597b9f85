"""The OpenAPI document is what the door really does: requests made from it never find a fault of ours."""

from __future__ import annotations

import os

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ensure_resource_availability,
    ignored_auth,
    missing_required_header,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
    use_after_free,
)

from callwarden.doors.api.urls import api

# All of schemathesis but one: that whatever has the form is also taken. Which line, which notice and which purposes
# there are, and that a call began before it ended, are no matter of form.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    missing_required_header,
    unsupported_method,
    allow_header_conformance,
    ignored_auth,
    use_after_free,
    ensure_resource_availability,
]
# Where the parts of a form are tables. What is wrong with a form itself, `test_customers.py` tries.
TABLES = {"/customers": {"text/csv", "multipart/form-data"}}
EXAMPLES = int(os.environ.get("CALLWARDEN_TEST_SCHEMA_EXAMPLES", "8"))
OPERATIONS = [
    (method.upper(), path)
    for path, methods in api.get_openapi_schema(path_prefix="/api/v1/")["paths"].items()
    for method in methods
]


def test_the_document_is_served_to_everybody_and_describes_every_address(program):
    answer = program.browser.get("/api/v1/openapi.json")
    document = answer.json()
    assert answer.status_code == 200
    assert len(OPERATIONS) == 27
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["security"] == [{"ServiceKeyAuth": []}], path
            assert {"401", "403", "503"} <= operation["responses"].keys()
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert ("Idempotency-Key" in names) is (method in {"post", "put"})


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_requests_made_from_the_document_find_no_fault(program, line, settings, method, path):
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
    line.cdr_mapping = "version: 1\ncolumns: {call_id: id, line: l, direction: d, started_at: s}\n"
    line.save()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    headers = {"Authorization": f"Bearer {program.written}"}

    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @drawn
        @given(case=schema[path][method].as_strategy(generation_mode=mode))
        def every_case(case):
            case.call_and_validate(headers=headers, checks=fitting(case))

        every_case()


def fitting(case):
    """Without the check for wrong data where none was sent: any bytes are a table, and the key is always ours."""
    wrong = {place.value for place, told in case.meta.components.items() if told.mode.is_negative}
    skipped = case.media_type in TABLES.get(case.path, {"text/csv"}) or wrong <= {"header"}
    return [check for check in CHECKS if check is not negative_data_rejection or not skipped]


drawn = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
