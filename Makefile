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

# Roots and images that tests run on: built from Debian's packages, kept outside the checkout, shared by all checkouts of this machine.
export AUDITOPS_LAB ?= $(or $(XDG_CACHE_HOME),/var/tmp)/auditops-lab
export AUDITOPS_CHROOTS ?= $(AUDITOPS_LAB)/chroots

export ANSIBLE_COLLECTIONS_PATH := $(TREE)
export ANSIBLE_LOCALHOST_WARNING := False
export ANSIBLE_INVENTORY_UNPARSED_WARNING := False
export PATH := $(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help demo test lint sanity unit live molecule chroots vm-images vm matrix bench mutants build package docs fmt playbooks tree clean

help:
	@echo "make demo      a throwaway fleet of host trees: drift, remediate, drift again (no root)"
	@echo "make test      lint, sanity, package, molecule, unit and, as root, live tests with a real auditd"
	@echo "make lint sanity package unit playbooks live molecule   one of them"
	@echo "make chroots   roots of Debian 11, 12 and 13 with their own auditd, in $(AUDITOPS_LAB)"
	@echo "make vm-images disk images of Debian 12 and 13 that boot, there too"
	@echo "make workflows the files of .github by their schemas, and by actionlint where it is installed"
	@echo "make molecule-all   every scenario; make sabotage: each verifier has to notice a role that does nothing"
	@echo "make rulebook  the rulebooks of extensions/eda by ansible-rulebook; needs Java"
	@echo "make vm        stories on machines that boot there: a halt, a cure on its disks, a flood survived; 20 minutes and more"
	@echo "make first-steps   the one of them that .ci/run runs: the guide First steps, within 12 minutes"
	@echo "make matrix    drift and remediate by each ansible-core with each Python of a host that can be had here"
	@echo "make ways      the same drift documents by each way, ansible-core and Python: of the demo's fleet, or of INVENTORY=FILE"
	@echo "make bench     measurements, as ratios"
	@echo "make docs      what is generated in the checkout, and the documentation site in $(BUILD)/docs/html"
	@echo "make fmt       what ruff mends by itself: order of imports, spelling of expressions"
	@echo "make mutants   break a line at a time and see that a unit test notices (minutes; not part of make test)"
	@echo "make build     the collection's tarball in $(BUILD); make package also checks it as Galaxy and its users do"

demo: $(VENV)/.ansible tree
	@PYTHONPATH=$(TREE) $(BIN)/python $(COLLECTION)/demo/demo.py $(BUILD)/demo

test: lint sanity package molecule pytest

.PHONY: pytest
# The unit tests and the playbooks over trees on two workers, and the live tests beside them; the end counts and names the skips of both.
pytest: $(VENV)/.tools tree audit-package other-releases aws-collection connections
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python tests/tools/run_tests.py $(BUILD)

unit: $(VENV)/.tools tree
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider -rs -n 2 tests/unit

playbooks: $(VENV)/.tools tree aws-collection
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider -rs -n 2 tests/playbooks

live: $(VENV)/.tools tree audit-package other-releases connections
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider -rs tests/live

lint: $(VENV)/.tools tree shellcheck-package
	cd $(COLLECTION) && ruff check .
	cd $(TREE) && mypy --config-file $(COLLECTION)/mypy.ini --cache-dir $(BUILD)/mypy -p ansible_collections.auditops.auditd.plugins
	cd $(COLLECTION) && yamllint --strict .
	cd $(COLLECTION) && shellcheck .ci/run
	cd $(COLLECTION) && ansible-lint --offline
	cd $(COLLECTION) && antsibull-changelog lint
	cd $(COLLECTION) && antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs all .
	reuse lint --quiet || { reuse lint; exit 1; }
	@$(MAKE) -s workflows

.PHONY: workflows
workflows: $(VENV)/.tools
	check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/bug.yml .github/ISSUE_TEMPLATE/feature.yml
	check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	check-jsonschema --builtin-schema vendor.gitlab-ci docs/examples/gitlab-ci.yml
	@if command -v actionlint > /dev/null; then actionlint; else echo "actionlint: skipped, it is not installed here"; fi

sanity: $(VENV)/.tools tree
	$(BIN)/python $(COLLECTION)/tests/tools/run_sanity.py $(COLLECTION)

# Scenarios over trees need no root; chroot roots are built for fleet and container. What make test runs: SCENARIOS. One that this machine
# cannot run, or not in time, is skipped with its reason; one that leaves anything behind has failed.
SCENARIOS ?= remediate container
ALL_SCENARIOS := $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard molecule/*/molecule.yml)))))
molecule: $(VENV)/.tools tree
	$(BIN)/python tests/tools/run_scenarios.py $(TREE) $(SCENARIOS)

.PHONY: molecule-all sabotage container-packages
molecule-all: container-packages lab-packages vm-packages
	$(MAKE) molecule SCENARIOS="$(ALL_SCENARIOS)"

# The other way round: each verifier has to notice a role that does nothing.
sabotage: $(VENV)/.tools tree
	$(BIN)/python tests/tools/sabotage.py $(TREE)

container-packages:
	@if $(HAS_APT) && ! { command -v podman && command -v runc && command -v ssh; } > /dev/null; then \
	  { apt-get update -q && $(APT_GET) openssh-client podman runc; } || echo "not installed; scenarios that need them are skipped"; fi

# The rulebooks by ansible-rulebook, in an environment of its own: it needs Java, and wants releases of its libraries that others do not.
.PHONY: rulebook
rulebook: $(VENV)/.tools tree
	@if $(HAS_APT) && ! command -v java > /dev/null; then apt-get update -q && $(APT_GET) default-jre-headless; fi
	@command -v java > /dev/null || { echo "ansible-rulebook needs Java, which is not installed here"; exit 1; }
	test -x $(BUILD)/rulebook/bin/ansible-rulebook || { $(PYTHON) -m venv $(BUILD)/rulebook && \
	  $(BUILD)/rulebook/bin/python -m pip --disable-pip-version-check -q install ansible-rulebook ansible-core; }
	cd $(COLLECTION) && AUDITOPS_RULEBOOK=$(BUILD)/rulebook/bin/ansible-rulebook PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider \
	  -rs tests/playbooks/test_rulebook.py

# What is written from another file (guide to controls, tables in the roles' READMEs), then the site; the checkout's own files change.
docs: $(VENV)/.tools tree
	PYTHONPATH=$(TREE) $(BIN)/python tests/tools/make_controls_rst.py
	PYTHONPATH=$(TREE) $(BIN)/python tests/tools/make_guides.py
	PYTHONPATH=$(TREE) $(BIN)/python tests/tools/make_migration_guides.py
	$(BIN)/python tests/tools/make_role_readmes.py
	@$(MAKE) -s tree
	$(BIN)/python tests/tools/make_docs.py $(BUILD)/docs

fmt: $(VENV)/.tools
	$(BIN)/ruff check --fix-only .

.PHONY: ways
ways: $(VENV)/.tools tree
	$(BIN)/python tests/tools/same_documents.py $(TREE) $(INVENTORY)

bench: $(VENV)/.tools tree
	cd $(COLLECTION) && for bench in benchmarks/bench_*.py; do PYTHONPATH=$(TREE) $(BIN)/python $$bench || exit 1; done

mutants: $(VENV)/.tools tree
	@$(BIN)/python $(COLLECTION)/tests/tools/mutants.py $(TREE)

build: $(VENV)/.ansible tree
	cd $(COLLECTION) && ansible-galaxy collection build --force --output-path $(BUILD)

package: $(VENV)/.tools build
	$(BIN)/python tests/tools/check_package.py $(BUILD)/auditops-auditd-$$(sed -n 's/^version: *//p' galaxy.yml).tar.gz

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

.PHONY: tools
tools: $(VENV)/.tools

$(VENV)/.tools: tests/requirements.txt | $(BIN)/python
	$(PIP) install -r tests/requirements.txt
	@touch $@ $(VENV)/.ansible

# The live tests want a real auditd, a real cron and roots of other releases; where this is root on a system with apt, get them. Elsewhere
# those tests say why they skip.
HAS_APT := [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null
APT_GET := DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends
.PHONY: audit-package shellcheck-package lab-packages other-releases
audit-package:
	@if $(HAS_APT) && ! { command -v setfacl && command -v auditd && command -v cron && command -v grub-mkconfig && command -v losetup && command -v mkfs.xfs && command -v selabel_lookup && command -v zstd; } > /dev/null; then \
	  apt-get update -q && $(APT_GET) acl auditd btrfs-progs cron fdisk grub-common lz4 mount selinux-utils tzdata xfsprogs zstd; fi

lab-packages:
	@if $(HAS_APT) && ! command -v mmdebstrap > /dev/null; then apt-get update -q && $(APT_GET) mmdebstrap debian-archive-keyring; fi

other-releases: lab-packages audit-package
	@if $(HAS_APT); then $(PYTHON) molecule/lab/chroots.py; fi

# rescue_ec2's test: amazon.aws, which only those have who use it; and drift's by chroot: a connection of community.general.
.PHONY: aws-collection connections
aws-collection: $(VENV)/.tools
	@$(BIN)/python molecule/lab/aws_collection.py > /dev/null

connections: $(VENV)/.tools
	@$(BIN)/python molecule/lab/connections.py > /dev/null

chroots: lab-packages
	$(PYTHON) molecule/lab/chroots.py bullseye bookworm trixie

vm-images: lab-packages vm-packages
	$(PYTHON) molecule/lab/vm_images.py

.PHONY: vm-packages
vm-packages:
	@if $(HAS_APT) && ! { command -v qemu-system-x86_64 && command -v qemu-img && command -v ssh; } > /dev/null; then \
	  { apt-get update -q && $(APT_GET) e2fsprogs openssh-client qemu-system-x86 qemu-utils; } || echo "not installed; machines are skipped"; fi

# Machines that boot, halt and lose power; minutes each, one core.
vm: $(VENV)/.tools tree vm-images
	cd $(COLLECTION) && PYTHONPATH=$(TREE) $(BIN)/python -m pytest -q -p no:cacheprovider -rs tests/vm

# The one of them that .ci/run runs beside its first steps, in so many minutes or not at all.
.PHONY: first-steps
first-steps: $(VENV)/.tools tree
	cd $(COLLECTION) && PYTHONPATH=$(TREE) AUDITOPS_VM_MINUTES=12 $(BIN)/python -m pytest -q -p no:cacheprovider -rs tests/vm/test_first_steps.py

matrix: $(VENV)/.ansible tree lab-packages
	$(BIN)/python tests/tools/matrix.py $(TREE)

.PHONY: matrix-edges
matrix-edges: $(VENV)/.ansible tree
	$(BIN)/python tests/tools/matrix.py $(TREE) --edges

shellcheck-package:
	@command -v shellcheck > /dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null && apt-get update -q && apt-get install -yq shellcheck; } \
	  || { echo "shellcheck is needed: install it with your package manager"; exit 1; }
