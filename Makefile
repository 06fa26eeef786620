# make demo   try it: pretended accounts, nothing leaves this machine
# make run    serve for real, with the settings of the environment (see .env.example)
# make test   everything that CI checks
# make bench  figures;  make format  lay out the code
# make faults exactly once, the long form: ARGS="--runs 20000 --kills 500 --seed 1 --minutes 60"
# make mutants breaks one promise after another, and says whether the tests see it

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo run test check format bench faults mutants clean

demo: $(VENV)/.installed
	@$(BIN)/python -m app.demo

run: $(VENV)/.installed
	@$(BIN)/python -m flask --app wsgi db upgrade
	@$(BIN)/python -m gunicorn wsgi:app

# Both are run whatever the other says; pytest's closing line comes last.
test: $(VENV)/.installed-dev
	@$(MAKE) --no-print-directory --keep-going check; checked=$$?; \
	$(BIN)/python -m pytest -n $(WORKERS); tested=$$?; \
	exit $$((checked ? checked : tested))

check: check-style check-layout check-types check-arrows check-templates

.PHONY: check-style check-layout check-types check-arrows check-templates
check-style: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
check-layout: $(VENV)/.installed-dev
	@$(BIN)/ruff format --check .
check-types: $(VENV)/.installed-dev
	@$(BIN)/mypy
check-arrows: $(VENV)/.installed-dev
	@$(BIN)/lint-imports --no-logo
check-templates: $(VENV)/.installed-dev
	@$(BIN)/djlint --quiet --lint templates

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.bench

faults: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.faults $(ARGS)

mutants: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.faults.mutating

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# Every package is pinned and hashed; an install happens only when a lock file has changed.
$(VENV)/.installed: requirements.lock | $(BIN)/pip
	$(BIN)/pip install --quiet --require-hashes -r $<
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock | $(BIN)/pip
	$(BIN)/pip install --quiet --require-hashes -r $<
	@touch $@ $(VENV)/.installed

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "Tieout needs Python 3.11 or later. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	{ rm -rf $(VENV); echo "Python has no venv here. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
