"""What guides earn: plans, facts, calculation, booking, sheets. Uses stores and ledger."""
