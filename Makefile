# Two commands: `make demo` does the main job offline, `make test` passes. Everything lives in .venv.
PYTHON ?= python3
BIN := .venv/bin
POCKET := recipes/pocket

.PHONY: demo lab test test-fast check bench bench-export bench-canvas bench-fit bench-stats bench-widgets layouts-eval pocket-eval upscaler-eval shots clean help

help:            ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t16

demo: .venv/.demo   ## a small launch, from prompts to every placement, into out/demo
	$(BIN)/sdkit demo

lab: .venv/.dev     ## JupyterLab on the first notebook
	$(BIN)/sdkit lab

# Two at a time, each on one thread: torch's own two would wait for each other.
test: .venv/.dev    ## every test
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist worksteal

test-fast: .venv/.dev ## the everyday tests
	$(BIN)/pytest -m "not slow"

check: .venv/.dev   ## style, types, import direction, notebooks without outputs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest tests/test_house.py

bench: .venv/.dev   ## ratios against the plain way, side by side; also out/figures/
	$(BIN)/python -m benchmarks

bench-export: .venv/.dev ## byte limits met on twelve pictures, and thirty placements against the naive loop and pyvips; also out/figures/
	$(BIN)/python -m benchmarks.limits
	$(BIN)/python -c "from benchmarks import export, figures; f = export.run(); figures.save('bench-export', f); print(figures.table('export', f))"

bench-canvas: .venv/.dev ## protected pixels, seams, and what a large photograph costs; also out/figures/
	$(BIN)/python -m benchmarks.canvas 1

bench-fit: .venv/.dev ## what the choice of crop, pad or outpaint is worth (fetches the sprites); also out/figures/
	$(BIN)/python $(POCKET)/fetch.py
	$(BIN)/python -m benchmarks.fit

bench-stats: .venv/.dev ## whether the verdicts of experiments keep their word, and what the store costs; also out/figures/
	$(BIN)/python -m benchmarks.stats

bench-widgets: .venv/.dev ## what a person waits for in the widgets, and what they leave behind (needs chromium); also out/figures/
	$(BIN)/python -m benchmarks.widgets

layouts-eval: .venv/.dev ## every layout in every placement with words that strain it, read from the pixels; also out/figures/
	$(BIN)/python -m benchmarks.layouts 1

pocket-eval: .venv/.dev ## how well the embedded model draws what it is asked; also out/figures/
	$(BIN)/python $(POCKET)/evaluate.py

upscaler-eval: .venv/.dev ## how far the embedded upscaler comes over Lanczos (fetches the sprites); also out/figures/
	$(BIN)/python $(POCKET)/fetch.py
	$(BIN)/python $(POCKET)/sharpness.py

shots: .venv/.dev   ## the README's pictures of the widgets, from real JupyterLab (needs chromium)
	$(BIN)/python docs/shots.py

# The demo needs the package alone; everything else needs the tools too.
.venv/.demo: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/.dev: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch $@ .venv/.demo

clean:           ## remove what the targets made, .venv apart
	rm -rf out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
