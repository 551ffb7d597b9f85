"""How the world reaches Callwarden: console, REST, command line, spool."""
