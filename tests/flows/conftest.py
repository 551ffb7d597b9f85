from tests.centre import _keeper, client, keeper, keeper_folder, line

__all__ = ["_keeper", "client", "keeper", "keeper_folder", "line"]
