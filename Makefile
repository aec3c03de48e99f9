# `make run` and `make test` need git, make, curl and any Python from 3.9 on; they bring
# the rest into this folder (.tools, .venv).
SHELL := /bin/sh
TOOLS := .tools
UV := $(TOOLS)/bin/uv
UV_VERSION := 0.13.8
PYTHON ?= python3
KONBIT := .venv/bin/konbit

.DEFAULT_GOAL := help
.PHONY: help setup run train test lint types unit data-check dialogue journeys evaluate bench migrate browser clean

help: ## list all targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null || \
	  { echo "make: $(PYTHON) is missing or older than 3.9; set PYTHON=/path/to/python3" >&2; exit 1; }
	@mkdir -p . && test -w . || { echo "make: this folder cannot be written to" >&2; exit 1; }
	@$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: $(UV) pyproject.toml uv.lock
	@$(UV) sync --frozen --quiet || { echo "make: could not install; uv needs Python 3.10 or the network to get it" >&2; exit 1; }
	@touch $@

setup: .venv/.synced ## install everything into this folder

run: setup ## train if needed, then start edge, console and worker
	@exec $(KONBIT) up

train: setup ## train the model from nlu_data
	@$(KONBIT) train

test: setup lint types train-if-needed data-check unit dialogue ## lint, types and every test

.PHONY: train-if-needed
train-if-needed: setup
	@$(KONBIT) train --if-needed

lint: setup ## style of the code
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .

types: setup ## types of the code
	@.venv/bin/mypy

unit: setup train-if-needed ## all tests of pytest
	@.venv/bin/pytest

data-check: setup ## the assistant's data, as Rasa sees it
	@.venv/bin/python -m tests.rasa_checks validate

dialogue: setup train-if-needed ## test stories
	@.venv/bin/python -m tests.rasa_checks stories

evaluate: setup train-if-needed ## measure understanding on the evaluation sets
	@$(KONBIT) evaluate tests/evaluation/*.jsonl

bench: setup train-if-needed ## measure the cost of a turn
	@.venv/bin/python -m tests.bench.turns

migrate: setup ## bring the database to the newest schema
	@$(KONBIT) migrate

clean: ## remove what was installed and trained, not the data in var
	rm -rf .venv $(TOOLS) models .rasa .pytest_cache .mypy_cache .ruff_cache
