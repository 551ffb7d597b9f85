"""Impact assessments: thought through before a risky purpose begins, approved by two, kept for three years."""
