"""Orders and refunds: whose sale it is, what it credits and what it books (D1-D6, B6, B12).
Uses imports, routing and what is above them."""
