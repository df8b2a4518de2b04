# Every target sets up what it needs: a fresh clone with Python >= 3.11, make and a package index is enough.

.DEFAULT_GOAL := help
.PHONY: help help-text docs docs-check demo test check lint format types openapi schemathesis prism examples sync faults fuzz mutation bench bench-guard clean

# The first interpreter that really runs and is new enough; a version manager's shim may not.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

VENV ?= .venv
BIN := $(VENV)/bin
SOURCES := $(wildcard capillary_async tests tools benchmarks fuzz openapi docs)

help: ## Say what can be made.
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 14

demo: $(VENV)/installed-cli,parquet ## Look up 2,000 customers of a server on this machine, in about 20 seconds.
	@$(BIN)/capillary demo

test: $(VENV)/installed-test ## Run the tests and report the branch coverage.
	@$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -m "not unmeasured"
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	$(BIN)/python -m pytest -m unmeasured

check: lint types test faults bench-guard ## Everything that can fail.

lint: $(VENV)/installed-dev ## Look for faults and for what the formatter would change.
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/installed-dev ## Lay the source out.
	$(BIN)/ruff check --select I --fix
	$(BIN)/ruff format

sync: $(VENV)/installed-test ## Write the types of the blocking client from those of the async one.
	$(BIN)/python -m tools.sync_stub

types: $(VENV)/installed-dev ## Run the type checkers, and see that no public name is without a type.
	$(BIN)/mypy $(SOURCES)
	$(BIN)/pyright
	@PATH="$(abspath $(BIN)):$$PATH" pyright --verifytypes capillary_async --ignoreexternal > $(VENV)/types.txt || \
		{ sed -n '/^Symbols used/,$$p' $(VENV)/types.txt; exit 1; }

openapi: $(VENV)/installed-test ## Make the OpenAPI document anew that the sandbox serves.
	$(BIN)/python -m openapi

schemathesis: $(VENV)/installed-cli ## Ask the sandbox whatever its OpenAPI document allows, and much that it does not.
	openapi/schemathesis.sh $(BIN)/python

prism: $(VENV)/installed-test ## Let the client read what Prism makes of the OpenAPI document; skipped without npm.
	openapi/prism.sh $(BIN)/python

examples: $(VENV)/installed-test,examples ## Start every service and worker of examples/, and break what is behind it.
	EXAMPLES=all $(BIN)/python -m pytest -rs tests/examples

faults: $(VENV)/installed-test ## Break connections and bodies in every known way, and count what is lost.
	$(BIN)/python -m tests.faults

help-text: $(VENV)/installed-dev ## Store what `capillary --help` prints.
	@$(BIN)/python -c "from capillary_async.cli import HELP_FILE, commands; HELP_FILE.write_text(commands.help_text(), 'utf-8')"

SECONDS ?= 60
fuzz: $(VENV)/installed-fuzz ## Feed SECONDS of unforeseen bytes to each of the parts that read them.
	$(BIN)/python -m fuzz --seconds $(SECONDS)

docs: $(VENV)/installed-docs ## Build the documentation site into docs/_build/html.
	@rm -rf docs/_build/html
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html

docs-check: docs $(VENV)/installed-test ## Open every page of the site in a browser, follow its links, search it.
	SITE=docs/_build/html $(BIN)/python -m pytest -rs tests/docs

mutation: $(VENV)/installed-mutation ## Change the parts that must not be wrong, and see that a test notices; hours.
	$(BIN)/mutmut run --max-children 1
	@$(BIN)/mutmut results

bench: $(VENV)/installed-bench ## Measure, and write the results into benchmarks/README.md.
	$(BIN)/python benchmarks/report.py

bench-guard: $(VENV)/installed-cli ## Fail when a hot path does more work than before.
	$(BIN)/python benchmarks/guard.py

# pip is quick to find nothing to do, but not quick enough to ask every time.
$(VENV)/installed-%: pyproject.toml | $(BIN)/python
	@echo "installing capillary-async[$*] into $(VENV)"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[$*]'
	@touch $@

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

clean: ## Remove what the other targets made.
	rm -rf $(VENV) docs/_build docs/reference/generated .coverage* .hypothesis .mypy_cache .pytest_cache .ruff_cache .fuzz mutants dist htmlcov
	find $(SOURCES) -name __pycache__ -type d -exec rm -rf {} +
