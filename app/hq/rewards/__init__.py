"""Reward plans and what guides earned."""
