#!/bin/sh
# Gives each actor of Spoor its rights in Kafka, as acls.txt beside this file lists them. It may run again at any time.
#
#   KAFKA_BROKERS=kafka:9092 COMMAND_CONFIG=admin.properties sh deploy/kafka/acls.sh
#
# KAFKA_BROKERS    brokers, host:port
# COMMAND_CONFIG   properties file with the login of an administrator; unset: no login
# KAFKA_TOPIC, KAFKA_TOPICS  as for Spoor (events)
# PRINCIPAL        the name of an actor's user in Kafka ("User:{user}"; for client certificates like "User:CN={user}")
# KAFKA_ACLS       the command (kafka-acls.sh)
# ACTION           --add, or --remove to take the rights away
set -eu

rules="$(dirname "$0")/acls.txt"
topics="$(echo "${KAFKA_TOPIC:-events},${KAFKA_TOPICS:-}" | tr ',' ' ')"
principal="${PRINCIPAL:-User:{user\}}"
: "${KAFKA_BROKERS:?Set KAFKA_BROKERS to the brokers, host:port.}"

# One call of kafka-acls.sh for a rule. Its own output is shown only when it fails.
apply() {
  users="$1" resource="$2" name="$3" pattern="$4"
  shift 4
  operations="$*"
  set -- --bootstrap-server "$KAFKA_BROKERS" "${ACTION:---add}" --resource-pattern-type "$pattern"
  if [ -n "${COMMAND_CONFIG:-}" ]; then set -- "$@" --command-config "$COMMAND_CONFIG"; fi
  if [ "${ACTION:---add}" = --remove ]; then set -- "$@" --force; fi
  for user in $(echo "$users" | tr ',' ' '); do
    set -- "$@" --allow-principal "$(echo "$principal" | sed "s/{user}/$user/")"
  done
  for operation in $operations; do set -- "$@" --operation "$operation"; done
  if [ "$name" = '{topics}' ]; then
    for topic in $topics; do set -- "$@" "--$resource" "$topic"; done
  else
    set -- "$@" "--$resource" "$name"
  fi
  if output="$("${KAFKA_ACLS:-kafka-acls.sh}" "$@" 2>&1 </dev/null)"; then
    echo "$users: $operations on $resource $name ($pattern)"
  else
    echo "$output" >&2
    echo "The rights of $users were not changed: kafka-acls.sh failed, see above." >&2
    exit 1
  fi
}

grep -v -e '^#' -e '^$' "$rules" | while read -r users resource name pattern operations; do
  # shellcheck disable=SC2086 # several operations
  apply "$users" "$resource" "$name" "$pattern" $operations
done
