"""The access matrix as the chapter shows it; what is done about it has pages of its own."""

from __future__ import annotations

from callwarden.control.access.models import PolicyVersion
from callwarden.control.access.queries import active
from callwarden.doors.console.chapters.words import role_label
from callwarden.doors.console.matrix import tables
from callwarden.doors.console.signed_in import ConsoleRequest

AS_GRANTED, AS_DECIDED = "granted", "decided"


def context_of(request: ConsoleRequest) -> dict[str, object]:
    """One role's part of the matrix, as it was granted or as it is decided."""
    law = active()
    roles = [role for role in law.matrix.roles]
    role = request.GET.get("role", "")
    role = role if role in roles else roles[0]
    view = AS_DECIDED if request.GET.get("view") == AS_DECIDED else AS_GRANTED
    cells = tables.decided(law) if view == AS_DECIDED else law.matrix.cells
    return {
        "matrix": tables.by_purpose(cells, role),
        "roles": [(one, role_label(one), one == role) for one in roles],
        "role_label": role_label(role),
        "view": view,
        "version": PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).first(),
        "differs": sorted(tables.decided(law) ^ law.matrix.cells) if view == AS_DECIDED else (),
        "versions": tables.versions(PolicyVersion.objects.order_by("-version")[:10]),
    }
