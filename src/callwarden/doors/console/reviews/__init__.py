"""Reviews of rights: campaigns, what each reviewer decides, and the signed report."""
