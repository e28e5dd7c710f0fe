PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# make train: which preset, from which seed, where to (default: a new folder in data/runs). make train SEED=3 OUT=data/runs/mine
PRESET ?= quick
SEED   ?= 0
OUT    ?=

# Leaving out byte-compilation makes the install 20 s shorter; Python compiles what it imports anyway.
# On Linux without a GPU, have pip look at PyTorch's CPU index too (set PIP_EXTRA_INDEX_URL), or torch brings gigabytes of CUDA.
PIP_INSTALL := $(BIN)/pip install --quiet --no-compile --prefer-binary --disable-pip-version-check

# Python keeps the bytecode of what it imports, whatever the shell says: else every process compiles PyTorch anew.
unexport PYTHONDONTWRITEBYTECODE
KEEP_BYTECODE := $(BIN)/python -c "import dogfight_nb.cli, dogfight_nb.submit, matplotlib.pyplot, torch._dynamo"

.DEFAULT_GOAL := help
.PHONY: help setup train bench lab test export clean docs pictures

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

# --- environment: a stamp per extra, so that a second run does nothing until pyproject.toml changes
$(BIN)/pip:
	$(PYTHON) -m venv $(VENV)
	-$(BIN)/pip install --quiet --disable-pip-version-check --upgrade pip  # the pip of Python 3.11 takes three times as long

$(VENV)/.setup: pyproject.toml | $(BIN)/pip
	$(PIP_INSTALL) --editable .
	@$(KEEP_BYTECODE)
	@touch $@

$(VENV)/.lab $(VENV)/.dev: $(VENV)/.%: pyproject.toml | $(BIN)/pip
	$(PIP_INSTALL) --editable '.[$*]'
	@$(KEEP_BYTECODE)
	@touch $@ $(VENV)/.setup

# --- for users
setup: $(VENV)/.setup  ## create .venv with what training and playing need

train: $(VENV)/.setup  ## train a pilot (PRESET=quick SEED=0 OUT=data/runs/mine)
	$(BIN)/dogfight train --preset $(PRESET) --seed $(SEED) $(if $(OUT),--out $(OUT))

bench: $(VENV)/.setup  ## measure the speed of simulator and training here
	$(BIN)/dogfight bench

lab: $(VENV)/.lab  ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab index.ipynb

# --- for contributors: edit notebooks, then make clean export docs test
test: $(VENV)/.dev  ## check the repository and run every notebook
	$(BIN)/pytest -n 2 --dist loadgroup --no-loadscope-reorder -rs

export: $(VENV)/.dev  ## write dogfight_nb/ from nbs/, and the game in JavaScript from its kernels
	$(BIN)/nbdev_export
	$(BIN)/python -c "from dogfight_nb.javascript import write_game_js; write_game_js()"
	$(BIN)/python -c "from dogfight_nb.learning_page import write_senses_js; write_senses_js()"

clean: $(VENV)/.dev  ## format the code, strip counters, metadata and widget state from the notebooks
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .
	$(BIN)/nbdev_clean
	$(BIN)/python tools/strip_widgets.py

docs: $(VENV)/.dev  ## write README.md, RUNS.md, and the site in _docs/ (open _docs/index.html)
	$(BIN)/python tools/readme.py
	$(BIN)/python -c "from dogfight_nb.replay import fly_html; fly_html(None, 'docs/flight-school.html')"
	$(BIN)/python -c "from dogfight_nb.learning_page import learning_page_html; learning_page_html('docs/page-that-learns.html')"
	$(BIN)/python -c "from pathlib import Path; from dogfight_nb.run_page import runs_md; from dogfight_nb.runs import shipped_runs; Path('RUNS.md').write_text(runs_md(shipped_runs()))"
	$(BIN)/python tools/docs/build.py

pictures: $(VENV)/.dev  ## take the pictures of player and interactive figures anew (needs Chromium)
	$(BIN)/python tools/pictures.py
