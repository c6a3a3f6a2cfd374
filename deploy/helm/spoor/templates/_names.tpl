{{- /* Names and labels of the objects. */ -}}

{{- define "spoor.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* What every name begins with. Cut so that the longest ending and a pod's own still fit. */ -}}
{{- define "spoor.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains (include "spoor.name" .) .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "spoor.name" .) | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* Labels that choose the pods of one component: (dict "root" $ "component" "gateway"). */ -}}
{{- define "spoor.selector" -}}
app.kubernetes.io/name: {{ include "spoor.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* All labels of an object of one component. */ -}}
{{- define "spoor.labels" -}}
{{ include "spoor.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{- /* Pods that run Spoor itself, whatever actor, bear this label. */ -}}
{{- define "spoor.processLabel" -}}
spoor/process: "true"
{{- end }}

{{- define "spoor.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "spoor.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "spoor.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- /* The Secret with everything whose `secret` is empty. */ -}}
{{- define "spoor.secret" -}}
{{- default (printf "%s-secrets" (include "spoor.fullname" .)) .Values.secrets.existingSecret }}
{{- end }}
