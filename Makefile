# Two commands matter: `make run` starts the desk, `make test` proves it. Both need only make and
# Python 3.11 or later with its venv module; everything else goes into .venv.

PORT ?= 8000
WORKERS ?= auto
ARGS ?=

VENV := .venv
PY := $(VENV)/bin/python
# Quiet to the second degree: only errors.
PIP_INSTALL := $(PY) -m pip install -qq --disable-pip-version-check --require-hashes
CANDIDATES := $(or $(PYTHON),python3 python3.11 python3.12 python3.13 python3.14)
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))
UV_COMPILE := uv pip compile pyproject.toml $(ARGS) --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

# What the settings of production need, none of it real: `check --deploy` connects to nothing.
PRODUCTION := SECRET_KEY=lint-$$(od -An -N48 -tx1 /dev/urandom | tr -d ' \n') ALLOWED_HOSTS=desk.example.org \
	DATABASE_URL=postgresql://desk@db.example.org/desk REDIS_URL=redis://redis.example.org/0 \
	PUBLIC_URL=https://desk.example.org

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test lint format screenshots describe lock clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT=8001 chooses the port of run, PYTHON=python3.12 the interpreter of install,"
	@echo "  ARGS='-k coverage' goes to pytest (or to manage.py run), REQUIRE_SERVICES=1 makes"
	@echo "  test fail where PostgreSQL, Redis or a browser is missing."

install: $(VENV)/.installed ## Build .venv from the locked requirements, once per lock
	@:

install-dev: $(VENV)/.installed-dev ## The same, with the tools for tests and lint
	@:

run: install ## Start web, worker and scheduler with the demo, at 127.0.0.1:8000
	@$(PY) manage.py run --port $(PORT) $(ARGS)

test: install-dev ## Run all tests that this machine can run
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: install-dev ## ruff, mypy, bandit, pip-audit, the floors, the audit trail, the migrations, the settings of production
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m tests.bypasses
	$(PY) -m bandit -q -r -c pyproject.toml accounts handover incidents ooh sops manage.py
	$(PY) -m tests.known_weaknesses
	$(PY) manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(PY) manage.py check --deploy --fail-level WARNING

format: install-dev ## Put the code into the form that lint wants
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

screenshots: install-dev ## Take the pictures of the README again (needs Chromium)
	$(PY) docs/screenshots.py

describe: install-dev ## Write the pages of roles and states again (needs graphviz)
	@$(PY) manage.py describe_roles > docs/roles.md
	@$(PY) manage.py graph_transitions incidents.Incident sops.SopVersion handover.Handover -o docs/states.svg
	@rm -f docs/states

lock: ## Resolve pyproject.toml again (needs uv; ARGS=--upgrade)
	@command -v uv >/dev/null || { echo "make lock needs uv, a resolver of Python packages: pip install uv" >&2; exit 1; }
	$(UV_COMPILE) --output-file requirements.txt
	$(UV_COMPILE) --extra dev --constraint requirements.txt --output-file requirements-dev.txt

clean: ## Remove .venv and the caches; the desk's data in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage staticfiles
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

$(PY):
	@for python in $(CANDIDATES); do \
	  if "$$python" -c '$(FITS)' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	  echo "The desk needs Python 3.11 to 3.14, and none of these is one: $(CANDIDATES)." >&2; \
	  echo "Install one, or name it: make install PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo "$$found has no venv module. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Building $(VENV) with $$("$$found" --version)"; \
	"$$found" -m venv --clear $(VENV)

$(VENV)/.installed: requirements.txt | $(PY)
	@echo "Installing the locked requirements, about half a minute"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

# The development lock holds the other one whole, so it serves `make run` as well.
$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(PY)
	@echo "Installing the locked requirements with the development tools, about a minute"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $(VENV)/.installed $@
