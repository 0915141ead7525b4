"""The registers of the network: how rows of a file, or one row of the API, become stored rows
(CONTRACT 2). One deed per call of `apply`. What maintains stores, dealers, branches, guides, areas,
offers, terms and customers; uses orders and what is above them."""
