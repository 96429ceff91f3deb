# Every target works on a fresh machine: it makes its own .venv first. The same names run locally and in CI.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CLAUDE_VERSION := 2.1.330
CLAUDE := .tools/node_modules/.bin/claude

.PHONY: help setup cli demo demo-claude test check bench clean

help: ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(READY) ## Make the Python environment in .venv

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "Python 3.10 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[community,release]' --group dev
	@touch $(READY)

cli: $(CLAUDE) ## Install the Claude Code CLI that the tests run, in .tools

$(CLAUDE):
	npm install --silent --no-fund --no-audit --prefix .tools @anthropic-ai/claude-code@$(CLAUDE_VERSION)

demo: $(READY) ## Play a month of recorded features through the hooks and show the insights
	$(BIN)/python scripts/demo.py

demo-claude: $(READY) $(CLAUDE) ## Play one feature in the real Claude Code, offline
	$(BIN)/python scripts/demo_claude.py

test: $(READY) $(CLAUDE) ## Run all tests
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --durations 15

check: $(READY) ## Lint, types, import direction, generated files, Python 3.9 in the hook
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/generate.py --check
	$(BIN)/vermin --no-tips --violations -t=3.9- $(HOOK_FILES)

# What runs in the session, in whatever Python is found there.
HOOK_FILES := hooks/record.py hooks/start.py telemetry/__init__.py telemetry/starter.py telemetry/hook.py telemetry/capture \
  telemetry/journal/__init__.py telemetry/journal/append.py telemetry/journal/furnish.py telemetry/journal/notes.py \
  telemetry/journal/retain.py telemetry/journal/sessions.py telemetry/journal/store.py \
  telemetry/contract/__init__.py telemetry/contract/event_check.py telemetry/contract/layout.py \
  telemetry/contract/refusals.py telemetry/contract/settings.py telemetry/contract/vocabulary.py

bench: $(READY) $(CLAUDE) ## Measure, side by side, and write docs/benchmarks.md
	$(BIN)/python -m benchmarks

clean: ## Remove what the targets above made
	rm -rf $(VENV) .tools build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
