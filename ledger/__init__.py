"""Money: accounts, transfers, audit and seals, leases, bulk writes. Knows nothing of stores."""
