"""Pages and parts that several portals show: orders, rewards, maps, search, notices.
Uses api and what is above it."""
