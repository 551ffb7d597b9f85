"""Who asks: a person in a session, or a job. The one translation of both into a principal of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from callwarden.engines.policy import ANY, Principal
from callwarden.kernel import clock
from callwarden.kernel.models import Session, User


@dataclass(frozen=True)
class Actor:
    """Attributes: name as the ledger knows it (a person's random pseudonym, or "job:NAME"); the live session."""

    name: str
    session: UUID | None = None
    user: User | None = None
    login: Session | None = None

    @classmethod
    def person(cls, user: User, login: Session) -> Actor:
        return cls(name=str(user.pseudonym), session=login.id, user=user, login=login)

    @classmethod
    def job(cls, name: str) -> Actor:
        return cls(name=f"job:{name}")

    def principal(self) -> Principal:
        """The facts about whoever asks. What is not measured yet says so; it is never taken for a yes."""
        if self.user is None:
            return Principal.job(self.name.removeprefix("job:"))
        assert self.login is not None
        mfa_at = self.login.mfa_at
        return Principal(
            id=self.name,
            roles=frozenset(self.user.roles),
            session=str(self.session),
            subject_links=frozenset({self.name}),
            training="not_measured",
            shift="not_measured",
            queues=ANY if self.user.lines is None else frozenset(map(str, self.user.lines)),
            clients=ANY,
            mfa_age_s=int((clock.now() - mfa_at).total_seconds()) if mfa_at else None,
        )
