"""From a matrix to a Cedar policy set: grants become permits, guards become forbids, all checked against the schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple

import cedarpy

from ._errors import PolicyError
from ._guards import Forbid, guards
from ._matrix import Grant, Matrix


class Policy(NamedTuple):
    """One Cedar policy: its id, its text, and what its scope is limited to (None: to nothing)."""

    id: str
    text: str
    roles: frozenset[str] | None
    actions: frozenset[str] | None


@dataclass(frozen=True)
class CompiledPolicy:
    """A matrix ready to decide. Make it once per matrix version and keep it; it may be shared between threads.

    Attributes:
        matrix: what it was made of.
        digest: SHA-256 over matrix, guards and schema: the version of the law a decision was made under.
        policies: every policy, grants first.
        live: purposes that are in force; None: all of the matrix. Under any other nothing is allowed.
        principals: parsed principals, kept between decisions by `decide`.
    """

    matrix: Matrix
    digest: str
    policies: tuple[Policy, ...]
    schema: cedarpy.Schema = field(repr=False, compare=False)
    _parsed: Mapping[str, Any] = field(repr=False, compare=False)
    principals: dict[tuple[Any, ...], cedarpy.Entities] = field(repr=False, compare=False, default_factory=dict)
    _slices: dict[tuple[frozenset[str], str], cedarpy.PolicySet] = field(
        repr=False, compare=False, default_factory=dict
    )
    live: frozenset[str] | None = None

    def living(self, purposes: Iterable[str]) -> CompiledPolicy:
        """The same law while only these purposes are in force; what was parsed is shared."""
        return replace(self, live=frozenset(purposes))

    def text(self) -> str:
        """The whole policy as Cedar text with `@id` annotations, for reading and for other Cedar tools."""
        return "\n\n".join(f'@id("{policy.id}")\n{policy.text}' for policy in self.policies) + "\n"

    def grants_to(self, role: str, action: str) -> bool:
        """Whether any permit names this role and action."""
        permits = (policy for policy in self.policies if policy.id.startswith("grant."))
        return any(role in (permit.roles or ()) and action in (permit.actions or ()) for permit in permits)

    def applicable(self, roles: frozenset[str], action: str) -> cedarpy.PolicySet:
        """The policies whose scope can match these roles and this action; the others could not change the answer.

        A policy is left out only when it names roles and none of these, or actions and not this one. This takes a third
        off the time of a decision.
        """
        known = roles.intersection(self.matrix.roles)
        found = self._slices.get((known, action))
        if found is None:
            kept = [
                policy.id
                for policy in self.policies
                if (policy.roles is None or policy.roles & known)
                and (policy.actions is None or action in policy.actions)
            ]
            found = self._slices[known, action] = self._policy_set(kept)
        return found

    def whole(self) -> cedarpy.PolicySet:
        """All policies as one set; `applicable` gives the same answers."""
        return self._policy_set([policy.id for policy in self.policies])

    def _policy_set(self, ids: list[str]) -> cedarpy.PolicySet:
        # Cedar's JSON form keeps our ids; from text the policies would be called policy0, policy1, ...
        static = {name: self._parsed[name] for name in ids}
        return cedarpy.PolicySet.from_json_str(
            json.dumps({"staticPolicies": static, "templates": {}, "templateLinks": []})
        )


def compile(matrix: Matrix) -> CompiledPolicy:
    """Compile and strictly validate.

    Raises:
        PolicyError: Cedar refuses a policy; with the matrix checked before, this is a fault of the product.
    """
    policies = (
        *(_permit(grant, purpose) for grant in matrix.grants for purpose in grant.purposes),
        *(_guard(name, rule) for name, rule in guards(matrix)),
    )
    schema_text = _schema_text()
    schema = cedarpy.Schema.from_str(schema_text)
    _validate(policies, schema)
    parsed = {policy.id: json.loads(cedarpy.policies_to_json_str(policy.text)) for policy in policies}
    if len(parsed) != len(policies):
        raise PolicyError("duplicate", "Two policies have the same id.")
    content = [matrix.digest, schema_text, *(part for policy in policies for part in policy[:2])]
    digest = "sha256:" + sha256("\x00".join(content).encode()).hexdigest()
    return CompiledPolicy(
        matrix, digest, policies, schema, {name: form["staticPolicies"]["policy0"] for name, form in parsed.items()}
    )


@cache
def _schema_text() -> str:
    return files(__package__).joinpath("schema.cedarschema").read_text(encoding="utf-8")


def _permit(grant: Grant, purpose: str) -> Policy:
    """One purpose of a grant, so that the id in a decision says which.

    The ids are unique: a role's categories for one purpose are divided among its grants by their actions.
    """
    actions = ", ".join(f'Action::"{action}"' for action in grant.actions)
    categories = ", ".join(f'"{category}"' for category in grant.categories)
    text = (
        f'permit (principal in Role::"{grant.role}", action in [{actions}], resource) '
        f'when {{ context.purpose == "{purpose}" && [{categories}].contains(resource.category) }};'
    )
    return Policy(
        f"grant.{grant.role}.{purpose}.{grant.categories[0]}", text, frozenset({grant.role}), frozenset(grant.actions)
    )


def _guard(name: str, rule: Forbid) -> Policy:
    return Policy(name, rule.text, frozenset(rule.roles) or None, frozenset(rule.actions) or None)


def _validate(policies: tuple[Policy, ...], schema: cedarpy.Schema) -> None:
    # Cedar's strict mode; policies are numbered in the order of the text.
    result = cedarpy.validate_policies("\n".join(policy.text for policy in policies), schema)
    if not result.validation_passed:
        named = {f"policy{at}": policy.id for at, policy in enumerate(policies)}
        wrong = sorted({named.get(error.policy_id, "the policy set") for error in result.errors})
        raise PolicyError(
            "invalid", f"These policies do not fit the schema: {', '.join(wrong)}", policies=" ".join(wrong)
        )
