"""Work that outlives a request: runs of jobs, the runner that takes them, health.
Uses ui and what is above it."""
