{{- /* Values that fit the schema and still cannot work end the rendering with a sentence. */ -}}

{{- /* The keys of the Secret that the chart makes. */ -}}
{{- define "spoor.generatedKeys" -}}
{{- $keys := list "notifier-password" "viewer-password" }}
{{- if ne .Values.mode "single" }}
{{- $keys = append $keys "bus-secret" }}
{{- if or (include "spoor.hasRedis" .) (eq .Values.mode "sidecar") }}
{{- range include "spoor.redisUsers" . | fromYamlArray }}{{ $keys = append $keys ($.Values.redis.passwordKey | replace "{user}" .) }}{{ end }}
{{- end }}
{{- if include "spoor.hasRedis" . }}{{ $keys = concat $keys (list "projections-url-consumer" "projections-url-deliverer" "projections-url-viewer") }}{{ end }}
{{- if eq .Values.mode "sidecar" }}
{{- $keys = concat $keys (list "redis-url-deliverer" "redis-url-viewer") }}
{{- range list "gateway" "drainer" }}{{ $keys = append $keys ($.Values.sidecar.redisUrlKey | replace "{user}" .) }}{{ end }}
{{- else if include "spoor.hasRedis" . }}
{{- range list "gateway" "drainer" "receiver" "deliverer" "viewer" }}{{ $keys = append $keys (printf "redis-url-%s" .) }}{{ end }}
{{- end }}
{{- if include "spoor.hasNats" . }}
{{- range include "spoor.natsUsers" . | fromYamlArray }}
{{- $keys = concat $keys (list (printf "nats-url-%s" .) ($.Values.nats.passwordKey | replace "{user}" .)) }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $keys }}
{{- end }}

{{- define "spoor.check" -}}
{{- $values := .Values }}
{{- $secret := include "spoor.secret" . }}
{{- $generated := include "spoor.generatedKeys" . | fromYamlArray }}
{{- if and (ne $values.mode "single") (not $values.secrets.existingSecret) }}
{{- range $name, $actor := $values.actors }}
{{- if $actor.enabled }}
{{- $keys := dict }}
{{- if and (eq $values.mode "sidecar") (has $name (list "gateway" "drainer")) }}{{ $_ := set $keys "REDIS_URL" $values.sidecar.redisUrlKey }}{{ end }}
{{- range $setting, $from := include "spoor.secretSettings" (dict "root" $ "name" $name "keys" $keys) | fromYaml }}
{{- if and (eq $from.secret $secret) (not (has $from.key $generated)) }}
{{- if hasPrefix "RULES_SECRET_" $setting }}
{{- fail (printf "The secret %s of rules comes from the key %q, which the Secret made by this chart does not hold. Name a Secret of your own in reactions.secrets.%s.secret." (trimPrefix "RULES_SECRET_" $setting) $from.key (trimPrefix "RULES_SECRET_" $setting)) }}
{{- end }}
{{- fail (printf "%s of the actor %s comes from the key %q, which the Secret made by this chart does not hold. Name a Secret of your own in secrets.existingSecret or secrets.settings.%s.secret, or set settings.%s." $setting $name $from.key $setting $setting) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- $hasLogin := or (index $values.secrets.settings "VIEWER_PASSWORD" "key") (index $values.secrets.settings "VIEWER_TOKEN" "key") }}
{{- $isExposed := or $values.ingress.viewer.enabled $values.gatewayApi.routes.viewer.enabled }}
{{- if and $isExposed (not $hasLogin) }}
{{- fail "The viewer would be exposed without a login. Set secrets.settings.VIEWER_PASSWORD.key or VIEWER_TOKEN.key." }}
{{- end }}
{{- if and $isExposed $values.networkPolicy.enabled (not $values.networkPolicy.viewerFrom) }}
{{- fail "The viewer would be exposed, but its NetworkPolicy admits no client. Name your ingress controller in networkPolicy.viewerFrom." }}
{{- end }}
{{- range $name, $route := $values.gatewayApi.routes }}
{{- if and $route.enabled (not $route.parentRefs) (not $values.gatewayApi.gateway.create) }}
{{- fail (printf "The HTTPRoute of the %s has no Gateway. Name one in gatewayApi.routes.%s.parentRefs or set gatewayApi.gateway.create." $name $name) }}
{{- end }}
{{- end }}
{{- if gt (int $values.kafka.minInsyncReplicas) (int $values.kafka.replicationFactor) }}
{{- fail "kafka.minInsyncReplicas is above kafka.replicationFactor: nothing could ever be stored." }}
{{- end }}
{{- if and $values.gatewayTls.secret (or $values.ingress.gateway.enabled $values.gatewayApi.routes.gateway.enabled) (eq $values.mode "single") }}
{{- fail "gatewayTls is not available in mode single." }}
{{- end }}
{{- if and (ne $values.mode "single") $values.actors.attributor.enabled (not (has "clicks" (append $values.kafka.topics $values.kafka.topic))) }}
{{- fail "The attributor reads the topic clicks. Add clicks to kafka.topics." }}
{{- end }}
{{- $facts := include "spoor.facts" . | fromYaml }}
{{- range $name, $actor := $values.actors }}
{{- with $actor.autoscaling }}
{{- $signal := (index $facts $name).signal }}
{{- if and (lt (int .min) 1) (or (eq $name "drainer") (eq $signal "lag")) }}
{{- fail (printf "actors.%s.autoscaling.min is 0, but its own pods export the series by which it is scaled: none would ever start again. Only enricher and bridge may go down to 0." $name) }}
{{- end }}
{{- if gt (int .min) (int .max) }}
{{- fail (printf "actors.%s.autoscaling.min is above its max." $name) }}
{{- end }}
{{- if and (lt (int .min) 1) (ne $values.autoscaling.backlog "keda") }}
{{- fail (printf "actors.%s.autoscaling.min is 0, which requires autoscaling.backlog: keda." $name) }}
{{- end }}
{{- end }}
{{- end }}
{{- if lt (int (index $values.actors.gateway "autoscaling" "min")) 1 }}
{{- fail "actors.gateway.autoscaling.min is 0: no gateway would accept events." }}
{{- end }}
{{- end }}
