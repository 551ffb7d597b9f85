# Two commands do everything on a fresh Debian 12 machine (Python 3.11, make, git, node/npm):
#   make demo   serves the console with the demonstration call centre
#   make test   runs the tests
# Each installs what it needs first. See CONTRIBUTING.md for the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_NO_PROGRESS := 1

.PHONY: setup setup-test demo run test check bench prove lock clean messages samples

setup: $(VENV)/.installed node_modules/.installed

$(VENV)/.installed: requirements/all.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/all.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --no-index -e .
	@touch $@

node_modules/.installed: package.json package-lock.json tools/assets.mjs
	@npm ci --no-audit --no-fund --loglevel=error
	@node tools/assets.mjs
	@touch $@

# Debian packages that only tests and screenshots need: a browser, CJK fonts, human-recorded digits, a Go verifier.
setup-test: setup
	@sh tools/debian.sh

demo: setup
	$(BIN)/callwarden up --demo

run: setup
	$(BIN)/callwarden up

test: setup-test check
	$(BIN)/python -m pytest

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: setup
	@$(BIN)/python -m bench $(NAME) $(ARGS)

prove: setup-test
	@$(BIN)/python -m tests.prove $(NAME) $(ARGS)

lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  --all-extras --group dev --custom-compile-command "make lock" pyproject.toml -o requirements/all.lock

messages: setup
	cd src/callwarden && ../../$(BIN)/django-admin makemessages -l zh_Hans --no-location && ../../$(BIN)/django-admin compilemessages

samples: setup
	$(BIN)/python -m samples.build

clean:
	rm -rf $(VENV) node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf src/callwarden/doors/console/static/vendor
