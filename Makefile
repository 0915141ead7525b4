SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON_HERE := .venv/bin/python
WORKERS ?= 2

.PHONY: help setup setup-test run test test-hours check format bench lock migration clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-10s %s\n", $$1, $$2}'

setup:  ## install what the product needs into .venv, from hashed locks (uv when there, pip otherwise)
	@scripts/setup

run: setup  ## migrate the database, load the demo chain once, serve on http://127.0.0.1:8000 (PORT=... overrides)
	@exec .venv/bin/flask serve

setup-test:
	@scripts/setup test

test: setup-test  ## all tests, on SQLite and on a PostgreSQL they start themselves (ARGS=... goes to pytest)
	@$(PYTHON_HERE) -m pytest -n $(WORKERS) $(ARGS)

test-hours: setup-test  ## what depends on the hour, at moments that have bitten others: midnights, month ends, 29 February, summer time
	@$(PYTHON_HERE) -m tests.clock.awkward -n $(WORKERS) $(ARGS)

check: setup-test  ## format, lint, and strict types in the pure files (make format writes the format)
	@$(PYTHON_HERE) -m ruff format --check .
	@$(PYTHON_HERE) -m ruff check .
	@files="$$($(PYTHON_HERE) -m tests.house.pure)"; if [ -n "$$files" ]; then $(PYTHON_HERE) -m mypy $$files; fi

format: setup-test  ## Python in the one format, 100 columns
	@$(PYTHON_HERE) -m ruff format .

bench: setup-test  ## the table of benchmarks
	@$(PYTHON_HERE) -m benchmarks

lock:  ## remake the hashed locks from requirements/*.in (needs uv; ARGS=--upgrade takes the newest versions)
	@scripts/lock $(ARGS)

migration: setup-test  ## write a migration from the difference between tables and history: make migration m="add stores"
	@.venv/bin/flask db revision "$(m)"

clean:  ## remove .venv and caches; data in instance/ stays
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
