#!/bin/sh
# Prints the end of each partition, as the script of that name in apache/kafka does.
exec java -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' org.apache.kafka.tools.GetOffsetShell "$@"
