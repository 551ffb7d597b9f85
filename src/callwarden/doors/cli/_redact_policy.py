"""A policy as the user named it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from callwarden.engines.redact import HashAlgorithm, InvalidPolicy, Operator, Policy


@dataclass(frozen=True)
class PolicyChoice:
    """A choice of policy; unlike the policy itself it can go to another process.

    Attributes:
        name: profile, or the name of the file.
        document: content of a policy file: ``operators`` by type, ``default``, ``keep_business_numbers``,
            ``hash`` (sha256 or sm3).
        key: secret of the hash operator.
    """

    name: str = "all"
    document: Mapping[str, Any] | None = None
    key: bytes | None = field(default=None, repr=False)

    def build(self) -> Policy:
        """The policy.

        Raises:
            InvalidPolicy: unknown profile, type or operator, or a forbidden choice.
        """
        if self.document is None:
            return Policy.profile(self.name, key=self.key)
        unknown = set(self.document) - {"operators", "default", "keep_business_numbers", "hash"}
        operators = self.document.get("operators", {})
        if unknown or not isinstance(operators, Mapping):
            raise InvalidPolicy("not_a_policy")
        policy = Policy(
            operators,
            default=self.document.get("default", Operator.TAG),
            keep_business_numbers=self.document.get("keep_business_numbers", False) is True,
            key=self.key,
            algorithm=self.document.get("hash", HashAlgorithm.SHA256),
        )
        if Operator.TOKEN in (policy.default, *policy.operators.values()):
            # What a token stands for must be sealed, and opened through the door only: a command has neither.
            raise InvalidPolicy("tokens_need_the_gateway")
        return policy
