# Two commands do everything on a fresh Debian 12 machine (Python 3.11, make, git, node/npm):
#   make demo   serves the console with the demonstration call centre
#   make test   runs the tests
# Each installs what it needs first. See CONTRIBUTING.md for the rest.

PYTHON  ?= python3
VENV    := .venv
BIN     := $(VENV)/bin
CATALOGUES := $(wildcard src/callwarden/locale/*/LC_MESSAGES/*.po)
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export UV_NO_PROGRESS := 1
# Where unpacked Debian packages lie on machines without root; empty elsewhere.
DEBIAN  := if [ -f $(VENV)/debian.env ]; then . $(VENV)/debian.env; fi;

.PHONY: setup setup-test demo run test check bench prove story story-images lock clean messages samples schema

setup: $(VENV)/.installed node_modules/.installed $(CATALOGUES:.po=.mo)

$(VENV)/.installed: requirements/all.lock pyproject.toml tools/venv.sh
	@sh tools/venv.sh $(PYTHON) $(VENV)
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/all.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --no-index -e .
	@touch $@

node_modules/.installed: package.json package-lock.json tools/assets.mjs
	@npm ci --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null
	@node tools/assets.mjs
	@touch $@

%.mo: %.po $(VENV)/.installed
	@$(BIN)/python tools/messages.py compile

# Debian packages that only tests and screenshots need: a browser, CJK fonts, human-recorded digits, a Go verifier, a syslog receiver.
setup-test: setup
	@sh tools/debian.sh $(VENV)/debian.env

demo: setup
	@$(BIN)/callwarden up --demo $(ARGS)

run: setup
	@$(BIN)/callwarden up $(ARGS)

# The walk through the demonstration comes last and by itself: it times what a person would wait for.
test: setup-test check
	@$(DEBIAN) $(BIN)/python -m pytest $(ARGS)
	@$(if $(ARGS),,$(DEBIAN) $(BIN)/python -m pytest -n 0 -m story tests/story)

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

bench: setup
	@$(DEBIAN) $(BIN)/python -m bench $(NAME) $(ARGS)

prove: setup-test
	@$(DEBIAN) $(BIN)/python -m tests.prove $(NAME) $(ARGS)

# The whole walk over a running demonstration, in both languages.
story: setup-test
	@$(DEBIAN) $(BIN)/python -m pytest -n 0 -m story tests/story

# The pictures of the documentation, taken on the same walk.
story-images: setup-test
	@$(DEBIAN) CALLWARDEN_TEST_STORY_IMAGES=1 $(BIN)/python -m pytest -n 0 -m story tests/story

lock:
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
	  --all-extras --group dev --custom-compile-command "make lock" pyproject.toml -o requirements/all.lock

messages: setup
	@$(BIN)/python tools/messages.py update
	@$(BIN)/python tools/messages.py compile

# The tables of a new database, after a migration was added.
schema: setup
	@$(BIN)/python tools/schema.py

samples: setup
	$(BIN)/python -m samples.build

clean:
	rm -rf $(VENV) node_modules build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf src/callwarden/doors/console/static/vendor src/callwarden/locale/*/LC_MESSAGES/*.mo
