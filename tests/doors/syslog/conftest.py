from tests.doors.api.conftest import _keeper as _keeper
from tests.doors.api.conftest import client, keeper, keeper_folder, line, owner

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line", "owner"]
