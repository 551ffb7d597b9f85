from tests.centre import _keeper, client, keeper, keeper_folder
from tests.exchange import exchange, line

__all__ = ["_keeper", "client", "exchange", "keeper", "keeper_folder", "line"]
