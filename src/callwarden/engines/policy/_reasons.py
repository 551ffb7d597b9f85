"""Codes that a decision carries, with their English text; the console translates by that text."""

from __future__ import annotations

from ._facts import Decision

REASONS: dict[str, str] = {
    "granted": "The access matrix allows this.",
    "not_granted": "The access matrix does not allow this role this action on this kind of data for this purpose.",
    "unknown_action": "This action is not known to the policy.",
    "unknown_purpose": "This purpose is not known to the policy. Choose one from the list.",
    "purpose_not_live": "This purpose was retired, or is not in the register of purposes: nothing opens for it.",
    "unknown_category": "This kind of data is not known to the policy.",
    "facts_incomplete": "A fact that the decision needs is missing, so the answer is no.",
    "policy_error": "A rule could not be evaluated, so the answer is no. The security administrator can see which.",
    "no_session": "Sign in first.",
    "own_record": "This record is about you or someone close to you. Ask a colleague to handle it.",
    "other_client": "This record belongs to a client that you do not serve.",
    "other_queue": "This record belongs to a queue that you do not serve.",
    "no_task": "No call in progress, open ticket or running campaign of yours concerns this person.",
    "no_active_call": "This kind of data is shown only during a call with the person it is about.",
    "mfa_stale": "Confirm your second factor again, then repeat.",
    "bulk": "You have opened many records in a short time. Ask for a grant if you need more.",
    "legal_hold": "The record is under a legal hold and cannot be erased before the hold is released.",
    "consent_missing": "The person has not consented to this purpose.",
    "restricted": "Processing of this record is restricted.",
    "training_expired": "Your privacy training has expired. Complete it, then repeat.",
    "duties": "Your roles may not be held by one person. A security administrator must separate them.",
    "job_role": "A role for service accounts cannot be used by a person.",
    "own_request": "Somebody else must approve this: you asked for it or would profit from it.",
    "reason_missing": "State a reason.",
    "vip": "This record is specially protected: it opens during a call with the person, or with an approved grant.",
    "off_shift": "You are not on shift.",
    "grant_needed": "This needs an approved grant. Ask for one.",
}
"""Reason code -> English message id."""

OBLIGATIONS: dict[str, str] = {
    "mask": "Show values masked.",
    "countdown": "Hide the value again after the set time.",
    "watermark": "Mark what is shown or handed out with the viewer and the time.",
    "subject_report": "List this access in the data subject's access report.",
}
"""Obligation code -> English message id."""


def explain(decision: Decision) -> tuple[str, ...]:
    """The reasons of a decision as English sentences, in its order."""
    return tuple(REASONS[code] for code in decision.reasons)
