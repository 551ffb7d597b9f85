"""What a person says is wrong and what is right, in their own words: sealed before anybody knows who they are.

It lies under the keys of a holder of its own, who is linked with the person once they have proved who they are: from
then on an erasure ends it, a report tells it and a restriction binds it like all else of them. It ends in any case when
its time is over.

Source: PIPL art. 46; GDPR art. 5(1)(e), 16.
"""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

from callwarden.custody.categories import Category
from callwarden.custody.models import Line, Person, Record, SealedField, Subject
from callwarden.custody.put import Place, put_fields
from callwarden.custody.subjects import link, new_subject
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.gate import statement_basis
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest

FIELD: Final = "statement"
LONGEST: Final = 2_000
# What a request for explanation was answered with, and how much of it the officer may write.
ANSWER: Final = "explanation"
LONGEST_ANSWER: Final = 4_000
# Requests that say in words what is wrong, or what is to be explained.
SAID_WITH: Final = frozenset({Kind.CORRECTION, Kind.EXPLANATION})


def checked(kind: Kind, text: str) -> str:
    """The words as they are sealed; empty where this kind of request takes none.

    Raises:
        InvalidInput: a correction that does not say what is wrong, words where none are asked for, or too many.
    """
    told = text.strip()
    if kind == Kind.CORRECTION and not told:
        raise InvalidInput("statement_missing", _("Say what is wrong and what is right."))
    if told and kind not in SAID_WITH:
        raise InvalidInput(
            "statement_not_asked", _("Only a correction or a request for explanation says more. Leave it out here.")
        )
    if len(told) > LONGEST:
        raise InvalidInput("statement_too_long", _("Say it in at most 2,000 characters."))
    return told


def seal(line: Line, text: str) -> Record:
    """Keep what was said. Call it inside `client_scope`."""
    holder = new_subject(line.client_id, Subject.Kind.CALLER)
    return put_fields(
        statement_basis(line),
        category=Category.REQUEST_STATEMENT,
        subject=holder,
        fields=[(FIELD, text)],
        place=Place(),
    )


def answering(words: str) -> str:
    """What an officer adds to an explanation, as it is sealed.

    Raises:
        InvalidInput: too many words.
    """
    told = words.strip()
    if len(told) > LONGEST_ANSWER:
        raise InvalidInput("words_too_long", _("Say it in at most 4,000 characters."))
    return told


def seal_answer(request: SubjectRequest, holder: Subject, question: str, text: str) -> Record:
    """Keep what was asked and what was answered, under the keys of whoever asked. Call it inside `client_scope`."""
    return put_fields(
        statement_basis(request.line),
        category=Category.REQUEST_STATEMENT,
        subject=holder,
        fields=[(FIELD, question), (ANSWER, text)] if question else [(ANSWER, text)],
        place=Place(),
    )


def answered(request: SubjectRequest) -> bool:
    """Whether what an explanation answered is still kept. Call it inside `client_scope`."""
    over = request.state in {SubjectRequest.State.ANSWERED, SubjectRequest.State.CLOSED}
    return over and holds(request, ANSWER)


def holds(request: SubjectRequest, name: str) -> bool:
    """Whether what is kept with the request has this part: what was said, or what was answered."""
    kept = standing(request)
    return kept is not None and SealedField.objects.filter(record=kept, name=name).exists()


def is_theirs(request: SubjectRequest) -> None:
    """It is known who asks: what they said is theirs. Call it inside `client_scope`."""
    if request.statement is not None and request.person_id is not None:
        link(Person.objects.get(pk=request.person_id), request.statement.subject)


def standing(request: SubjectRequest) -> Record | None:
    """The record of what was said, unless it has ended. Call it inside `client_scope`."""
    said = request.statement
    return said if said is not None and said.state != Record.State.DESTROYED else None
