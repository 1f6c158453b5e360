# Everything a newcomer, a reviewer and CI do, by name. `make` alone lists the verbs.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
ROOMS := tasuki console jobs playbook sync staging connectors mappings catalog config sandbox

.PHONY: help setup demo test test-slow acceptance check format format-check lint types contracts shape \
        docs docs-check wheel bench match image lock assets release clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## create .venv with the locked packages (does nothing when up to date)
	@tools/setup

demo: setup ## walk the whole flow on a local sandbox, no account needed
	@$(BIN)/tasuki demo

test: setup ## run the suite (browser tests too, where there is a Chromium)
	@tools/install-chromium || true
	@$(PYTEST) -n 2 --dist loadfile -m "not slow and not bench and not acceptance"

test-slow: setup ## run the tests that take longer: kills, journeys, image, README
	@tools/install-chromium || true
	@$(PYTEST) -n 2 --dist loadfile -m "slow and not bench"

acceptance: setup ## other people's clients against the sandbox (needs npm)
	@tools/install-node && cd tests/acceptance && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
		|| echo "acceptance: the clients cannot be installed here; its tests will skip"
	@$(PYTEST) -q -m acceptance tests/acceptance

check: setup format-check lint types contracts test ## all that CI checks: format, lint, types, contracts, tests, docs, wheel

format: setup ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix-only --quiet .

format-check: setup
	@$(BIN)/ruff format --check .

lint: setup ## ruff with every rule, minus a list with reasons
	@$(BIN)/ruff check .

types: setup ## mypy --strict and pyright
	@$(BIN)/mypy
	@$(BIN)/pyright

contracts: setup ## which room may import which
	@$(BIN)/lint-imports --no-cache

shape: setup ## functions and modules fit one screen
	@$(PYTEST) -q tests/test_shape.py

docs: setup ## regenerate docs/reference from the code
	@$(BIN)/python tools/reference_docs.py

docs-check: setup ## the generated pages are up to date
	@$(PYTEST) -q -m "not slow" tests/test_docs.py

wheel: setup ## build the wheel and test what is in it
	@$(PYTEST) -q tests/test_packaging.py
	@$(BIN)/hatchling build -t wheel -d dist

bench: setup ## measure beside floor and goal: make bench ARGS="--only reading"
	@$(BIN)/python -m tools.bench $(ARGS)

match: setup ## measure names and matching: make match ARGS="--only register"
	@$(BIN)/python -m tools.match $(ARGS)

image: ## build the container image (needs a container engine)
	docker build --tag tasuki:dev .

lock: ## refresh requirements/ (needs uv)
	@tools/lock

assets: ## refresh the console's vendored assets (needs npm)
	@tools/vendor-assets

release: setup ## fold changes/ into CHANGELOG.md: make release VERSION=0.2.0
	@$(BIN)/python tools/release.py $(VERSION)

clean: ## remove what the other verbs made, .venv included
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find $(ROOMS) tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
