"""When what goes: the calendar, what waits, runs over due dates, and the periods laws set."""
