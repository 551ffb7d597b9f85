"""Who asks: a person in a session, a job, or a program with a key. Their one translation into principals."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from callwarden.engines.policy import ANY, Principal
from callwarden.kernel import clock
from callwarden.kernel.models import Session, User


@dataclass(frozen=True)
class Actor:
    """Attributes: name as the ledger knows it (a person's random pseudonym, "job:NAME" or "service:UUID"); the live
    session; for a program the lines its key speaks for (None: all of its client).
    """

    name: str
    session: UUID | None = None
    user: User | None = None
    login: Session | None = None
    client: UUID | None = None
    lines: tuple[UUID, ...] | None = None

    @classmethod
    def person(cls, user: User, login: Session) -> Actor:
        return cls(name=str(user.pseudonym), session=login.id, user=user, login=login)

    @classmethod
    def job(cls, name: str) -> Actor:
        return cls(name=f"job:{name}")

    @classmethod
    def service(cls, key: UUID, *, client: UUID, lines: tuple[UUID, ...] | None) -> Actor:
        """A program. To the policy it is like a person in the role "service": every guard for people holds for it,
        and as it can show no second factor, whatever asks for one is out of its reach.
        """
        return cls(name=f"service:{key}", client=client, lines=lines)

    @property
    def is_service(self) -> bool:
        return self.name.startswith("service:")

    def principal(self) -> Principal:
        """The facts about whoever asks. What is not measured yet says so; it is never taken for a yes."""
        if self.is_service:
            return Principal(
                id=self.name,
                roles=frozenset({"service"}),
                session=self.name,  # the key stands for the session: revoked, it ends every permit just the same
                subject_links=frozenset(),
                training="not_measured",
                shift="not_measured",
                queues=ANY if self.lines is None else frozenset(map(str, self.lines)),
                clients=frozenset({str(self.client)}),
            )
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
