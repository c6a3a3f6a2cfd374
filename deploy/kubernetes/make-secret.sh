#!/bin/sh
# Prints the Secret that spoor.yaml needs, with random passwords: sh make-secret.sh | kubectl -n spoor create -f -
# `create` and not `apply`: a second run would replace the passwords of servers that run.
# A password begins with a letter: nats-server reads digits as a number.
set -eu
name=${1:-spoor-secrets}

password() { printf 'p%s' "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"; }
entry() { printf '  %s: "%s"\n' "$1" "$2"; }

printf 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\ntype: Opaque\nstringData:\n' "$name"
for user in gateway drainer receiver deliverer consumer viewer tracker; do
  redis=$(password)
  entry "redis-password-$user" "$redis"
  case $user in
    gateway | drainer | receiver | deliverer | viewer) entry "redis-url-$user" "redis://$user:$redis@spoor-redis:6379" ;;
  esac
  case $user in
    deliverer | consumer | viewer) entry "projections-url-$user" "redis://$user:$redis@spoor-redis:6379" ;;
  esac
done
for user in gateway drainer enricher bridge receiver edge site deliverer consumer viewer tap operator; do
  nats=$(password)
  entry "nats-password-$user" "$nats"
  entry "nats-url-$user" "nats://$user:$nats@spoor-nats:4222"
done
entry bus-secret "$(password)"
entry notifier-password "$(password)"
entry viewer-password "$(password)"
