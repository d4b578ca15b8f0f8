{{/* The name of one part: RELEASE-todo-PART, or RELEASE-PART if the release is named todo. Arguments: root, part. */}}
{{- define "todo.name" -}}
{{- $owner := eq .root.Release.Name .root.Chart.Name | ternary .root.Release.Name (printf "%s-%s" .root.Release.Name .root.Chart.Name) -}}
{{- printf "%s-%s" $owner .part -}}
{{- end -}}

{{/* The labels that select a part. They never change. Arguments: root, part. */}}
{{- define "todo.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "todo.labels" -}}
{{ include "todo.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/*
The variables of each part. The app's container and pilotfish get the same. The values may set one of the chart's own variables:
theirs wins, and no name appears twice.
*/}}
{{- define "todo.frontend.usualEnv" -}}
- name: PORT
  value: {{ .Values.frontend.port | quote }}
- name: BACKEND_URL
  value: http://{{ include "todo.name" (dict "root" . "part" "backend") }}:{{ .Values.backend.port }}
{{- include "todo.sharedSecret.env" (dict "root" . "part" "backend") }}
{{- end -}}

{{/* The secret that two parts share, and the pilotfish of the other one. Arguments: root, part (the other one). */}}
{{- define "todo.sharedSecret.env" -}}
{{- if .root.Values.sharedSecret.enabled }}
- name: JWT_SECRET
  valueFrom:
    secretKeyRef:
      {{- toYaml .root.Values.sharedSecret.secret | nindent 6 }}
- name: PILOTFISH_PEER
  value: http://{{ include "todo.name" . }}:9809
{{- end }}
{{- end -}}

{{/* The port on which the pilotfish of the other part is asked. Argument: the root context. */}}
{{- define "todo.sharedSecret.port" -}}
{{- if .Values.sharedSecret.enabled -}}
- name: pilotfish
  port: 9809
  targetPort: pilotfish
  protocol: TCP
{{- end -}}
{{- end -}}

{{- define "todo.frontend.env" -}}
{{- include "pilotfish.v1.mergeEnv" (dict "place" "frontend" "lists" (list (include "todo.frontend.usualEnv" .) .Values.frontend.env)) -}}
{{- end -}}

{{- define "todo.backend.usualEnv" -}}
- name: PORT
  value: {{ .Values.backend.port | quote }}
- name: PGHOST
  value: {{ include "todo.name" (dict "root" . "part" "database") }}
- name: PGPORT
  value: {{ .Values.database.port | quote }}
- name: PGUSER
  value: {{ .Values.database.user | quote }}
- name: PGDATABASE
  value: {{ .Values.database.name | quote }}
- name: PGPASSWORD
  valueFrom:
    secretKeyRef:
      {{- toYaml .Values.database.secret | nindent 6 }}
{{- if .Values.redis.enabled }}
- name: REDIS_HOST
  value: {{ include "todo.name" (dict "root" . "part" "redis") }}
{{ include "todo.redis.parts" . }}
{{- end }}
{{- include "todo.sharedSecret.env" (dict "root" . "part" "frontend") }}
{{- if .Values.jwks.enabled }}
- name: FRONTEND_URL
  value: http://{{ include "todo.name" (dict "root" . "part" "frontend") }}:{{ .Values.frontend.port }}
{{- end }}
{{- end -}}

{{/* Where the cache is, and its password. */}}
{{- define "todo.redis.parts" -}}
- name: REDIS_PORT
  value: {{ .Values.redis.port | quote }}
- name: REDIS_PASSWORD
  valueFrom:
    secretKeyRef:
      {{- toYaml .Values.redis.secret | nindent 6 }}
{{- end -}}

{{- define "todo.redis.env" -}}
{{- include "pilotfish.v1.mergeEnv" (dict "place" "redis" "lists" (list (include "todo.redis.parts" .) .Values.redis.env)) -}}
{{- end -}}

{{/* The settings of pilotfish in a part: the values, and the checks of what is switched on. Arguments: root, part. */}}
{{- define "todo.pilotfish" -}}
{{- $values := deepCopy (get .root.Values.pilotfish.workloads .part) -}}
{{- range $name := get (dict "frontend" (list "sharedSecret" "cors") "backend" (list "redis" "sharedSecret" "jwks")) .part -}}
{{- with get $.root.Values $name -}}
{{- if .enabled -}}
{{- $_ := set $values.config "checks" (append $values.config.checks .check) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $values -}}
{{- end -}}

{{- define "todo.backend.env" -}}
{{- include "pilotfish.v1.mergeEnv" (dict "place" "backend" "lists" (list (include "todo.backend.usualEnv" .) .Values.backend.env)) -}}
{{- end -}}

{{- define "todo.database.usualEnv" -}}
- name: PGPORT
  value: {{ .Values.database.port | quote }}
- name: PGDATA
  value: /var/lib/postgresql/data/pgdata
- name: POSTGRES_USER
  value: {{ .Values.database.user | quote }}
- name: POSTGRES_DB
  value: {{ .Values.database.name | quote }}
- name: POSTGRES_PASSWORD
  valueFrom:
    secretKeyRef:
      {{- toYaml .Values.database.secret | nindent 6 }}
# Require the password on loopback, too. By default the image accepts every login there, and pilotfish's check would prove
# nothing.
- name: POSTGRES_INITDB_ARGS
  value: --auth-host=scram-sha-256
{{- end -}}

{{- define "todo.database.env" -}}
{{- include "pilotfish.v1.mergeEnv" (dict "place" "database" "lists" (list (include "todo.database.usualEnv" .) .Values.database.env)) -}}
{{- end -}}

{{/* The credentials of the registry, for every pod. Argument: the root context. */}}
{{- define "todo.imagePullSecrets" -}}
{{- include "pilotfish.v1.once" (dict "lists" (list .Values.imagePullSecrets) "what" "imagePullSecrets" "place" "todo") -}}
{{- end -}}

{{/* The volumes of a pod: its own, and those that pilotfish mounts. Arguments: own (a list), pilotfish (the arguments of its templates). */}}
{{- define "todo.volumes" -}}
{{- include "pilotfish.v1.once" (dict "lists" (list .own (include "pilotfish.v1.volumes" .pilotfish)) "what" "volumes" "place" (include "pilotfish.v1.name" .pilotfish)) -}}
{{- end -}}

{{/* A container's securityContext for restricted Pod Security, merged with the values. */}}
{{- define "todo.container.securityContext" -}}
{{- $restricted := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "runAsNonRoot" true "capabilities" (dict "drop" (list "ALL")) "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (merge (deepCopy .) $restricted) -}}
{{- end -}}
