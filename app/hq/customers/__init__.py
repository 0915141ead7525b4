"""Customers, entries, friend adds, stores that need help, re-assignment."""
