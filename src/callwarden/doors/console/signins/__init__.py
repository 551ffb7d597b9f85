"""How people sign in here: the profile in force, who is shut out, and what an administrator does about it."""
