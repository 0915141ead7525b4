"""The network as it stands and stood: branches, dealers, contracts, stores, guides, hours,
closings, pauses, policies, who may see what. Uses base and geo."""
