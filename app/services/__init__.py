"""What the application does beside answering: the schedule, simulations and re-assignments as runs,
erasure with all copies. Uses imports and what is above them."""
