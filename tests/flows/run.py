"""Works through everything that waits, in this process, in the order the workers would."""

from __future__ import annotations

from callwarden.custody.models import Call, IntakeItem, Line
from callwarden.custody.scope import client_scope
from callwarden.flows import arrivals, matching, redact_call, take_in


def work() -> list[take_in.Outcome]:
    """Read lists, judge what is complete, redact what was admitted."""
    for item in IntakeItem.objects.filter(kind__in=["cdr", "customers"], state="sealed").values_list("id", flat=True):
        arrivals.read_list(item)
    outcomes = []
    for line in Line.objects.all():
        outcomes += [take_in.admit(arrived) for arrived in list(matching.complete_calls(line))]
        with client_scope(line.client_id):
            pending = list(Call.objects.filter(line=line, redaction="pending").values_list("id", flat=True))
        for call in pending:
            redact_call.redact_call(call, line.client_id)
    return outcomes
