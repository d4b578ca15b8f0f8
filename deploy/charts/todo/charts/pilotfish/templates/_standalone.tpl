{{/* Shared by the chart's own templates. Application charts must not include these; they include the templates of v1. */}}

{{/* The name of the parent chart; empty if there is none. */}}
{{- define "pilotfish.standalone.above" -}}
{{- $path := splitList "/" .Template.BasePath -}}
{{- if ge (len $path) 4 -}}
{{- index $path (sub (len $path) 4 | int) -}}
{{- end -}}
{{- end -}}

{{/*
The name of the chart's own objects: RELEASE-pilotfish, or RELEASE-PARENT-pilotfish under a parent chart, because an umbrella
chart can contain several. Short enough for a Service, also with the suffix of the prober.
*/}}
{{- define "pilotfish.standalone.name" -}}
{{- $name := include "pilotfish.v1.owner" (dict "release" .Release.Name "chart" .Chart.Name) -}}
{{- with include "pilotfish.standalone.above" . -}}
{{- $name = printf "%s-%s" (include "pilotfish.v1.owner" (dict "release" $.Release.Name "chart" .)) $.Chart.Name -}}
{{- end -}}
{{- if gt (len $name) 56 -}}
{{- $name = printf "%s-%s" (trunc 47 $name | trimAll "-") (sha256sum $name | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* The arguments of the prober's templates. */}}
{{- define "pilotfish.standalone.prober" -}}
{{- $own := dict "name" "prober" "mode" "classic" -}}
{{- toYaml (dict "values" (merge $own .Values.prober) "defaults" .Values.defaults "role" "prober" "prober" true "owner" (include "pilotfish.standalone.name" .) "imagePullSecrets" .Values.prober.imagePullSecrets "podAnnotations" (.Values.prober.podAnnotations | default dict)) -}}
{{- end -}}

{{/* The label that monitors select: the pods of the parent chart, or the chart's own pods if there is no parent. */}}
{{- define "pilotfish.standalone.monitor" -}}
{{- $chart := include "pilotfish.standalone.above" . | default .Chart.Name -}}
{{- include "pilotfish.v1.monitor" (dict "release" .Release.Name "chart" $chart) -}}
{{- end -}}

{{/* The metadata of the chart's own objects. Arguments: `root`, and `labels` and `annotations` from the values. */}}
{{- define "pilotfish.standalone.metadata" -}}
name: {{ include "pilotfish.standalone.name" .root }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "pilotfish.v1.merge" (dict "base" (include "pilotfish.v1.objectLabels" . | fromYaml) "over" (.labels | default dict)) | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The ports on which the workloads of the values and the prober serve metrics. */}}
{{- define "pilotfish.standalone.ports" -}}
{{- $ports := list -}}
{{- range $name, $workload := .Values.workloads -}}
{{- if include "pilotfish.v1.enabled" (dict "root" $ "values" $workload) -}}
{{- $ports = append $ports (include "pilotfish.v1.ports" (dict "root" $ "values" $workload) | fromYaml).main -}}
{{- end -}}
{{- end -}}
{{- if .Values.prober.enabled -}}
{{- $ports = append $ports (include "pilotfish.v1.ports" (dict "root" $ "values" .Values.prober) | fromYaml).main -}}
{{- end -}}
{{- range $ports | default (list 9809) | uniq }}
- {{ int . }}
{{- end -}}
{{- end -}}

{{/* The content of a file of the chart. Arguments: root, file, for (the key that needs it). */}}
{{- define "pilotfish.standalone.file" -}}
{{- $text := .root.Files.Get (printf "files/%s" .file) -}}
{{- if not $text -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: files/%s is missing from this copy of the chart" .for .file) -}}
{{- end -}}
{{- $text -}}
{{- end -}}
