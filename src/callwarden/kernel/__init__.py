"""What every chapter leans on: people, errors, time, guarded states, events, approvals, findings, messages."""
