from tests.kernel.conftest import Ledger, ledger, person, time

__all__ = ["Ledger", "ledger", "person", "time"]
