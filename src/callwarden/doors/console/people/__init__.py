"""Accounts: who has which rights, and what a security administrator does about them."""
