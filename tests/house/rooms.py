"""The order of the rooms: each uses itself and those above it in its list, never one below."""

from __future__ import annotations

STORES = (
    "base",
    "geo",
    "network",
    "facts",
    "figures",
    "customers",
    "routing",
    "imports",
    "orders",
    "registers",
    "network_check",
    "customer_deeds",
    "lists",
    "exports",
    "simulation",
    "privacy",
)
APP = (
    "web",
    "accounts",
    "ui",
    "jobs",
    "imports",
    "services",
    "api",
    "pages",
    "dealer",
    "guide",
    "hq",
    "demo",
    "cli",
)
MOST_FILES = 30  # of a folder, beside its __init__
