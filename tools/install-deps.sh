#!/usr/bin/env bash
# Installs what is missing of: redis, postgres, chromium, prometheus. With apt-get or brew, whichever is there; a Redis can also be
# a container, which the start itself takes care of. Says in a sentence what to do when nothing is.
set -euo pipefail

has() { command -v "$1" >/dev/null 2>&1; }

present() {
  case $1 in
    redis) has redis-server ;;
    postgres) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || has initdb || compgen -G '/opt/homebrew/opt/postgresql@*/bin/initdb' >/dev/null ;;
    prometheus) has prometheus && has promtool ;;
    chromium) [ -n "${CHROMIUM_PATH:-}" ] || has chromium || has chromium-browser || has google-chrome ;;
  esac
}

apt_package() {
  case $1 in
    redis) echo redis-server ;;
    postgres) if apt-cache show postgresql-15 >/dev/null 2>&1; then echo postgresql-15; else echo postgresql; fi ;;
    chromium) echo chromium ;;
    prometheus) echo prometheus ;;
  esac
}

brew_formula() {
  case $1 in
    redis) echo redis ;;
    postgres) echo postgresql@15 ;;
    chromium) echo --cask chromium ;;
    prometheus) echo prometheus ;;
  esac
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

apt_updated=
install_with_apt() {
  [ -n "$apt_updated" ] || as_root apt-get update -qq
  apt_updated=yes
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$(apt_package "$1")" >/dev/null
}

for need in "$@"; do
  present "$need" && continue
  if has apt-get && { [ "$(id -u)" = 0 ] || has sudo; }; then
    echo "Installing $need with apt-get …"
    install_with_apt "$need"
  elif has brew; then
    echo "Installing $need with brew …"
    # shellcheck disable=SC2046 # a cask is two words
    brew install --quiet $(brew_formula "$need")
  elif [ "$need" = redis ] && { has docker || has podman; }; then
    echo "There is no redis-server: a container will be used."
  else
    echo "$need is missing, and there is neither apt-get (as root or with sudo) nor brew to install it: install it by hand and try again." >&2
    exit 1
  fi
done
