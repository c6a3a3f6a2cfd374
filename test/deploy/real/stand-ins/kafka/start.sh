#!/bin/sh
# Starts Kafka with the settings in KAFKA_… variables (KAFKA_NODE_ID: node.id); formats its storage the first time.
set -euf
properties=/tmp/server.properties
env | grep -E '^KAFKA_' | grep -vE '^KAFKA_(HEAP_OPTS|OPTS)=' | while IFS='=' read -r name value; do
  printf '%s=%s\n' "$(printf %s "${name#KAFKA_}" | tr 'A-Z_' 'a-z.')" "$value"
done >"$properties"
run() { exec java ${KAFKA_HEAP_OPTS:--Xmx512m} -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' "$@"; }
[ -f "${KAFKA_LOG_DIRS}/meta.properties" ] || (run kafka.tools.StorageTool format -t 5L6g3nShT-eMCtK--X86sw -c "$properties")
run kafka.Kafka "$properties"
