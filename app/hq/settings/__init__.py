"""Users, keys, files, jobs, the audit log, samples of components."""
