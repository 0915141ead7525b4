"""What people decide about customers: pins, owners, homes, re-assignment of many.
Uses registers and what is above them."""
