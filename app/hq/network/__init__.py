"""Stores, dealers, branches, guides, areas, offers: lists, forms and what a change would bring
about."""
