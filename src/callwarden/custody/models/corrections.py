"""What reviewers changed about redactions, and what is learnt from it: cases without a value."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from callwarden.custody.models._owned import ClientOwned
from callwarden.custody.models.calls import Call
from callwarden.kernel.columns import declare


class RedactionCorrection(ClientOwned):
    """A reviewer's word on one place of a redaction. It outlives its call as a case that rules are measured by.

    Attributes:
        call: None once the call is gone.
        turn, start, end: the place, in code points of the turn's original text as it was kept then.
        length: code points of that text; where the turn has another length its words have changed since.
        type, rule, evidence, confidence: of the mark; of what no rule found, as the reviewer says.
        shape: how many digits, letters and Chinese characters it had, and the rules of the marks beside it.
        version: the redacted transcript it was said of.
    """

    class Kind(models.TextChoices):
        MISSED = "missed", _("Missed by the rules")
        OVER = "over", _("Hidden without need")

    class State(models.TextChoices):
        WAITING = "waiting", _("Being carried out")
        DONE = "done", _("Carried out")
        FAILED = "failed", _("Not carried out")

    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="corrections")
    version = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.DONE)
    why_not = models.CharField(max_length=40, blank=True)
    turn = models.PositiveIntegerField()
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    type = models.CharField(max_length=20)
    rule = models.CharField(max_length=40)
    evidence = models.CharField(max_length=20)
    confidence = models.FloatField()
    language = models.CharField(max_length=10, blank=True)
    shape = models.JSONField(default=dict)
    actor = models.CharField(max_length=60)
    approval = models.UUIDField(null=True)
    made_at = models.DateTimeField()

    columns = declare(
        structural=(
            "id client call version kind state why_not turn start end length type rule evidence confidence language"
            " shape actor approval made_at"
        )
    )

    class Meta:
        indexes = [
            models.Index(fields=["client", "-made_at"], name="correction_newest"),
            models.Index(fields=["call", "made_at"], name="correction_of_call"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "kind", "turn", "start", "end"],
                condition=~models.Q(state="failed"),
                name="correction_once",
            )
        ]
