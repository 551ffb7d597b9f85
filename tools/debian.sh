#!/bin/sh
# Installs the Debian packages that tests and screenshots need. As root through apt; otherwise it unpacks them into
# a cache folder; where neither is possible it names what is missing and the tests that need it say so.
set -eu
packages="chromium fonts-noto-cjk gettext espeak-ng asterisk-core-sounds-en-wav golang-go golang-golang-x-mod-dev"
missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  exit 0
fi

cache="${XDG_CACHE_HOME:-$HOME/.cache}/callwarden/debian"
mkdir -p "$cache/packages"
echo "Not root: unpacking into the cache folder instead of installing:$missing"
for package in $missing; do
  [ -e "$cache/packages/$package.done" ] && continue
  if (cd "$cache/packages" && apt-get download -qq "$package" && dpkg -x "$package"_*.deb "$cache"); then
    touch "$cache/packages/$package.done"
  else
    echo "Could not fetch $package; the tests that need it will be skipped and say so."
  fi
done
