"""How programs prove who they are: service keys, bound to a client, to networks and to an end."""
