"""Periodic review of rights: somebody else says for each right whether it is still needed; silence revokes it."""
