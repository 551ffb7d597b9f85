"""Customers: masked profiles, look-up by what they are known by, and one customer with orders and calls."""
