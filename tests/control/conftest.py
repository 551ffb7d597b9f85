from tests.kernel.conftest import Ledger, ledger, person, refused, time

__all__ = ["Ledger", "ledger", "person", "refused", "time"]
