#!/bin/sh
# Makes the virtual environment .venv with uv in it. Debian ships Python without ensurepip unless python3-venv is
# installed: as root it is installed, otherwise the environment is made without it and pip fetched another way.
set -eu
python="${1:-python3}"
venv="${2:-.venv}"

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "Callwarden needs Python 3.11 or newer; '$python' is not. Say which one: make PYTHON=/path/to/python3.11 ..." >&2
  exit 1
fi

if [ ! -x "$venv/bin/python" ]; then
  if ! "$python" -c 'import ensurepip' 2>/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq >/dev/null 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null 2>&1 || true
  fi
  "$python" -m venv "$venv" >/dev/null 2>&1 || { rm -rf "$venv"; "$python" -m venv --without-pip "$venv"; }
fi

[ ! -x "$venv/bin/uv" ] || exit 0

if "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
  "$venv/bin/python" -m pip install --quiet uv
elif "$python" -m pip --version >/dev/null 2>&1; then
  "$python" -m pip --python "$venv/bin/python" install --quiet uv
else
  # pip is itself a wheel inside a Debian package that needs no root to unpack.
  unpacked="$(mktemp -d)"
  trap 'rm -rf "$unpacked"' EXIT
  (cd "$unpacked" && apt-get download -qq python3-pip-whl && dpkg -x python3-pip-whl_*.deb .) >/dev/null 2>&1 || true
  wheel="$(ls "$unpacked"/usr/share/python-wheels/pip-*.whl 2>/dev/null | head -n 1)"
  if [ -z "$wheel" ]; then
    echo "This Python has no pip. Install it (Debian: apt-get install python3-venv) and try again." >&2
    exit 1
  fi
  "$venv/bin/python" "$wheel/pip" install --quiet uv
fi
