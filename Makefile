# Two commands to remember: `make demo` and `make test`. Everything else is for people who change the code.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export XUEFEN_HOME ?= var

.PHONY: demo test check fix bench up setup test-setup lock assets screenshots clean help

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | column -t -s $$'\t'

$(READY): requirements/dev.txt pyproject.toml
	@echo "Setting up the virtual environment (once)…"
	@$(PYTHON) scripts/check_python.py
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

setup: $(READY) ## Virtual environment with hash-locked dependencies

demo: $(READY) ## A bank with made-up people: runs the main job, then serves http://127.0.0.1:8000
	@$(BIN)/python scripts/fonts.py
	@$(BIN)/xuefen demo $(ARGS)

up: $(READY) ## The bank in ./var: database, web server, worker, sequencer
	@$(BIN)/xuefen up $(ARGS)

test-setup: $(READY)
	@$(BIN)/python scripts/test_tools.py

test: test-setup ## Every test, on a real PostgreSQL and in a real browser
	@scripts/test.sh $(ARGS)

check: $(READY) ## Format, lint, types, arrows, house lint, migrations, diagrams, OpenAPI
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports
	@$(BIN)/python scripts/lint_house.py
	@$(BIN)/python scripts/generated.py --check

fix: $(READY) ## Format, mend what lint can mend, write generated files anew
	@$(BIN)/ruff check --fix --exit-zero --quiet .
	@$(BIN)/ruff format .
	@$(BIN)/python scripts/generated.py

$(VENV)/.bench: $(READY) requirements/bench.txt
	@echo "Setting up the peers to measure against (once)…"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	@touch $@

bench: $(VENV)/.bench ## Named benchmarks (all by default): make bench ARGS="deposit log --write"; ARGS=--list says what each measures
	@$(BIN)/python -m benchmarks $(ARGS)

lock: $(READY) ## Resolve dependencies anew and pin them with hashes
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --extra dev --extra pkcs11 --extra evm --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements/dev.txt
	@$(BIN)/uv pip compile pyproject.toml --extra dev --extra pkcs11 --extra evm --extra bench --generate-hashes --no-emit-index-url --no-annotate --no-header -o requirements/bench.txt

assets: ## Fetch the pinned styles and scripts anew from their packages (needs npm)
	@$(PYTHON) scripts/vendor_assets.py

screenshots: test-setup ## Screenshots of the demo for the README
	@$(BIN)/python scripts/screenshots.py

clean: ## Forget the virtual environment and caches; the bank in ./var stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
