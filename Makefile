# The front door: `make` alone lists what there is. Settings are read from the environment, .env and the command line: make run PORT=8123
.DEFAULT_GOAL := help
.NOTPARALLEL:
SHELL := /bin/sh
PYTHON_OF_VENV := .venv/bin/python
RUNTIME := .venv/.runtime-installed
DEV := .venv/.dev-installed
CHARTS := static/vendor/vega.js

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(RUNTIME) $(CHARTS) ## make .venv and install what the application needs (the other targets do it by themselves)
	@echo "Set up. Now: make run"

.PHONY: run
run: $(RUNTIME) $(CHARTS) ## serve on http://127.0.0.1:8000 (PORT, HOST, DATA_DIR, REDIS_URL ... as in .env.example)
	@exec $(PYTHON_OF_VENV) -m gunicorn 'app:create_app()'

.PHONY: worker
worker: $(RUNTIME) ## run the queue's workers (needs REDIS_URL or CELERY_BROKER_URL)
	@exec $(PYTHON_OF_VENV) -m tenderline.worker

PARALLEL ?= -n 3 --dist loadfile --no-loadscope-reorder

.PHONY: test
test: $(DEV) $(CHARTS) ## lint, check types and run all tests (ARGS='tests/test_x.py -k word' is handed to pytest)
	@scripts/test-tools
	@status=0; \
	$(MAKE) --no-print-directory lint || status=$$?; \
	$(PYTHON_OF_VENV) -m pytest $(PARALLEL) $(ARGS) || status=$$?; \
	exit $$status

.PHONY: test-all
test-all: $(DEV) ## the same, then tasks, faults, the desk and the register again on PostgreSQL, and what uses a broker over RabbitMQ
	@scripts/test-tools all
	@status=0; \
	$(MAKE) --no-print-directory test || status=$$?; \
	echo "The task system, the desk and the register on PostgreSQL:"; \
	TEST_DATABASE=postgresql $(PYTHON_OF_VENV) -m pytest $(PARALLEL) -rs tests/tasks tests/faults tests/desk tests/register tests/web/test_register*.py || status=$$?; \
	echo "What uses a broker, over RabbitMQ:"; \
	TEST_BROKER=rabbitmq $(PYTHON_OF_VENV) -m pytest $(PARALLEL) -rs -m redis tests/tasks tests/faults || status=$$?; \
	exit $$status

.PHONY: lint
lint: $(DEV) ## ruff and mypy, nothing else
	@status=0; \
	$(PYTHON_OF_VENV) -m ruff check --output-format concise . || status=1; \
	$(PYTHON_OF_VENV) -m ruff format --check --quiet . || { echo "Not in ruff's form; make format mends it."; status=1; }; \
	$(PYTHON_OF_VENV) -m mypy || status=1; \
	exit $$status

.PHONY: format
format: $(DEV) ## put the code into ruff's form
	@$(PYTHON_OF_VENV) -m ruff check --fix --quiet . ; $(PYTHON_OF_VENV) -m ruff format .

.PHONY: bench
bench: $(DEV) ## measure, and compare with the naive way (takes minutes; ARGS="start cancel" names benchmarks)
	@scripts/test-tools
	@$(PYTHON_OF_VENV) -m bench $(ARGS)

.PHONY: requirements
requirements: $(PYTHON_OF_VENV) ## compile requirements*.in to hashed requirements*.txt (UPGRADE=1 takes the newest versions)
	@$(PYTHON_OF_VENV) scripts/packages.py compile $(if $(UPGRADE),--upgrade)

.PHONY: clean
clean: ## remove .venv and caches; never your data
	@rm -rf .venv static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis test-results
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON_OF_VENV):
	@scripts/make-venv

$(RUNTIME): requirements.txt $(PYTHON_OF_VENV)
	@$(PYTHON_OF_VENV) scripts/packages.py install requirements.txt
	@touch $@

$(CHARTS): requirements.txt tenderline/web/vendor.py | $(RUNTIME)
	@rm -f $@ && $(PYTHON_OF_VENV) -m tenderline.web.vendor

$(DEV): requirements-dev.txt $(RUNTIME)
	@$(PYTHON_OF_VENV) scripts/packages.py install requirements-dev.txt
	@touch $@
