"""The ledger's writer: entries in the transaction of their act, one sequencer that makes them a tree."""
