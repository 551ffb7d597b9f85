"""The witness that a Basis was made by the gate and a Permit by the decision. Importable by those two only."""

from typing import Final


class _Witness:
    __slots__ = ()


WITNESS: Final = _Witness()
