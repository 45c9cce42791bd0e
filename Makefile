# Two commands do everything on a fresh machine with Python 3.11, pip, venv, make and git:
#   make grade   sets up and grades the sample class
#   make test    sets up and passes format, lint, types and tests

VENV := .venv
PYTHON := $(VENV)/bin/python
# Where the sample class's marks go.
OUT := out/class

.PHONY: setup grade check browser test test-all docs benchmark clean

setup: $(VENV)/ready

# torch and torchvision in one command, or pip may pick two that do not match: pyproject.toml names both.
$(VENV)/ready: pyproject.toml
	python3 -m venv $(VENV)
	$(PYTHON) -m pip install --disable-pip-version-check -e '.[course,develop]'
	touch $@

grade: setup
	$(PYTHON) -m autograder grade tests/submissions/class --out $(OUT)

check: setup
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy

# The pages are tested in Chromium: the machine's own, or Debian's, or else the one that Playwright fetches.
browser: setup
	command -v chromium || command -v chromium-browser || command -v google-chrome \
	  || (apt-get update && apt-get install -y chromium) || $(PYTHON) -m playwright install --with-deps chromium

# A file's tests share what they grade, so a file goes to one process as a whole.
test: check browser
	$(PYTHON) -m pytest --numprocesses logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder -m 'not alone'
	$(PYTHON) -m pytest -m alone

# With every submission of tests/submissions, which takes twice as long.
test-all: check browser
	$(PYTHON) -m pytest --every-submission

docs: setup
	$(PYTHON) -m sphinx --fail-on-warning docs out/docs

benchmark: setup
	$(PYTHON) benchmarks/compare.py

clean:
	rm -rf $(VENV) out dist build *.egg-info
