# Everything here works from a fresh clone: the first command sets up .venv, once.
PYTHON ?= python3
PY := .venv/bin/python

# Large, and the same for every clone: kept outside of them.
EXPORTS ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hardwire/exports
RAY ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/hardwire/ray
FROM ?= 0
IN_EXPORTS := TRANSFORMERS_4=$(EXPORTS)/transformers4 OMP_NUM_THREADS=1 PYTHONPATH=src $(EXPORTS)/bin/python
EXPORT_TESTS := tests/export tests/datasets/test_discovery.py \
  tests/cli/test_cli_datasets.py::test_discovery_prints_a_table_or_names_its_extra 'tests/test_docs.py::test_examples[docs/exports.md]' \
  'tests/examples/test_notebooks.py::test_the_jupyter_notebooks_show_what_is_stored[activation_patching]' \
  'tests/examples/test_notebooks.py::test_the_jupyter_notebooks_show_what_is_stored[from_tracr]' \
  'tests/examples/test_notebooks.py::test_the_jupyter_notebooks_show_what_is_stored[fine_tuning]'

.PHONY: demo test test-exports test-ray test-notebook check docs web gallery font notebook jupyter bench limits bench-exports records nightly campaign mutants packages clean

demo: .venv/.cli-stamp  ## add two numbers by attention, and three more programs
	@$(PY) examples/demo.py

test: .venv/.dev-stamp  ## all tests, doctests and README examples
	$(PY) -m pytest -n 2

test-exports:  ## every export in the tool that it is for, in an environment of its own; skipped where that cannot be made
	@$(PYTHON) tests/export/environment.py $(EXPORTS); code=$$?; \
	if [ $$code = 0 ]; then $(IN_EXPORTS) -m pytest $(EXPORT_TESTS) -n 2 -p no:cacheprovider; \
	elif [ $$code != 3 ]; then exit $$code; fi

test-ray:  ## campaigns on a Ray cluster of this machine, in an environment of its own
	@test -x $(RAY)/bin/pytest || { $(PYTHON) -m venv $(RAY) && $(RAY)/bin/python -m pip install -q -e '.[cli,ray]' hypothesis pytest; }
	OMP_NUM_THREADS=1 $(RAY)/bin/python -m pytest tests/campaigns/test_on_ray.py -m 'nightly or not nightly' -p no:cacheprovider

test-notebook: .venv/.browser-stamp  ## `make notebook` in a fresh clone, in Chromium; skipped where there is none
	$(PY) tests/examples/browser.py

check: .venv/.dev-stamp  ## lint, format, types, sizes, and which package may import which
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) -m pytest tests/test_architecture.py tests/test_sizes.py

web: web/node_modules/.stamp  ## build the live page's bundle from web/, with npm
	cd web && npm run --silent build

docs: .venv/.docs-stamp  ## the documentation site, in site/: every link and every public name is checked
	@rm -rf docs/api site
	$(PY) -m sphinx -q -W --keep-going -b html docs site
	@echo "open site/index.html"

gallery: .venv/.dev-stamp  ## draw docs/gallery/ anew, and the figure of margins
	$(PY) docs/gallery/make.py
	$(PY) docs/margins.py

font: .venv/.dev-stamp  ## make the font of PNG files from the DejaVu Sans Mono that Matplotlib brings
	$(PY) docs/font.py

notebook: .venv/.notebook-stamp  ## open the tour, on this machine alone
	$(PY) -m marimo edit --host 127.0.0.1 --skip-update-check $(NOTEBOOK_FLAGS) examples/tour.py

jupyter: .venv/.dev-stamp  ## run the Jupyter notebooks of examples/ and keep what they show; most are made from notebooks of marimo
	for name in tour puzzles inside carry; do $(PY) examples/to_jupyter.py $$name || exit 1; done
	@$(PYTHON) tests/export/environment.py $(EXPORTS); code=$$?; \
	if [ $$code = 0 ]; then $(IN_EXPORTS) examples/to_jupyter.py activation_patching && \
	  $(IN_EXPORTS) examples/to_jupyter.py from_tracr && $(IN_EXPORTS) examples/to_jupyter.py fine_tuning; \
	elif [ $$code != 3 ]; then exit $$code; fi

bench: .venv/.dev-stamp  ## how long things take
	$(PY) -m bench

records: .venv/.dev-stamp  ## measure the puzzles' solutions, and write down the best figures
	$(PY) tests/puzzles/solutions.py

limits: .venv/.dev-stamp  ## measure how long inputs may be, and write docs/limits.md; five minutes
	$(PY) -m bench.limits

bench-exports:  ## sizes, times and errors of exports
	$(PYTHON) tests/export/environment.py $(EXPORTS) && $(IN_EXPORTS) -m bench export stock

nightly: .venv/.dev-stamp  ## slow exhaustive tests
	$(PY) -m pytest -n 2 -m nightly
	@! $(PYTHON) tests/export/environment.py $(EXPORTS) || $(IN_EXPORTS) -m pytest tests/export -m nightly -n 2

campaign: .venv/.dev-stamp  ## compile, certify and attack 2,000 random programs from seed FROM on; resumes
	$(PY) -m hardwire campaign 2000 --start $(FROM) -o build/campaign-$(FROM) --processes 2

mutants: .venv/.dev-stamp  ## small bugs in the compiler, proofs, interpreter and model, each of which a test must notice; hours
	OMP_NUM_THREADS=1 $(PY) tests/mutation/mutate.py named
	OMP_NUM_THREADS=1 $(PY) tests/mutation/mutate.py sample

packages: $(PY)  ## build the wheel and the source archive; install each in a fresh environment and add two numbers
	$(PY) tests/packages.py

clean:
	rm -rf web/node_modules .mutation .venv docs/api site .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that an installation is finished and newer than what pyproject.toml asks for.

web/node_modules/.stamp: web/package-lock.json
	cd web && npm ci --silent --no-audit --no-fund
	@touch $@

.venv/.cli-stamp: pyproject.toml | $(PY)
	@echo "installing hardwire into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[cli]'
	@touch $@

.venv/.dev-stamp: pyproject.toml | $(PY)
	@echo "installing hardwire and its development tools into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch .venv/.cli-stamp .venv/.notebook-stamp $@

.venv/.browser-stamp: .venv/.dev-stamp
	@echo "installing what drives a browser into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[browser]'
	@touch $@

.venv/.docs-stamp: .venv/.dev-stamp
	@echo "installing Sphinx into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@

.venv/.notebook-stamp: pyproject.toml | $(PY)
	@echo "installing hardwire and marimo into .venv ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[cli,explore,notebook]'
	@touch .venv/.cli-stamp $@

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "hardwire needs Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
