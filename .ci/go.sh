#!/usr/bin/env bash
# Puts a Go that is new enough for actors/kits/go into the PATH of the shell that sources this file. Uses the installed one
# if it is; else an old Go (Debian's package is enough) fetches the toolchain as a module, checked like any other, through
# the module proxy. Needs no other host.
go_wanted=1.26.8

go_is_new() {
  local found
  found=$(go env GOVERSION 2>/dev/null) || return 1
  found=${found#go}
  [[ "$(printf '%s\n' "${go_wanted%.*}" "${found%%[!0-9.]*}" | sort -V | head -n 1)" == "${go_wanted%.*}" ]]
}

go_get_toolchain() {
  local folder modules machine
  machine=$(GOTOOLCHAIN=local go env GOOS)-$(GOTOOLCHAIN=local go env GOARCH)
  modules=$(GOTOOLCHAIN=local go env GOMODCACHE)
  folder=$(mktemp -d)
  printf 'module toolchain\n\ngo 1.19\n' >"$folder/go.mod"
  (cd "$folder" && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download "golang.org/toolchain@v0.0.1-go$go_wanted.$machine")
  rm -r "$folder"
  # A module's files are not executable, and its folders are read-only.
  GOROOT="$modules/golang.org/toolchain@v0.0.1-go$go_wanted.$machine"
  chmod -R u+w "$GOROOT"
  chmod -R a+x "$GOROOT/bin" "$GOROOT/pkg/tool"
  export GOROOT GOTOOLCHAIN=local
  export PATH="$GOROOT/bin:$PATH"
}

go_is_new || go_get_toolchain
