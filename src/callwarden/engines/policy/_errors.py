"""What can be wrong with a policy. Errors carry a `code`, `data` without personal data, and an English sentence."""

from __future__ import annotations

from ._faults import Fault


class PolicyError(Exception):
    """Base of all policy errors."""

    def __init__(self, code: str, message: str, **data: str) -> None:
        super().__init__(message)
        self.code = f"policy.{code}"
        self.data = data


class MatrixRefused(PolicyError):
    """The matrix is not usable. `faults` are everything that is wrong, each with its code and place."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("matrix", "The access matrix is not usable: " + "; ".join(faults))
        self.faults = tuple(faults)
