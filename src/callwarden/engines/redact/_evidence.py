"""What speaks for a find, told by its rule: the kind of evidence, never what was said."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

REVIEWER: Final = "reviewer"
_FORM: Final = ".form"


class Evidence(StrEnum):
    """Kinds of evidence. Values are stable: they appear in outputs."""

    KNOWN = "known"  # it stands in the customer's record
    CUE = "cue"  # words beside it say what it is
    QUESTION = "question"  # the other party asked for it
    CHECKSUM = "checksum"  # its check digits hold
    SHAPE = "shape"  # it is written like one
    SPELLED = "spelled"  # it is spelled letter by letter
    REPEATED = "repeated"  # it is hidden elsewhere in the call
    PARTS = "parts"  # it is told in parts, over several turns
    NEIGHBOUR = "neighbour"  # it stands beside something that is hidden
    OTHER_FORM = "other_form"  # another hypothesis of the recogniser shows it
    LENGTH = "length"  # many digits that nothing explains
    REVIEWER = "reviewer"  # a person said so


_RULES: Final[dict[str, Evidence]] = {
    rule: evidence
    for evidence, rules in {
        Evidence.KNOWN: "known.name known.name.sound known.name.spelled known.address known.value",
        Evidence.CUE: (
            "cue code.cue handle.cue secret.cue swift.cue name.en.cue name.en.title name.en.announced"
            " name.zh.cue name.zh.title name.zh.family name.zh.given name.zh.nick age date"
        ),
        Evidence.QUESTION: "name.en.answer name.zh.answer age.answer address.en.town secret.answer",
        Evidence.CHECKSUM: "ric.checksum card.luhn aadhaar.checksum",
        Evidence.SHAPE: (
            "ric.old ric.shape card.shape ssn.shape phone.shape phone.cn.mobile phone.cn.landline phone.nanp"
            " phone.international plate.cn email.written email.spoken email.provider mac ip.v4 ip.v4.spoken ip.v6"
            " address.zh address.en address.en.part address.plain address.written name.en.written name.en.series"
        ),
        Evidence.SPELLED: (
            "email.spelled handle.spelled name.en.spelled name.en.spelled.word name.en.spelled.turn name.zh.spelled"
        ),
        Evidence.REPEATED: "echo name.carried name.zh.confirmed code.again address.carried",
        Evidence.PARTS: "chain pending email.begun email.cut",
        Evidence.NEIGHBOUR: "card.trailer card.glued card.window address.postcode",
        Evidence.LENGTH: "number number.long",
        Evidence.REVIEWER: REVIEWER,
    }.items()
    for rule in rules.split()
}


def evidence_of(rule: str) -> Evidence:
    """What kind of evidence a rule goes by; of a rule that is not named here its form."""
    if rule.endswith(_FORM):
        return Evidence.OTHER_FORM
    known = _RULES.get(rule)
    if known is not None:
        return known
    return Evidence.CHECKSUM if rule.endswith(".checksum") else Evidence.SHAPE
