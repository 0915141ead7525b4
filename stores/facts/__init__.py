"""Tables of what happened: entries, events, orders, refunds, credits, customers, and what was
decided about each. Uses base, geo and network."""
