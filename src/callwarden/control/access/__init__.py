"""Roles, purposes and categories: the matrix people edit, and the policy compiled from it."""
