"""Impact assessments, step by step."""
