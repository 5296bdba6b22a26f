# Needs Python 3.11+, make and pip. Everything else goes into .venv, pinned by constraints.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ENGINES := .venv-engines
PIP := $(BIN)/python -m pip --disable-pip-version-check
EXAMPLE ?= examples/mini-2.md

.PHONY: help solve test lint types imports unit wheel real real-model slow engines gpu experiment clean

help: ## List what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 14

solve: $(VENV)/core ## Solve an example with the policy that ships in the package.
	$(BIN)/dreamcode solve $(EXAMPLE)

test: lint types imports unit ## Everything that CI checks.

lint: $(VENV)/dev ## Form and style.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/dev ## Types, strictly.
	$(BIN)/mypy

imports: $(VENV)/dev ## Which room may import which.
	$(BIN)/lint-imports

unit: $(VENV)/dev ## All quick tests in two processes, coverage, the ten slowest.
	$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term --durations=10

wheel: $(VENV)/dev ## Wheel and sdist in dist.
	$(BIN)/python -m build --no-isolation

real: $(VENV)/dev ## Checks over real problems and programs: make real DATA=folder
	$(BIN)/pytest -m real --real-data $(DATA)

real-model: $(VENV)/dev ## Builds a real language model (once, 269 MB in the cache), runs its checks.
	$(BIN)/python -m tests.real_model
	$(BIN)/pytest -m real_model

slow: $(VENV)/dev ## Checks that take minutes each.
	$(BIN)/pytest -m slow

engines: ## Checks with real vLLM and Ray, in an environment of their own (3.4 GB).
	$(PYTHON) -m tests.engines.install $(ENGINES)
	$(ENGINES)/bin/python -m pytest -m engines

gpu: $(VENV)/dev ## Checks on a GPU, with a torch that sees it.
	$(BIN)/pytest -m gpu

experiment: $(VENV)/dev ## Hours on two cores, resumable: all of docs/miniature.md anew.
	$(BIN)/python -m experiments.label_correction run --only data
	$(BIN)/python -m experiments.label_correction tune
	$(BIN)/python -m experiments.label_correction run
	$(BIN)/python -m experiments.label_correction measure
	$(BIN)/python -m experiments.label_correction report

$(VENV)/core: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --constraint constraints.txt --editable .
	touch $@

$(VENV)/dev: pyproject.toml constraints.txt $(VENV)/core
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev,bench,serve,train]'
	touch $@

clean: ## Remove the environment and caches.
	rm -rf $(VENV) $(ENGINES) dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
