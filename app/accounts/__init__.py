"""Who is at the door: users, passwords, sessions.
Uses web."""
