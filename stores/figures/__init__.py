"""Sums of days kept beside the facts, exact at every moment: the cube, revenue, funnels, first
orders. Uses facts and what is above them."""
