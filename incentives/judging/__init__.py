"""How one guide's month is judged: plans in force, lines, movements. Pure."""
