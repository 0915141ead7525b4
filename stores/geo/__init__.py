"""Places: coordinates and their systems, nearest, areas, divisions, postal codes, names of places,
geocoders, IP addresses. Uses base."""
