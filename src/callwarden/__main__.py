"""`python -m callwarden` is the `callwarden` program."""

from callwarden.doors.cli.main import main

main()
