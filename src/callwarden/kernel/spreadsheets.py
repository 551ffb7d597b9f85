"""Tables that leave as CSV and are opened in a spreadsheet."""

from __future__ import annotations


def inert(cell: str) -> str:
    """A cell no spreadsheet takes for a formula. Source: OWASP, CSV injection."""
    return f"'{cell}" if cell[:1] in "=+@\t\r" or (cell[:1] == "-" and not cell[1:].isdigit()) else cell
