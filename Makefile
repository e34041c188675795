# Every target makes .venv, installs with pinned constraints and runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# --verbose shows how far our own build is. Bytecode is made of what is imported, when it is.
PIP := $(BIN)/python -m pip --disable-pip-version-check install --verbose --no-compile --constraint constraints.txt
SAY := $(BIN)/python editable/progress.py
REQUIRED := $(BIN)/python editable/requirements.py
# Absolute, so that a rebuild on import works without the environment being activated.
BUILD_ENV := PATH="$(CURDIR)/$(BIN):$$PATH"
JOBS ?= $(shell nproc)

.PHONY: environment fly test wheel check docs bench proof mutants sanitize firmware firmware-analyze firmware-check firmware-rules firmware-wire clean
.DEFAULT_GOAL := help

help:
	@echo "make environment | fly | test | wheel | check | docs | bench | proof | mutants | sanitize | firmware | firmware-analyze | firmware-check | clean"

$(VENV)/.base: pyproject.toml constraints.txt editable/environment.py
	@$(PYTHON) editable/progress.py 'environment' $(PYTHON) editable/environment.py $(VENV) constraints.txt
	@$(SAY) 'build tools' $(PIP) $$($(REQUIRED) build)
	touch $@

# Editable: a changed .pyx, .pxd, .c or .h is rebuilt on the next import. It is built while the libraries are fetched.
$(VENV)/.ground: $(VENV)/.base editable/_smartsat_editable.py editable/_smartsat_lock.py
	@$(BUILD_ENV) $(SAY) \
		'build' $(PIP) --no-deps --no-build-isolation --editable . + \
		'libraries' $(PIP) --no-warn-conflicts $$($(REQUIRED) run ground)
	touch $@

$(VENV)/.test: $(VENV)/.ground
	@$(SAY) 'libraries for tests' $(PIP) $$($(REQUIRED) run ground test)
	touch $@

$(VENV)/.check: $(VENV)/.test
	@$(SAY) 'tools for checks' $(PIP) $$($(REQUIRED) run ground test check)
	touch $@

$(VENV)/.docs: $(VENV)/.ground
	@$(SAY) 'tools for documents' $(PIP) $$($(REQUIRED) run ground docs)
	touch $@

# What tests and a developer need in .venv; then `. .venv/bin/activate`.
environment: $(VENV)/.test

# A terminal gets the progress bar; elsewhere a line tells now and then that it still flies.
fly: $(VENV)/.ground
	@if [ -t 1 ]; then $(BIN)/smartsat fly; else $(SAY) '=flight and report' $(BIN)/smartsat fly; fi

# WHEEL=1: against an installed wheel, in an environment of its own; it says which tests need the tree and do not run.
WHEEL ?=
test: $(VENV)/.test
	$(BIN)/python -m $(if $(WHEEL),tests.wheel,pytest) -n $(JOBS) --dist worksteal -m "not proof"

# A wheel in dist/, which runs from any folder without this tree.
wheel: $(VENV)/.ground
	@$(BUILD_ENV) $(SAY) 'wheel' $(BIN)/python -m pip --disable-pip-version-check wheel --verbose --no-build-isolation --no-deps --wheel-dir dist .

check: $(VENV)/.check firmware-rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_import_rules.py

# The documentation site, build-docs/index.html; warnings are errors.
docs: $(VENV)/.docs
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --doctree-dir build-docs/.doctrees docs build-docs
	@echo "build-docs/index.html"

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

# Slow proofs, then all property tests with new random seeds for EXPLORE_MINUTES; each seed is printed.
EXPLORE_MINUTES ?= 10
proof: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) -m proof
	$(BIN)/python -m tests.explore --minutes $(EXPLORE_MINUTES) -- -n $(JOBS)

# Small faults in the code, each of which should fail a test (tests/mutation/README.md).
MUTANTS ?=
mutants: $(VENV)/.test
	$(BIN)/python -m tests.mutation $(MUTANTS)

# The board's C under the address and undefined-behaviour sanitizers; SANITIZE_RUN is what runs on it.
SANITIZE_RUN ?= -m pytest tests/firmware_bindings
sanitize: $(VENV)/.test
	$(BIN)/python -m firmware_bindings.sanitize $(SANITIZE_RUN)

# The images for the STM32F405, into $(OUT)/arm: with a report, and budgets that fail the build. DEFINES=-DNAME=VALUE
# changes a constant of one build, in another OUT.
OUT ?= build-firmware
FIRMWARE := --silent --file firmware_bindings/firmware.mk OUT=$(OUT)
firmware:
	$(MAKE) $(FIRMWARE) firmware

# Static analysis of all our C by gcc and cppcheck.
firmware-analyze:
	$(MAKE) $(FIRMWARE) analyze

# The firmware's rules (firmware_bindings/firmware.mk), compiled for this machine; and with the images.
firmware-rules:
	$(MAKE) $(FIRMWARE) host

firmware-check:
	$(MAKE) $(FIRMWARE) host firmware

# After a change of hal/wire.py: print the C header again (a test compares it).
firmware-wire:
	$(PYTHON) -S -E hal/record_build.py --offsets hal.wire > build-wire.h && mv build-wire.h firmware_bindings/core/wire.h

clean:
	rm -rf $(VENV) build build-* runs
