"""The HTTP API: calls declared beside their views (`declare`), strict input (`types`, `query`),
problems, pages, documents. Uses services and what is above them."""
