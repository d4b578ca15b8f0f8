{{/* What the chart's own templates share. These names are this chart's; application charts include those of v1. */}}

{{/* The chart that this one is a dependency of, by whatever name it goes here; nothing where there is none. */}}
{{- define "pilotfish.standalone.above" -}}
{{- $path := splitList "/" .Template.BasePath -}}
{{- if ge (len $path) 4 -}}
{{- index $path (sub (len $path) 4 | int) -}}
{{- end -}}
{{- end -}}

{{/*
The name of what stands alone: RELEASE-pilotfish, or RELEASE-ABOVE-pilotfish under another chart, of which an umbrella may
have several. Short enough for a Service, and for the prober's, which has more behind it.
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
{{- toYaml (dict "values" (merge $own .Values.prober) "defaults" .Values.defaults "role" "prober" "prober" true "owner" (include "pilotfish.standalone.name" .) "imagePullSecrets" .Values.prober.imagePullSecrets) -}}
{{- end -}}

{{/* What the monitors select: the pods of the chart that this one is a dependency of, or else our own. */}}
{{- define "pilotfish.standalone.monitor" -}}
{{- $chart := include "pilotfish.standalone.above" . | default .Chart.Name -}}
{{- include "pilotfish.v1.monitor" (dict "release" .Release.Name "chart" $chart) -}}
{{- end -}}

{{/* The metadata of what stands alone. Arguments: `root`, and of the values `labels` and `annotations`. */}}
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

{{/* The ports on which the workloads of the values, and the prober, give metrics. */}}
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

{{/* The text of a file of the chart. Arguments: root, file, for (what needs it). */}}
{{- define "pilotfish.standalone.file" -}}
{{- $text := .root.Files.Get (printf "files/%s" .file) -}}
{{- if not $text -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: files/%s is missing from this copy of the chart" .for .file) -}}
{{- end -}}
{{- $text -}}
{{- end -}}
