"""The domain: a chain of stores, who is led where, whose sale it is. Rooms in the order of
tests/house/rooms.py: each uses those above it."""
