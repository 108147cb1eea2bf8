# SPDX-FileCopyrightText: 2026 The auditops.auditd authors
# SPDX-License-Identifier: GPL-3.0-or-later
# make demo: a throwaway fleet, drifted and remediated. make test: everything that must pass. No step needs preparing by hand.

PYTHON ?= python3
BUILD := $(CURDIR)/.build
VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
TREE := $(BUILD)/tree
COLLECTION := $(TREE)/ansible_collections/auditops/auditd
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

export ANSIBLE_COLLECTIONS_PATH := $(TREE)
export ANSIBLE_LOCALHOST_WARNING := False
export ANSIBLE_INVENTORY_UNPARSED_WARNING := False
export PATH := $(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help demo test lint sanity unit live molecule bench build tree clean

help:
	@echo "make demo      a throwaway fleet of host trees: drift, remediate, drift again (no root)"
	@echo "make test      lint, sanity, molecule, unit and, as root, live tests with a real auditd"
	@echo "make lint sanity unit live molecule   one of them"
	@echo "make bench     measurements, as ratios"
	@echo "make build     the collection's tarball in $(BUILD)"

demo: $(VENV)/.ansible tree
	@PYTHONPATH=$(TREE) $(BIN)/python $(COLLECTION)/demo/demo.py $(BUILD)/demo

test: lint sanity molecule pytest

.PHONY: pytest
pytest: $(VENV)/.tools tree audit-package
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider tests/unit tests/live

unit: $(VENV)/.tools tree
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider tests/unit

live: $(VENV)/.tools tree audit-package
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider tests/live

lint: $(VENV)/.tools tree shellcheck-package
	cd $(COLLECTION) && ruff check .
	cd $(COLLECTION) && yamllint --strict .
	cd $(COLLECTION) && shellcheck .ci/run
	cd $(COLLECTION) && ansible-lint --offline
	cd $(COLLECTION) && antsibull-changelog lint
	cd $(COLLECTION) && antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .
	reuse lint --quiet || { reuse lint; exit 1; }

sanity: $(VENV)/.tools tree
	$(BIN)/python $(COLLECTION)/tests/tools/run_sanity.py $(COLLECTION)

molecule: $(VENV)/.tools tree
	cd $(COLLECTION) && molecule test --scenario-name remediate

bench: $(VENV)/.tools tree
	cd $(COLLECTION) && for bench in benchmarks/bench_*.py; do PYTHONPATH=$(TREE) $(BIN)/python $$bench || exit 1; done

build: $(VENV)/.ansible tree
	cd $(COLLECTION) && ansible-galaxy collection build --force --output-path $(BUILD)

tree:
	@$(PYTHON) tests/tools/make_tree.py $(TREE) > /dev/null

clean:
	rm -rf $(BUILD) $(VENV) audit-report

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { echo "Python 3.10 or newer is needed on the controller; name one: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment here; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.ansible: | $(BIN)/python
	$(PIP) install ansible-core
	@touch $@

$(VENV)/.tools: tests/requirements.txt | $(BIN)/python
	$(PIP) install -r tests/requirements.txt
	@touch $@ $(VENV)/.ansible

# The live tests want a real auditd and a real cron; where this is root on a system with apt, get them. Elsewhere those tests say they skip.
.PHONY: audit-package shellcheck-package
audit-package:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && ! { command -v auditd && command -v cron; } > /dev/null; then \
	  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq auditd cron zstd; fi

shellcheck-package:
	@command -v shellcheck > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get update -q && apt-get install -yq shellcheck; } \
	  || { echo "shellcheck is needed: install it with your package manager"; exit 1; }
