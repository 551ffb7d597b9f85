"""The four chapters side by side, and what needs a decision today."""
