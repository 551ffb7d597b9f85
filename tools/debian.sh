#!/bin/sh
# Installs the Debian packages that tests and screenshots need. As root through apt; otherwise it unpacks them and what
# they need into a cache folder and writes the paths to the file named by the first argument, for the tests to read.
# Where neither is possible it says what is missing; the tests that need it skip and say so too.
set -eu
paths="${1:-.venv/debian.env}"
packages="chromium fonts-noto-cjk gettext espeak-ng asterisk-core-sounds-en-wav multimon-ng golang-go golang-golang-x-mod-dev softhsm2 rsyslog rsyslog-openssl xmlsec1"
: > "$paths"

missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null; then
  echo "No apt here. Missing, and their tests skipped:$missing"
  exit 0
fi

if [ "$(id -u)" = 0 ]; then
  apt-get update -qq >/dev/null || true
  # shellcheck disable=SC2086 (a list of words)
  if ! DEBIAN_FRONTEND=noninteractive apt-get install -o DPkg::Lock::Timeout=600 -y -qq --no-install-recommends $missing >/dev/null; then
    echo "apt could not install:$missing. Their tests will be skipped and say so."
  fi
  exit 0
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/callwarden/debian"
mkdir -p "$cache/packages"
echo "Not root: unpacking into a cache folder instead of installing:$missing"
for package in $missing; do
  [ ! -e "$cache/packages/$package.done" ] || continue
  needed="$(apt-get install --simulate -qq --no-install-recommends "$package" 2>/dev/null | sed -n 's/^Inst \([^ ]*\).*/\1/p')"
  complete=yes
  for part in $needed; do
    [ ! -e "$cache/packages/$part.unpacked" ] || continue
    if (cd "$cache/packages" && apt-get download -qq "$part" && dpkg -x "$part"_*.deb "$cache" && rm -f "$part"_*.deb) \
        >/dev/null 2>&1; then
      touch "$cache/packages/$part.unpacked"
    else
      complete=no
    fi
  done
  if [ "$complete" = yes ] && [ -n "$needed" ]; then
    touch "$cache/packages/$package.done"
  else
    echo "Could not fetch $package; the tests that need it will be skipped and say so."
  fi
done

machine="$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || gcc -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)"
cat > "$paths" <<END
export CALLWARDEN_DEBIAN_ROOT="$cache"
export PATH="$cache/usr/lib/chromium:$cache/usr/lib/go/bin:$cache/usr/bin:\$PATH"
export LD_LIBRARY_PATH="$cache/usr/lib/$machine:$cache/lib/$machine\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
export XDG_DATA_HOME="$cache/usr/share"
export ESPEAK_DATA_PATH="$cache/usr/lib/$machine"
END
