"""Old years of the operation log: who decides that one is destroyed."""
