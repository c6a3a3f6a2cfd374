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

{{- /* Its configuration. Nothing is ever evicted: a full Redis refuses, and the gateway answers 503. Users are the protection. */ -}}
{{- define "spoor.redisConf" -}}
bind * -::*
port 6379
protected-mode no
dir /redis
aclfile /tmp/users.acl
appendonly yes
appendfsync {{ .Values.redis.appendfsync }}
save ""
maxmemory {{ .Values.redis.maxmemory }}
maxmemory-policy noeviction
{{- with .Values.redis.extraConfig }}
{{ . }}
{{- end }}
{{- end }}

{{- /*
Its users, with the keys that the settings name. The passwords go from their files into a copy under /tmp, so that they are in
no list of processes. The user health may do nothing but ping.
*/ -}}
{{- define "spoor.redisUsersFile" -}}
{{- $settings := .Values.settings -}}
{{- .Files.Get "files/users.acl" | replace "click_queue" (index $settings "QUEUE_KEY" | default "click_queue") | replace "click_invalid" (index $settings "DEAD_LETTER_KEY" | default "click_invalid") | trim }}
user health on nopass resetkeys -@all +ping
{{- end }}

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
    - -ec
    - |
      umask 077
      cp /etc/redis/users.acl /tmp/users.acl
      for user in {{ include "spoor.redisUsers" .root | fromYamlArray | join " " }}; do
        name=$(printf %s "$user" | tr a-z A-Z)
        password=$(sed 's/[|&\\]/\\&/g' "/etc/redis-secret/$user")
        sed -i "s|\${REDIS_PASSWORD_$name}|$password|" /tmp/users.acl
      done
      exec redis-server /etc/redis/redis.conf
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
redis-cli -t 2 --no-auth-warning --user health --pass any ping | grep -q PONG
{{- end }}

{{- /* Its volumes but for the disk and /tmp. */ -}}
{{- define "spoor.redisVolumes" -}}
- name: redis-conf
  configMap: { name: {{ include "spoor.fullname" . }}-redis }
- name: redis-secret
  secret:
    secretName: {{ include "spoor.secret" . }}
    defaultMode: 0440
    items:
      {{- range include "spoor.redisUsers" . | fromYamlArray }}
      - { key: {{ $.Values.redis.passwordKey | replace "{user}" . }}, path: {{ . }} }
      {{- end }}
{{- end }}

{{- /* "true" when this chart has a Redis in a pod of its own. */ -}}
{{- define "spoor.hasRedis" -}}
{{- if and .Values.redis.bundled (ne .Values.mode "single") }}true{{ end }}
{{- end }}

{{- define "spoor.hasNats" -}}
{{- if and .Values.nats.bundled (ne .Values.mode "single") }}true{{ end }}
{{- end }}
