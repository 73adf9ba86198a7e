# The commands of this project. `make run` and `make test` set up all they need themselves.
# One list, the same everywhere: .ci/run is `make ci` on a machine that may have nothing.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready-dev
SERVES := $(VENV)/.ready-run
ROUNDS ?= 20
FRAMES ?= 10000000
SECONDS ?= 3600
STORM ?= 1000

.PHONY: run test test-faults fuzz autobahn soak lint lint-js fmt docs breaks bench screenshots budgets vendor lock ci checks clean

run: $(SERVES)
	$(BIN)/pac seed-demo --if-empty
	$(BIN)/pac serve

test: $(READY)
	$(BIN)/python -m pytest $(ARGS)

test-faults: $(READY)
	PAC_TEST_ROUNDS=$(ROUNDS) PAC_TEST_STORM=$(STORM) $(BIN)/python -m pytest tests/faults -s $(ARGS)

fuzz: $(READY)
	FRAMES=$(FRAMES) $(BIN)/python -m scripts.fuzz $(ARGS)

autobahn: $(READY)
	$(BIN)/python -m scripts.autobahn

soak: $(READY)
	$(BIN)/python -m scripts.soak $(SECONDS) $(ARGS)

lint: $(READY)
	$(BIN)/ruff check src tests scripts bench
	$(BIN)/ruff format --check src tests scripts bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(if $(shell command -v npm),$(MAKE) -s lint-js,echo "npm is not installed: the browser's modules are not checked"; [ -z "$$CI" ])

lint-js: node_modules
	node_modules/.bin/tsc -p .

fmt: $(READY)
	$(BIN)/ruff check --fix src tests scripts bench
	$(BIN)/ruff format src tests scripts bench

node_modules: package-lock.json
	npm ci --silent
	@touch $@

vendor: node_modules
	$(BIN)/python -m scripts.vendor_js

docs: $(READY)
	$(BIN)/python -m scripts.make_docs
	$(BIN)/python -m scripts.check_links

breaks: $(READY)
	$(BIN)/python -m scripts.breaks --all

bench: $(SERVES)
	$(BIN)/pac bench $(ARGS)

screenshots: $(READY)
	$(BIN)/python -m scripts.screenshots

budgets: $(READY)
	$(BIN)/python -m scripts.budgets

# Two minutes of soak beside all the rest: it is light, and has nothing but its length. Its failure is a failure.
ci: $(READY)
	@mkdir -p build
	@PAC_SOAK_SECONDS=120 $(BIN)/python -m pytest tests/faults/soak.py -s >build/soak.log 2>&1 & soak=$$!; \
	$(MAKE) checks; checks=$$?; \
	wait $$soak; soaked=$$?; \
	cat build/soak.log; \
	exit $$((checks ? checks : soaked))

checks: lint docs
	git diff --exit-code -- docs
	$(MAKE) test
	$(BIN)/python -m scripts.breaks --sample 5
	$(BIN)/python -m scripts.check_wheel

lock: $(READY)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/run.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -c requirements/run.txt requirements/build.in -o requirements/build.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -c requirements/run.txt pyproject.toml --group dev -o requirements/dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "PAC needs Python 3.11 or newer; set PYTHON=python3.12 or the like."; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }

$(SERVES): requirements/run.txt requirements/build.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements/build.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements/run.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(READY): requirements/dev.txt $(SERVES)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements/dev.txt
	@touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
