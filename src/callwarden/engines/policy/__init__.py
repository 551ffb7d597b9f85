"""Who may do what to which record, for which purpose: a matrix as data, guard rails as reviewed forbids, one decision.

>>> from callwarden.engines.policy import *
>>> law = compile(Matrix.default())                     # once per matrix version; keep it
>>> agent = Principal("a7", frozenset({"agent"}), session="s1", subject_links=frozenset(), training="valid",
...                   shift="on", queues=ANY, clients=ANY, mfa_age_s=60)
>>> phone = Record("r1", "contact", client="c1", line="l1", queue="", subject_links=frozenset({"x9"}),
...                vip=False, hold=False, restricted=False)
>>> decide(law, Request(agent, "reveal", phone, Context("service", reason_given=True, active_call=True))).allowed
True
>>> refusal = decide(law, Request(agent, "reveal", phone, Context("service", reason_given=True)))
>>> refusal.reasons
('no_task',)
>>> explain(refusal)
('No call in progress, open ticket or running campaign of yours concerns this person.',)

A `Matrix` (role x purpose x category x action, plus settings of the guards) compiles to Cedar policies that are
strictly validated against `schema.cedarschema`. Roles, purposes and categories are data; actions and guards are code.

It promises: what the matrix does not grant is refused; a guard that holds refuses whatever the matrix grants; a fact
that is None, of the wrong type or of an unknown value never turns a refusal into an Allow; an Allow needs Cedar's
Allow, the schema, and zero errors; `decide` never raises; no answer repeats a fact it was given. A decision names its
policies and the digest of the law it was made under.

It does not promise that the facts are true, nor that they still hold after the answer: whoever asks collects them
and acts in one transaction. Obligations of an Allow are the caller's to carry out.

`advise` asks again with other circumstances and so says what stands against an act and what would have to change.

`callwarden.engines.policy.reference` decides the same in plain Python, as an oracle for tests.
"""

from ._advice import CHANGES, Advice, advise, changed
from ._compiled import CompiledPolicy, Policy, compile
from ._decide import decide, decide_many, effective_matrix
from ._errors import MatrixRefused, PolicyError
from ._facts import ACTIONS, ANY, DISCLOSURES, JOB_PREFIX, Context, Decision, Principal, Record, Request
from ._faults import FAULTS, Fault
from ._guard_settings import GuardSettings
from ._matrix import Cell, Grant, Matrix, MatrixDiff, Purpose
from ._names import Name
from ._reasons import OBLIGATIONS, REASONS, explain

__all__ = [
    "ACTIONS",
    "ANY",
    "CHANGES",
    "DISCLOSURES",
    "FAULTS",
    "JOB_PREFIX",
    "OBLIGATIONS",
    "REASONS",
    "Advice",
    "Cell",
    "CompiledPolicy",
    "Context",
    "Decision",
    "Fault",
    "Grant",
    "GuardSettings",
    "Matrix",
    "MatrixDiff",
    "MatrixRefused",
    "Name",
    "Policy",
    "PolicyError",
    "Principal",
    "Purpose",
    "Record",
    "Request",
    "advise",
    "changed",
    "compile",
    "decide",
    "decide_many",
    "effective_matrix",
    "explain",
]
