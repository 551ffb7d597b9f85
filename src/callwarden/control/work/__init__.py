"""What explains an access: open tickets, running campaigns and shifts, and the ties that forbid one."""
