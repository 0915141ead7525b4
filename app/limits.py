"""Rate limits (flask-limiter). With memory storage each process counts for itself; RATE_LIMIT_STORAGE shares the counts."""
from __future__ import annotations

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

SIGN_IN_RATE = "30 per minute;300 per hour"  # by address; the lock after 10 failures is counted by user in the database
limiter = Limiter(get_remote_address, headers_enabled=True)
