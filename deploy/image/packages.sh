#!/bin/sh
# Installs the production packages for a processor, without running their scripts: sh packages.sh amd64|arm64. Run by the
# Dockerfile's build stage.
set -eu
case $1 in
  amd64) cpu=x64 ;;
  arm64) cpu=arm64 ;;
  *) echo "There is no Bun for the processor $1: build for linux/amd64 or linux/arm64." >&2 && exit 1 ;;
esac
export npm_config_os=linux npm_config_cpu="$cpu" npm_config_libc=glibc npm_config_ignore_scripts=true
node deploy/install.mjs
