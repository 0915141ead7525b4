"""What every room speaks of: actors, the brand's clock and money, keys and hashes, times, phones at
rest, large files in pieces. Uses nothing else of stores."""
