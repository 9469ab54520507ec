# The commands of customer360. `make` lists them.

VENV := .venv
BIN := $(VENV)/bin
SUPERSET := .venv-superset
SPARK := .venv-spark
PYTHON ?= python3
UV_VERSION := 0.13.9

compile = $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links

LANDING ?= seeds
AS_OF_DATE ?= 2026-06-30
MASTER ?= local-cluster[2,1,1024]

export CUSTOMER360_LANDING ?= $(abspath $(LANDING))

.DEFAULT_GOAL := help
.PHONY: help setup dev nightly test test-production check audit sbom soak airflow dashboards spark lint docs format lock secrets stop \
	browser redis bench-bedrock bench-load

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup: $(VENV)/.ready ## Install what runs into .venv

dev: $(VENV)/.ready-dev ## Install what runs, tests and checks into .venv

# One environment, two extents: the second lock holds the first one's versions and the tools besides.
define install
	@echo "Setup:     installing the locked packages into $(VENV)"
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else "customer360 needs Python 3.11, 3.12 or 3.13; this is %d.%d. Name another: make PYTHON=python3.12" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes $<
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
endef

$(VENV)/.ready: requirements.lock pyproject.toml
	$(install)
	@rm -f $(VENV)/.ready-dev
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock requirements.lock pyproject.toml
	$(install)
	@touch $(VENV)/.ready $@

nightly: setup ## Take the sample delivery to published marts (LANDING=… AS_OF_DATE=… for another)
	@$(BIN)/customer360 nightly --landing $(LANDING) --as-of-date $(AS_OF_DATE)

# The long files come first, as pyproject.toml names their folders: else one process ends minutes after the other.
test: dev browser lint ## Run all tests but the large ones, and every house rule
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-production: dev browser redis $(SUPERSET)/.ready $(SPARK)/.ready ## Run the large tests: Celery workers, backfills, erasure, the tutorial, Superset, Spark
	$(BIN)/pytest tests/production

check: dev lint ## Run the quick tests (under 2 minutes)
	$(BIN)/pytest tests/unit tests/dags tests/warehouse/test_warehouse.py

audit: dev ## Look up known vulnerabilities of the locked packages (needs a network)
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --requirement requirements.lock

sbom: dev ## Write the software bill of materials to build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --no-validate \
		--output-file build/sbom.json

soak: dev ## Kill, stop and fill the disk of nights, and publish under readers (an hour; root for the disks)
	PYTHONPATH=plugins:tests $(BIN)/python -u tests/soak.py --report docs/benchmarks/soak.json

airflow: setup ## Open the Airflow UI on 127.0.0.1
	@$(BIN)/customer360 airflow

dashboards: setup $(SUPERSET)/.ready ## Open the dashboards in Superset on 127.0.0.1
	@$(BIN)/python -m customer360.dashboards

# Superset needs an older SQLAlchemy, so it has an environment of its own.
$(SUPERSET)/.ready: dashboards/requirements.lock | setup
	@echo "Setup:     installing Superset into $(SUPERSET)"
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 12) else "Superset needs Python 3.11 or 3.12; this is %d.%d. Name another: make dashboards PYTHON=python3.12" % v)'
	@test -x $(SUPERSET)/bin/python || $(PYTHON) -m venv $(SUPERSET)
	@$(BIN)/uv pip sync --quiet --python $(SUPERSET)/bin/python --compile-bytecode --require-hashes $<
	@touch $@

spark: nightly $(SPARK)/.ready ## Build models on Spark too and compare them with PostgreSQL's (LANDING=… AS_OF_DATE=… MASTER=…)
	@$(BIN)/python -m customer360.distributed --master '$(MASTER)'

# Spark is nearly as large as all the rest, and only this needs it.
$(SPARK)/.ready: requirements-spark.lock | setup
	@echo "Setup:     installing Spark into $(SPARK)"
	@test -x $(SPARK)/bin/python || $(PYTHON) -m venv $(SPARK)
	@$(BIN)/uv pip sync --quiet --python $(SPARK)/bin/python --compile-bytecode --require-hashes $<
	@touch $@

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/yamllint --strict .
	$(BIN)/sqlfluff lint --processes 2 dbt_project/models

docs: dev ## Build the documentation into build/site
	@NO_MKDOCS_2_WARNING=1 DISABLE_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet
	@echo "Documentation: build/site/index.html"

format: dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The browser tests use Debian's Chromium; elsewhere they are skipped with a message.
browser:
	@command -v chromium >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
		|| (echo "Setup:     installing Chromium for the browser tests" && apt-get update -qq \
			&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null) \
		|| echo "Chromium cannot be installed here; the browser tests will be skipped."

# Celery's broker, for the large tests; elsewhere they are skipped with a message.
redis:
	@command -v redis-server >/dev/null || test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
		|| (echo "Setup:     installing Redis for the large tests" && apt-get update -qq \
			&& DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends redis-server >/dev/null) \
		|| echo "Redis cannot be installed here; the night on Celery workers will be skipped."

bench-bedrock: dev ## How much of a quota becomes answers, beside botocore's retries
	@PYTHONPATH=tests $(BIN)/python tests/bench_bedrock.py

lock: dev ## Renew all locks
	$(compile) pyproject.toml --output-file requirements.lock
	$(compile) --group dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock
	$(compile) --group bench --output-file requirements-bench.lock
	$(compile) --group spark --constraint requirements.lock --output-file requirements-spark.lock
	$(compile) dashboards/requirements.in --output-file dashboards/requirements.lock

.venv-bench/.ready: requirements-bench.lock | setup
	@$(PYTHON) -m venv .venv-bench
	@VIRTUAL_ENV=.venv-bench $(BIN)/uv pip sync --quiet --require-hashes requirements-bench.lock
	@touch $@

bench-load: setup .venv-bench/.ready ## Compare loading with psql copy, pandas to_sql and dlt
	@$(BIN)/python benchmarks/load.py

secrets: ## Draw the secrets of docker-compose.yml into secrets/
	@$(PYTHON) docker/draw_secrets.py secrets

stop: ## Stop the local warehouse
	@$(BIN)/customer360 warehouse stop
