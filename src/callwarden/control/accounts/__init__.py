"""Accounts as people administer them: who has which rights, who gave them, and for how long a post is held."""
