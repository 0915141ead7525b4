"""Commands that bring facts in and prove them."""
