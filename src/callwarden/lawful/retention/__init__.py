"""How long each category may be kept; due dates are computed, never typed."""
