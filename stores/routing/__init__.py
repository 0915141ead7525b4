"""Leading a visitor: the decision, its rules in order, entering alone or in bulk, explanations,
checkout. Uses customers and what is above them."""
