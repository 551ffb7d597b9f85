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
from callwarden.custody.models import Line, Person, Record, Subject
from callwarden.custody.put import Place, put_fields
from callwarden.custody.subjects import link, new_subject
from callwarden.kernel.errors import InvalidInput
from callwarden.lawful.gate import statement_basis
from callwarden.lawful.requests.kinds import Kind
from callwarden.lawful.requests.models import SubjectRequest

FIELD: Final = "statement"
LONGEST: Final = 2_000


def checked(kind: Kind, text: str) -> str:
    """The words as they are sealed; empty where this kind of request takes none.

    Raises:
        InvalidInput: a correction that does not say what is wrong, words where none are asked for, or too many.
    """
    told = text.strip()
    if kind == Kind.CORRECTION and not told:
        raise InvalidInput("statement_missing", _("Say what is wrong and what is right."))
    if told and kind != Kind.CORRECTION:
        raise InvalidInput("statement_not_asked", _("Only a correction says what is wrong. Leave it out here."))
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


def is_theirs(request: SubjectRequest) -> None:
    """It is known who asks: what they said is theirs. Call it inside `client_scope`."""
    if request.statement is not None and request.person_id is not None:
        link(Person.objects.get(pk=request.person_id), request.statement.subject)


def standing(request: SubjectRequest) -> Record | None:
    """The record of what was said, unless it has ended. Call it inside `client_scope`."""
    said = request.statement
    return said if said is not None and said.state != Record.State.DESTROYED else None
