"""Orders and what stores, dealers, branches and days brought."""
