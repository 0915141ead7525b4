"""The policy, its simulation, and one visitor explained."""
