"""The erasure of a person from every room (P5).
Uses all of them."""
