"""What booking posts: which months are due, and the difference to what the ledger holds."""
