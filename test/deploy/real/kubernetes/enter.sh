#!/bin/bash
# Runs a command in namespaces of its own: enter.sh <command> …
# No port collides and nothing outside is reached; when the command ends, the kernel ends every process that it started,
# and its mounts are gone. Needs root.
set -euo pipefail
if [ "${1:-}" = --inside ]; then
  shift
  ip link set lo up
  for last in 1 2 3 4; do ip address add "198.51.100.$last/32" dev lo; done
  ip route add default dev lo
  for folder in /run /var/log; do mount -t tmpfs tmpfs $folder; done
  sysctl -q -w net.ipv4.ip_forward=1
  "$@" &
  wait $! # this shell is process 1: it stays, to collect what orphans leave
  exit
fi
export NODE_GROUP=spoor-node-$$- # node.ts begins the names of its groups of processes with it
# The groups of the nodes' processes; the kernel lets go of some only after a moment.
cleanup() {
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    trees=$(ls -d "/sys/fs/cgroup/$NODE_GROUP"* /sys/fs/cgroup/*/"$NODE_GROUP"* 2>/dev/null) || true
    [ -n "$trees" ] || return 0
    find $trees -depth -type d -exec rmdir {} \; 2>/dev/null || true
    sleep 0.5
  done
}
trap cleanup EXIT
unshare --net --mount --pid --fork --kill-child --mount-proc bash "$0" --inside "$@"
