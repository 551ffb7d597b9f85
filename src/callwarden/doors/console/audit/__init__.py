"""The operation log as people read, check and take it away."""
