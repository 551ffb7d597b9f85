"""The vocabulary of the registry: closed lists, each entry with its name in words."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from callwarden.custody.categories import Category


class Use(TextChoices):
    """What is done with the data, as the gate is asked."""

    COLLECTION = "collection", pgettext_lazy("use of data", "Collecting")
    RECORDING = "recording", pgettext_lazy("use of data", "Recording")
    ANALYTICS = "analytics", pgettext_lazy("use of data", "Analysis")
    QUALITY_REVIEW = "quality_review", pgettext_lazy("use of data", "Quality review")
    AI_PROCESSING = "ai_processing", pgettext_lazy("use of data", "Processing by AI")
    MARKETING = "marketing", pgettext_lazy("use of data", "Marketing")
    SHARING = "sharing", pgettext_lazy("use of data", "Giving to others")
    OUTBOUND_CALLING = "outbound_calling", pgettext_lazy("use of data", "Calling people")


class Ground(TextChoices):
    """Lawful grounds. Which of them exists depends on the jurisdiction (`rules.GROUNDS`).

    Source: PIPL art. 13; GDPR art. 6.
    """

    CONSENT = "consent", _("Consent")
    SEPARATE_CONSENT = "separate_consent", _("Separate consent")
    CONTRACT = "contract", _("Contract with the caller")
    LEGAL_OBLIGATION = "legal_obligation", _("Legal obligation")
    VITAL_INTEREST = "vital_interest", _("Protection of life and property in an emergency")
    PUBLIC_INTEREST = "public_interest", _("Public interest")
    LEGITIMATE_INTEREST = "legitimate_interest", _("Legitimate interest")
    HR_MANAGEMENT = "hr_management", _("Staff management under lawful workplace rules")


BY_CONSENT: Final = frozenset({Ground.CONSENT, Ground.SEPARATE_CONSENT})


class Condition(TextChoices):
    """What must be true besides, for a ground to carry."""

    NONE = "", _("Nothing else")
    CONTRACT_ON_RECORD = "contract_on_record", _("A contract with this person is on record")
    LAW_IN_FORCE = "law_in_force", _("The provision is in force and asks for it")
    BALANCED = "balanced", _("A balancing of interests is on record, and nobody objected")
    EMERGENCY = "emergency", _("There is an emergency")
    WORKPLACE_RULES = "workplace_rules", _("Lawful workplace rules or a collective contract provide for it")


class Ending(TextChoices):
    """What ends a ground."""

    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent is withdrawn")
    CALL_END = "call_end", _("The call ends")
    CONTRACT_END = "contract_end", _("The contract ends")
    COMPLAINT_CLOSED = "complaint_closed", _("The complaint is closed")
    ACCOUNT_CLOSED = "account_closed", _("The account is closed")
    OBJECTION = "objection", _("The person objects")
    DUTY_END = "duty_end", _("The legal duty ends")
    EMPLOYMENT_END = "employment_end", _("The employment ends")


class Method(TextChoices):
    """How data is handled for a purpose: what a notice has to say, and whose change renews consent."""

    COLLECT = "collect", pgettext_lazy("method", "Collecting in the call")
    RECORD = "record", pgettext_lazy("method", "Recording sound")
    STORE = "store", pgettext_lazy("method", "Keeping it encrypted")
    TRANSCRIBE = "transcribe", pgettext_lazy("method", "Turning speech into text")
    REDACT = "redact", pgettext_lazy("method", "Removing personal data from it")
    LISTEN = "listen", pgettext_lazy("method", "Listening to it and reading it")
    ANALYSE = "analyse", pgettext_lazy("method", "Analysing it by program")
    DECIDE = "decide", pgettext_lazy("method", "Deciding by program")
    CALL_OUT = "call_out", pgettext_lazy("method", "Calling the person")
    GIVE = "give", pgettext_lazy("method", "Giving it to a recipient")
    SEND_ABROAD = "send_abroad", pgettext_lazy("method", "Sending it abroad")


class Whose(TextChoices):
    """Whose data a purpose concerns."""

    CALLERS = "callers", _("Callers")
    CUSTOMERS = "customers", _("Customers")
    AGENTS = "agents", _("Agents")


class Certainty(TextChoices):
    """How sure it is that a provision says so. Shown beside it wherever it is shown.

    Source: the marks of the control map.
    """

    READ = "read", _("Read in the text")
    SECOND_HAND = "second_hand", _("Second-hand account")
    GENERAL = "general", _("General knowledge, not re-read")
    UNCERTAIN = "uncertain", _("Uncertain: ask a lawyer")


class Beside(TextChoices):
    """Kinds of personal data that are no category of a record: never stored, or about the people who work here."""

    CARD_VERIFICATION = "card_verification", _("Card security code, PIN and track data")
    VOICEPRINT = "voiceprint", _("Voiceprint")
    AGENT_VOICE = "agent_voice", _("Agent's voice")
    AGENT_CONDUCT = "agent_conduct", _("Agent's times, results and look-ups")


CATEGORIES: Final[dict[str, object]] = {
    **{category.value: category.label for category in Category},
    **{kind.value: kind.label for kind in Beside},
}


class Role(TextChoices):
    """What a recipient is to the one who gives. Source: PIPL art. 20, 21, 23; GDPR art. 26, 28."""

    PROCESSOR = "processor", pgettext_lazy("recipient", "Processor")
    CONTROLLER = "controller", pgettext_lazy("recipient", "Controller of its own")
    JOINT = "joint", pgettext_lazy("recipient", "Joint controller")
