{{- /*
What the code says of each actor; test/deploy/helm-facts.test.ts compares it with the actors themselves.
  uses     services behind it, from `requires` of the actor; every actor also uses the bus
  secrets  secret settings that only it reads; those of the services, and of every actor (telemetry), are in
           "spoor.serviceSecrets"
  rules    what it reads of rules: their file, variables and secrets (file), or the last two (values)
  signal   what the number of its pods follows: cpu, backlog or lag
*/ -}}
{{- define "spoor.facts" -}}
gateway: { uses: [bus, queue], secrets: [EDGE_SECRET, LINKS_SECRET, LINKS_TOKEN, WRITE_KEYS], signal: cpu }
drainer: { uses: [bus, queue], secrets: [BUS_SECRET], signal: backlog }
enricher: { uses: [bus], secrets: [BUS_SECRET], signal: backlog }
bridge: { uses: [bus, log], secrets: [BUS_SECRET], signal: backlog }
event-counter: { uses: [bus, log, projections], secrets: [], signal: lag }
metadata-counter: { uses: [bus, log, projections], secrets: [], signal: lag }
search-counter: { uses: [bus, log, projections], secrets: [], signal: lag }
timing-stats: { uses: [bus, log, projections], secrets: [], signal: lag }
reactor: { uses: [bus, log, projections], secrets: [], signal: lag, rules: file }
deliverer: { uses: [bus, projections, queue, targets], secrets: [FCM_SERVICE_ACCOUNT, VAPID_PRIVATE_KEY, WEBHOOK_SECRET], signal: none, rules: values }
viewer: { uses: [bus, gateway, log, projections, queue], secrets: [VIEWER_PASSWORD, VIEWER_TOKEN], signal: none, rules: file }
notifier: { uses: [bus, projections], secrets: [NOTIFIER_PASSWORD], signal: none }
receiver: { uses: [bus, queue], secrets: [], signal: none }
attributor: { uses: [bus, log, projections], secrets: [], signal: lag }
click-stats: { uses: [bus, log, projections], secrets: [], signal: lag }
postback-stats: { uses: [bus, log, projections], secrets: [], signal: lag }
sessions: { uses: [bus, log, projections], secrets: [], signal: lag }
attributor: { uses: [bus, log, projections], secrets: [], signal: lag }
click-stats: { uses: [bus, log, projections], secrets: [], signal: lag }
postback-stats: { uses: [bus, log, projections], secrets: [], signal: lag }
tap: { uses: [bus], secrets: [], signal: none }
{{- end }}

{{- define "spoor.serviceSecrets" -}}
bus: [NATS_URL, NATS_NKEY, NATS_CA, NATS_CERT, NATS_KEY]
gateway: []
log: [KAFKA_PASSWORD, KAFKA_USERNAME, KAFKA_CA, KAFKA_CERT, KAFKA_KEY]
projections: [PROJECTIONS_URL, REDIS_CA, REDIS_CERT, REDIS_KEY]
queue: [REDIS_URL, REDIS_CA, REDIS_CERT, REDIS_KEY]
targets: []
telemetry: [OTEL_EXPORTER_OTLP_HEADERS, OTEL_EXPORTER_OTLP_TRACES_HEADERS, OTEL_EXPORTER_OTLP_METRICS_HEADERS, OTEL_EXPORTER_OTLP_LOGS_HEADERS]
{{- end }}

{{- /* Users of deploy/nats/spoor.conf. */ -}}
{{- define "spoor.natsUsers" -}}
[gateway, drainer, enricher, bridge, receiver, edge, site, deliverer, consumer, viewer, tap, operator]
{{- end }}

{{- /* Users of deploy/redis/users.acl. */ -}}
{{- define "spoor.redisUsers" -}}
[gateway, drainer, receiver, deliverer, consumer, viewer, tracker]
{{- end }}

{{- /* The series that scaling asks for. */ -}}
{{- define "spoor.series" -}}
waitingLines: spoor_queue_waiting_lines
oldestWaitingSeconds: spoor_queue_oldest_waiting_age_seconds
lagRecords: spoor_consumer_lag_records
{{- end }}

{{- /*
The pods that there are, by component: which services they use, which ports of `services` they serve, how many Spoor
processes they hold (each with an ops port of its own).
*/ -}}
{{- define "spoor.workloads" -}}
{{- $facts := include "spoor.facts" . | fromYaml }}
{{- $all := dict }}
{{- if eq .Values.mode "single" }}
{{- $_ := set $all "single" (dict "uses" (list "targets") "serves" (list "gateway" "viewer") "processes" 1 "replicas" 1) }}
{{- else }}
{{- range $name, $fact := $facts }}
{{- $actor := index $.Values.actors $name }}
{{- $inSidecar := and (eq $.Values.mode "sidecar") (has $name (list "gateway" "drainer")) }}
{{- if and $actor.enabled (not $inSidecar) }}
{{- $serves := ternary (list $name) list (has $name (list "gateway" "viewer" "notifier")) }}
{{- $_ := set $all $name (dict "uses" $fact.uses "serves" $serves "processes" 1) }}
{{- end }}
{{- end }}
{{- if eq .Values.mode "sidecar" }}
{{- $_ := set $all "sidecar" (dict "uses" (list "bus") "serves" (list "gateway") "processes" 2) }}
{{- end }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{- /* The component whose pods serve the gateway, the viewer or the notifier: (dict "root" $ "name" "viewer"); empty: none does. */ -}}
{{- define "spoor.serving" -}}
{{- range $component, $workload := include "spoor.workloads" .root | fromYaml }}
{{- if has $.name $workload.serves }}{{ $component }}{{ end }}
{{- end }}
{{- end }}

{{- /* Seconds from the order to end until a pod is killed. */ -}}
{{- define "spoor.gracePeriod" -}}
{{- with .Values.shutdown }}
{{- addf .preStopSeconds .drainDelaySeconds .drainTimeoutSeconds .marginSeconds | ceil | int }}
{{- end }}
{{- end }}

{{- /* "true" when something else than the chart sets the number of this actor's pods: (dict "root" $ "name" "drainer"). */ -}}
{{- define "spoor.isScaled" -}}
{{- $values := .root.Values }}
{{- $own := index $values.actors .name "autoscaling" | default dict }}
{{- $signal := index (include "spoor.facts" .root | fromYaml) .name "signal" }}
{{- if $own.enabled }}
{{- if eq $signal "cpu" }}{{ if $values.autoscaling.gatewayCpu.enabled }}true{{ end }}
{{- else if and (ne $signal "none") (ne $values.autoscaling.backlog "none") }}true{{ end }}
{{- end }}
{{- end }}
