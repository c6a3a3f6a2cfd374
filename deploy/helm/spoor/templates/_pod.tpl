{{- /* What pods and containers of Spoor have in common. */ -}}

{{- /*
The secret settings that an actor reads from files, as a map from setting to { secret, key }:
(dict "root" $ "name" "drainer" "keys" (dict "REDIS_URL" "redis-url-local")). `keys` replaces keys.
*/ -}}
{{- define "spoor.secretSettings" -}}
{{- $root := .root }}
{{- $keys := .keys | default dict }}
{{- $actor := index $root.Values.actors .name }}
{{- $fact := index (include "spoor.facts" $root | fromYaml) .name }}
{{- $services := include "spoor.serviceSecrets" $root | fromYaml }}
{{- $names := concat $fact.secrets $services.telemetry }}
{{- range $fact.uses }}{{ $names = concat $names (index $services .) }}{{ end }}
{{- $found := dict }}
{{- if $fact.rules }}{{ $found = include "spoor.ruleSecrets" $root | fromYaml }}{{ end }}
{{- range $names }}
{{- $from := index $root.Values.secrets.settings . }}
{{- $key := default $from.key (index $keys .) | replace "{user}" $actor.user }}
{{- $isPlain := or (hasKey $root.Values.settings .) (hasKey $actor.settings .) }}
{{- if and $key (not $isPlain) }}
{{- $secret := default (include "spoor.secret" $root) $from.secret | replace "{user}" $actor.user }}
{{- $_ := set $found . (dict "secret" $secret "key" $key) }}
{{- end }}
{{- end }}
{{- toYaml $found }}
{{- end }}

{{- /* The secrets of rules, in the form of "spoor.secretSettings". */ -}}
{{- define "spoor.ruleSecrets" -}}
{{- $found := dict }}
{{- range $name, $from := .Values.reactions.secrets }}
{{- $_ := set $found (printf "RULES_SECRET_%s" $name) (dict "secret" (default (include "spoor.secret" $) $from.secret) "key" $from.key) }}
{{- end }}
{{- toYaml $found }}
{{- end }}

{{- /* Settings of those that read rules: (dict "root" $ "rules" "file"). */ -}}
{{- define "spoor.ruleSettings" -}}
{{- if and .root.Values.reactions.rules (eq .rules "file") }}
RULES: /etc/spoor/rules/rules.yaml
{{- end }}
{{- range $name, $value := .root.Values.reactions.vars }}
RULES_VAR_{{ $name }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* The volume with these files, named after the settings: (dict "name" "secrets" "settings" <the map>). */ -}}
{{- define "spoor.secretVolume" -}}
{{- $bySecret := dict }}
{{- range $setting, $from := .settings }}
{{- $items := index $bySecret $from.secret | default list }}
{{- $_ := set $bySecret $from.secret (append $items (dict "key" $from.key "path" $setting)) }}
{{- end }}
- name: {{ .name }}
  projected:
    defaultMode: 0440
    sources:
      {{- range $secret, $items := $bySecret }}
      - secret:
          name: {{ $secret }}
          items: {{- toYaml $items | nindent 12 }}
      {{- end }}
{{- end }}

{{- /* Environment of one process that runs an actor: settings of the chart first, then those of the user, which win. */ -}}
{{- define "spoor.env" -}}
{{- $root := .root }}
{{- $values := $root.Values }}
{{- $actor := index $values.actors .name }}
{{- $fact := index (include "spoor.facts" $root | fromYaml) .name }}
{{- $set := dict
  "OPS_HOST" "0.0.0.0"
  "OPS_PORT" (.opsPort | toString)
  "DATA_DIR" "/data"
  "LOG_FORMAT" "json"
  "DRAIN_DELAY" (printf "%dms" (mulf $values.shutdown.drainDelaySeconds 1000 | ceil | int))
  "DRAIN_TIMEOUT" (printf "%dms" (mulf $values.shutdown.drainTimeoutSeconds 1000 | ceil | int))
  "KAFKA_TOPIC" $values.kafka.topic
  "NATS_INBOX_PREFIX" (printf "_INBOX.%s" $actor.user) }}
{{- with $values.kafka.topics }}{{ $_ := set $set "KAFKA_TOPICS" (join "," .) }}{{ end }}
{{- if has "log" $fact.uses }}
{{- $_ := set $set "KAFKA_BROKERS" $values.kafka.brokers }}
{{- if $values.kafka.tls }}{{ $_ := set $set "KAFKA_SSL" "true" }}{{ end }}
{{- with $values.kafka.saslMechanism }}{{ $_ := set $set "KAFKA_SASL_MECHANISM" . }}{{ end }}
{{- with $values.kafka.username }}{{ $_ := set $set "KAFKA_USERNAME" (replace "{user}" $actor.user .) }}{{ end }}
{{- end }}
{{- if eq .name "gateway" }}
{{- $_ := set $set "GATEWAY_PORT" "5222" }}
{{- if $values.gatewayTls.secret }}
{{- $_ := set $set "TLS_CERT" "/etc/spoor/tls/tls.crt" }}
{{- $_ := set $set "TLS_KEY" "/etc/spoor/tls/tls.key" }}
{{- end }}
{{- end }}
{{- if eq .name "notifier" }}{{ $_ := set $set "NOTIFIER_PORT" "5041" }}{{ end }}
{{- if eq .name "viewer" }}
{{- $_ := set $set "VIEWER_PORT" "5031" }}
{{- $scheme := ternary "https" "http" (ne $values.gatewayTls.secret "") }}
{{- $_ := set $set "GATEWAY_URL" (printf "%s://%s-gateway:%d" $scheme (include "spoor.fullname" $root) (int $values.services.gateway.port)) }}
{{- end }}
{{- if $fact.rules }}{{ $set = merge $set (include "spoor.ruleSettings" (dict "root" $root "rules" $fact.rules) | fromYaml) }}{{ end }}
{{- if $values.nats.credentials.secret }}{{ $_ := set $set "NATS_CREDS" "/etc/spoor/nats/user.creds" }}{{ end }}
{{- if include "spoor.hasTrust" $root }}{{ $_ := set $set "NODE_EXTRA_CA_CERTS" "/etc/spoor/trust/ca.crt" }}{{ end }}
{{- range $setting, $from := .secretSettings }}
{{- $_ := set $set (printf "%s_FILE" $setting) (printf "%s/%s" $.secretFolder $setting) }}
{{- end }}
{{- $all := merge (dict) $actor.settings $values.settings $set }}
{{- if eq .name "gateway" }}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
{{- end }}
{{- range $name, $value := $all }}
- name: {{ $name }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- with $values.pod.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "spoor.hasTrust" -}}
{{- if or .Values.trust.secret .Values.trust.configMap }}true{{ end }}
{{- end }}

{{- /* Probes of a process on its ops port: (dict "port" "ops"). Nothing in Spoor ends a process that hangs, so liveness must. */ -}}
{{- define "spoor.probes" -}}
startupProbe:
  httpGet: { path: /health/live, port: {{ .port }} }
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 60
livenessProbe:
  httpGet: { path: /health/live, port: {{ .port }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /health/ready, port: {{ .port }} }
  periodSeconds: 5
  timeoutSeconds: 4
  failureThreshold: 2
{{- end }}

{{- /* A container that runs one actor: (dict "root" $ "name" "drainer" "opsPort" 9464 "ops" "ops" "volume" "secrets" "keys" (dict)). */ -}}
{{- define "spoor.container" -}}
{{- $values := .root.Values }}
{{- $actor := index $values.actors .name }}
{{- $secretSettings := include "spoor.secretSettings" . | fromYaml }}
{{- $secretFolder := printf "/etc/spoor/%s" .volume -}}
- name: {{ .name }}
  image: {{ include "spoor.image" .root }}
  imagePullPolicy: {{ $values.image.pullPolicy }}
  {{- with $values.image.command }}
  command: {{- toYaml . | nindent 4 }}
  {{- end }}
  args: [actor, {{ .name }}]
  env: {{- include "spoor.env" (merge (dict "secretSettings" $secretSettings "secretFolder" $secretFolder) .) | nindent 4 }}
  ports:
    - { name: {{ .ops }}, containerPort: {{ .opsPort }} }
    {{- if eq .name "gateway" }}
    - { name: http, containerPort: 5222 }
    {{- else if eq .name "viewer" }}
    - { name: viewer, containerPort: 5031 }
    {{- else if eq .name "notifier" }}
    - { name: notifier, containerPort: 5041 }
    {{- end }}
  {{- include "spoor.probes" (dict "port" .ops) | nindent 2 }}
  {{- if $values.shutdown.preStopSeconds }}
  lifecycle:
    preStop: { sleep: { seconds: {{ $values.shutdown.preStopSeconds }} } }
  {{- end }}
  resources: {{- toYaml $actor.resources | nindent 4 }}
  securityContext: {{- toYaml $values.pod.containerSecurityContext | nindent 4 }}
  volumeMounts:
    - { name: tmp, mountPath: /tmp }
    - { name: data, mountPath: /data }
    {{- if $secretSettings }}
    - { name: {{ .volume }}, mountPath: {{ $secretFolder }}, readOnly: true }
    {{- end }}
    {{- include "spoor.commonMounts" . | nindent 4 }}
{{- end }}

{{- /* Mounts of certificates, credentials and what the user adds; and the volumes behind them ("spoor.commonVolumes"). */ -}}
{{- define "spoor.commonMounts" -}}
{{- $values := .root.Values }}
{{- if include "spoor.hasTrust" .root }}
- { name: trust, mountPath: /etc/spoor/trust, readOnly: true }
{{- end }}
{{- if and $values.gatewayTls.secret (eq .name "gateway") }}
- { name: tls, mountPath: /etc/spoor/tls, readOnly: true }
{{- end }}
{{- if $values.nats.credentials.secret }}
- { name: nats-credentials, mountPath: /etc/spoor/nats, readOnly: true }
{{- end }}
{{- if and $values.reactions.rules (eq (index (include "spoor.facts" .root | fromYaml) .name "rules" | default "") "file") }}
- { name: rules, mountPath: /etc/spoor/rules, readOnly: true }
{{- end }}
{{- with $values.pod.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "spoor.commonVolumes" -}}
{{- $values := .root.Values }}
- name: tmp
  emptyDir: { sizeLimit: 256Mi }
{{- if include "spoor.hasTrust" .root }}
- name: trust
  projected:
    sources:
      {{- if $values.trust.secret }}
      - secret: { name: {{ $values.trust.secret }}, items: [{ key: {{ $values.trust.key }}, path: ca.crt }] }
      {{- else }}
      - configMap: { name: {{ $values.trust.configMap }}, items: [{ key: {{ $values.trust.key }}, path: ca.crt }] }
      {{- end }}
{{- end }}
{{- if and $values.gatewayTls.secret (eq .name "gateway") }}
- name: tls
  secret: { secretName: {{ $values.gatewayTls.secret }}, defaultMode: 0440 }
{{- end }}
{{- with $values.nats.credentials }}
{{- if .secret }}
- name: nats-credentials
  secret:
    secretName: {{ .secret | replace "{user}" $.user }}
    defaultMode: 0440
    items: [{ key: {{ .key | replace "{user}" $.user }}, path: user.creds }]
{{- end }}
{{- end }}
{{- if and $values.reactions.rules (eq (index (include "spoor.facts" .root | fromYaml) .name "rules" | default "") "file") }}
- name: rules
  configMap: { name: {{ include "spoor.fullname" .root }}-rules }
{{- end }}
{{- with $values.pod.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* Fields of every pod of Spoor: (dict "root" $ "component" "drainer"). */ -}}
{{- define "spoor.podFields" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "spoor.serviceAccount" .root }}
automountServiceAccountToken: false
# A Service named gateway would otherwise set GATEWAY_PORT, which is a setting.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "spoor.gracePeriod" .root }}
securityContext: {{- toYaml $values.pod.securityContext | nindent 2 }}
{{- with $values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.pod.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.pod.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.pod.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $values.pod.topologySpread.enabled }}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: {{ $values.pod.topologySpread.whenUnsatisfiable }}
    labelSelector:
      matchLabels: {{- include "spoor.selector" $ | nindent 8 }}
    matchLabelKeys: [{{ $.revisionLabel }}]
  {{- end }}
{{- end }}
{{- end }}

{{- /* Metadata of a pod of Spoor. */ -}}
{{- define "spoor.podMetadata" -}}
labels:
  {{- include "spoor.selector" . | nindent 2 }}
  app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
  {{- include "spoor.processLabel" .root | nindent 2 }}
  {{- with .root.Values.pod.labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $annotations := merge (dict) (.annotations | default dict) .root.Values.pod.annotations }}
{{- with $annotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
