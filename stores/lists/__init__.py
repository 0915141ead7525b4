"""What pages and the API read, scoped to the actor in the query itself.
Uses everything above; writes nothing."""
