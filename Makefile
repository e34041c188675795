# Every target makes .venv, installs with pinned constraints and runs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# Absolute, so that a rebuild on import works without the environment being activated.
BUILD_ENV := PATH="$(CURDIR)/$(BIN):$$PATH" CYTHON="$(CURDIR)/$(BIN)/cython"
JOBS ?= $(shell nproc)

.PHONY: fly test check bench proof clean
.DEFAULT_GOAL := help

help:
	@echo "make fly | test | check | bench | proof | clean"

$(VENV)/.base: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) meson-python meson ninja cython numpy
	touch $@

# Editable: a changed .pyx, .pxd, .c or .h is rebuilt on the next import.
$(VENV)/.ground: $(VENV)/.base
	$(BUILD_ENV) $(PIP) --no-build-isolation --editable ".[ground]"
	touch $@

$(VENV)/.test: $(VENV)/.ground
	$(BUILD_ENV) $(PIP) --no-build-isolation --editable ".[ground,test]"
	touch $@

$(VENV)/.check: $(VENV)/.test
	$(BUILD_ENV) $(PIP) --no-build-isolation --editable ".[ground,test,check]"
	touch $@

fly: $(VENV)/.ground
	$(BIN)/smartsat fly

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(JOBS) -m "not proof"

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test
	$(BIN)/python -m tests.bench

proof: $(VENV)/.test
	$(BIN)/python -m pytest -m proof

clean:
	rm -rf $(VENV) build build-* runs
