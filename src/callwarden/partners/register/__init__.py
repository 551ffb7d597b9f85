"""The register of partners: who they are, what they get, how far the centre has come with each, and what stops it."""
