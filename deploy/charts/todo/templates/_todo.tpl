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

{{/* The variables of each part. The app's container and pilotfish get the same. */}}
{{- define "todo.frontend.env" -}}
- name: PORT
  value: {{ .Values.frontend.port | quote }}
- name: BACKEND_URL
  value: http://{{ include "todo.name" (dict "root" . "part" "backend") }}:{{ .Values.backend.port }}
{{- with .Values.frontend.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "todo.backend.env" -}}
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
{{- with .Values.backend.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "todo.database.env" -}}
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
{{- with .Values.database.env }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* A container's securityContext for restricted Pod Security, merged with the values. */}}
{{- define "todo.container.securityContext" -}}
{{- $restricted := dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "runAsNonRoot" true "capabilities" (dict "drop" (list "ALL")) "seccompProfile" (dict "type" "RuntimeDefault") -}}
{{- toYaml (merge (deepCopy .) $restricted) -}}
{{- end -}}
