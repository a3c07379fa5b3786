# Every target does its own set-up; a second run does none of it again.
# PYTHON is the interpreter that the virtual environment is made with: make PYTHON=python3.12 setup

PYTHON ?= python3
VENV_PYTHON := .venv/bin/python

# Tests and benchmarks start hundreds of processes, each of which would compile the code anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all lint format bench docs clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv from requirements.txt and find or build the Pulumi engine
	@command -v $(PYTHON) >/dev/null || { echo "setup: $(PYTHON) is not on PATH: install Python 3.11 or newer (https://www.python.org/downloads/)" >&2; exit 1; }
	@$(PYTHON) -m tools.setup

demo: setup ## Deploy to the sandbox, send requests, show what happens
	@$(VENV_PYTHON) -m sandbox demo

test: lint ## Lint, then every test but the exhaustive ones (a sample of these is in)
	@$(VENV_PYTHON) -m pytest -m "not exhaustive"

test-all: lint ## Lint, then every test there is: about an hour
	@$(VENV_PYTHON) -m pytest

lint: setup ## Style, formatting, types, import rules, the engine's Go code
	@$(VENV_PYTHON) -m tools.lint

format: setup ## Write the formatting that lint checks for
	@$(VENV_PYTHON) -m ruff check --fix-only --quiet .
	@$(VENV_PYTHON) -m ruff format .

bench: setup ## Measure what the README states
	@$(VENV_PYTHON) -m benchmarks

docs: setup ## Build the documentation as a site, in .build/docs
	@$(VENV_PYTHON) -m sphinx -W --keep-going --quiet -c docs . .build/docs && echo "open .build/docs/docs/index.html"

clean: ## Remove .venv, built bundles, bytecode and caches (not the engine, not the sandbox's state)
	@rm -rf .venv .build .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -prune -exec rm -rf {} +
