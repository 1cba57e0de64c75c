# Two commands do all the set-up on a fresh machine: `make demo` and `make test`.
# Needs Python 3.11+ and, for `make test`, Node 20+ and (installed with apt where missing) Chromium.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
MODEL := $(VENV)/.model
MODULES := js/node_modules/.ready
NAME ?=

.PHONY: demo test lint bench study study-structure gallery docs wheel lab build-js check-bundles chromium

demo: $(MODEL)
	$(BIN)/python -m tokenscope_widgets.demo

test: $(MODEL) $(MODULES) chromium lint check-bundles
	cd js && npx vitest run
	$(BIN)/python -m pytest

lint: $(READY) $(MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	cd js && npx tsc --noEmit

bench: $(MODEL) chromium
	$(BIN)/python benchmarks/run.py $(NAME)

# docs/faithfulness.csv: about an hour; goes on where it was stopped
study: $(MODEL)
	$(BIN)/python benchmarks/studies/faithfulness.py

# docs/humaneval.md: a quarter of an hour; goes on where it was stopped
study-structure: $(MODEL)
	$(BIN)/python benchmarks/studies/structure.py

gallery: $(READY) chromium
	$(BIN)/python -m tests.gallery

# build/site, with a live page of each widget
docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

# build/dist: a wheel and a source distribution
wheel: $(READY)
	rm -rf build/dist && $(BIN)/python -m build --outdir build/dist

lab: $(MODEL)
	$(BIN)/jupyter lab notebooks/01_quickstart.ipynb

build-js: $(MODULES)
	cd js && node build.mjs

# the committed bundles must be what their source builds to
check-bundles: $(MODULES)
	rm -rf build/bundles && cd js && node build.mjs ../build/bundles
	diff -rq build/bundles tokenscope_widgets/static || (echo "Bundles differ from their source: run 'make build-js' and commit." && exit 1)

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	@# torch first and for the CPU, so that nothing else pulls in gigabytes of accelerator libraries
	$(BIN)/python -m pip install --quiet torch==2.13.0 $(TORCH_INDEX)
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@

$(MODEL): $(READY)
	$(BIN)/python -m tokenscope_widgets.models.demo
	touch $@

$(MODULES): js/package.json js/package-lock.json
	cd js && npm ci --no-fund --no-audit --loglevel=error
	touch $@

chromium:
	@if [ -x "$${CHROMIUM:-/usr/bin/chromium}" ]; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; \
	else echo "Chromium is needed for the browser tests: 'sudo apt-get install chromium', or set CHROMIUM=/path/to/chromium." >&2; exit 1; fi
