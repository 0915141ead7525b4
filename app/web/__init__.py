"""What every answer passes through: errors, headers, limits, permissions, characters, logs.
Uses nothing else of app."""
