# Each target installs what it needs. A fresh clone, Python >= 3.11, make and a package index are enough.

.DEFAULT_GOAL := help
.PHONY: help help-text docs docs-check demo test test-measured test-unmeasured check lint format types openapi schemathesis prism examples sync faults fuzz mutation bench bench-guard clean

# The first interpreter that runs and is new enough; the shim of a version manager may not run.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := $(wildcard capillary_async tests tools benchmarks fuzz openapi docs)

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

demo: $(VENV)/installed-cli,parquet ## Look up 2,000 customers of a sandbox, and interrupt a job; takes about 20 seconds.
	@$(BIN)/capillary demo

test: test-measured test-unmeasured ## Run the tests and report the branch coverage.

test-measured: $(VENV)/installed-test
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not unmeasured"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

test-unmeasured: $(VENV)/installed-test
	$(BIN)/python -m pytest -m unmeasured

check: lint types test faults bench-guard ## Run lint, type checkers, tests, fault matrix and instruction counts.

lint: $(VENV)/installed-dev ## Check the source and its format.
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/installed-dev ## Format the source.
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format

sync: $(VENV)/installed-test ## Generate the types of the blocking client.
	$(BIN)/python -m tools.sync_stub

types: $(VENV)/installed-dev ## Run the type checkers, and check that every public name has a type.
	$(BIN)/mypy $(SOURCES)
	$(BIN)/pyright
	@PATH="$(abspath $(BIN)):$$PATH" pyright --verifytypes capillary_async --ignoreexternal > $(VENV)/types.txt || \
		{ sed -n '/^Symbols used/,$$p' $(VENV)/types.txt; exit 1; }

openapi: $(VENV)/installed-test ## Generate the sandbox's OpenAPI document.
	$(BIN)/python -m openapi

schemathesis: $(VENV)/installed-cli ## Test the sandbox with requests that its OpenAPI document allows or forbids.
	openapi/schemathesis.sh $(BIN)/python

prism: $(VENV)/installed-test ## Test the client with Prism, which serves the OpenAPI document; needs npm.
	openapi/prism.sh $(BIN)/python

examples: $(VENV)/installed-test,examples ## Test every service and worker of examples/.
	EXAMPLES=all $(BIN)/python -m pytest -rs tests/examples

faults: $(VENV)/installed-test ## Run the fault matrix, and count lost, doubled and wrong calls.
	$(BIN)/python -m tests.faults

help-text: $(VENV)/installed-dev ## Generate the stored output of `capillary --help`.
	@$(BIN)/python -c "from capillary_async.cli import HELP_FILE, commands; HELP_FILE.write_text(commands.help_text(), 'utf-8')"

SECONDS ?= 60
fuzz: $(VENV)/installed-fuzz ## Run each fuzz target for a part of SECONDS.
	$(BIN)/python -m fuzz --seconds $(SECONDS)

docs: $(VENV)/installed-docs ## Build the documentation site into docs/_build/html.
	@rm -rf docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

docs-check: docs $(VENV)/installed-test ## Test the pages, links and search of the site in a browser.
	SITE=docs/_build/html $(BIN)/python -m pytest -rs tests/docs

mutation: $(VENV)/installed-mutation ## Test the tests with small changes of the code; takes hours.
	$(BIN)/mutmut run --max-children 1
	@$(BIN)/mutmut results

bench: $(VENV)/installed-bench ## Run the benchmarks, and write the results into benchmarks/README.md.
	$(BIN)/python benchmarks/report.py

bench-guard: $(VENV)/installed-cli ## Fail if a hot path needs more instructions than before.
	$(BIN)/python benchmarks/guard.py

# The file avoids a slow call of pip in each run.
$(VENV)/installed-%: pyproject.toml | $(BIN)/python
	@echo "installing capillary-async[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

clean: ## Remove the files of the other targets.
	rm -rf $(VENV) docs/_build docs/reference/generated .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .fuzz mutants dist htmlcov
	find $(SOURCES) -name __pycache__ -type d -exec rm -rf {} +
