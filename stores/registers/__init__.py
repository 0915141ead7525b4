"""The registers of the network: how rows of a file, or one row of the API, become stored rows (CONTRACT 2). One deed per call of `apply`."""
