{{- /* Redis of this chart, in a pod of its own or beside a gateway. */ -}}

{{- /* A disk: (dict "name" "data" "storage" .Values.redis.storage). */ -}}
{{- define "spoor.claim" -}}
- apiVersion: v1
  kind: PersistentVolumeClaim
  metadata:
    name: {{ .name }}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .storage.className }}
    storageClassName: {{ . }}
    {{- end }}
    resources:
      requests: { storage: {{ .storage.size }} }
{{- end }}

{{- /* Its configuration. Nothing is ever evicted: a full Redis refuses, and the gateway answers 503. */ -}}
{{- define "spoor.redisConf" -}}
bind * -::*
port 6379
protected-mode yes
dir /redis
appendonly yes
appendfsync {{ .Values.redis.appendfsync }}
save ""
maxmemory {{ .Values.redis.maxmemory }}
maxmemory-policy noeviction
{{- with .Values.redis.extraConfig }}
{{ . }}
{{- end }}
{{- end }}

{{- /* The password goes from its file into a copy of the configuration, so that it is in no list of processes. */ -}}
{{- define "spoor.redisContainer" -}}
{{- $values := .root.Values -}}
- name: redis
  image: {{ $values.redis.image.repository }}:{{ $values.redis.image.tag }}
  imagePullPolicy: {{ $values.redis.image.pullPolicy }}
  {{- if .isSidecar }}
  restartPolicy: Always
  {{- end }}
  command:
    - sh
    - -c
    - |
      umask 077
      { cat /etc/redis/redis.conf; printf '\nrequirepass "%s"\n' "$(cat /etc/redis-secret/password)"; } >/tmp/redis.conf
      exec redis-server /tmp/redis.conf
  ports:
    - { name: redis, containerPort: 6379 }
  # Loading a large append-only file takes time; Redis answers pings with LOADING meanwhile.
  startupProbe:
    exec: { command: [sh, -c, {{ include "spoor.redisPing" . | quote }}] }
    periodSeconds: 2
    timeoutSeconds: 3
    failureThreshold: 300
  livenessProbe:
    tcpSocket: { port: redis }
    periodSeconds: 10
    timeoutSeconds: 5
    failureThreshold: 6
  readinessProbe:
    exec: { command: [sh, -c, {{ include "spoor.redisPing" . | quote }}] }
    periodSeconds: 5
    timeoutSeconds: 3
    failureThreshold: 3
  resources: {{- toYaml $values.redis.resources | nindent 4 }}
  securityContext: {{- toYaml $values.pod.containerSecurityContext | nindent 4 }}
  volumeMounts:
    - { name: redis-data, mountPath: /redis }
    - { name: redis-conf, mountPath: /etc/redis, readOnly: true }
    - { name: redis-secret, mountPath: /etc/redis-secret, readOnly: true }
    - { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "spoor.redisPing" -}}
REDISCLI_AUTH="$(cat /etc/redis-secret/password)" redis-cli -t 2 ping | grep -q PONG
{{- end }}

{{- /* Its volumes but for the disk and /tmp. */ -}}
{{- define "spoor.redisVolumes" -}}
- name: redis-conf
  configMap: { name: {{ include "spoor.fullname" . }}-redis }
- name: redis-secret
  secret:
    secretName: {{ include "spoor.secret" . }}
    defaultMode: 0440
    items: [{ key: {{ .Values.redis.passwordKey }}, path: password }]
{{- end }}

{{- /* "true" when this chart has a Redis in a pod of its own. */ -}}
{{- define "spoor.hasRedis" -}}
{{- if and .Values.redis.bundled (ne .Values.mode "single") }}true{{ end }}
{{- end }}

{{- define "spoor.hasNats" -}}
{{- if and .Values.nats.bundled (ne .Values.mode "single") }}true{{ end }}
{{- end }}
