{{/*
Shared by the named templates of version 1. They read only their arguments, never `.Values`. So two versions in one umbrella
chart, aliases and any number of workloads do not conflict. Within v1, arguments and keys are only added, never removed.

Arguments of every public template, as a dict:
  root      the context of the chart that includes it: $
  values    the workload: .Values.pilotfish.workloads.NAME
  defaults  optional: settings for every workload: .Values.pilotfish.defaults
Some templates have further arguments; their comments list them.
*/}}

{{/* The default tag of the image. */}}
{{- define "pilotfish.v1.version" -}}
0.1.0
{{- end -}}

{{/*
The timeouts of the probes are long, because a container without CPU time answers late, and that must not take the pod out of
its Services. They delay nothing else: a failed dependency is an answer, which comes at once.
*/}}
{{/* The defaults if neither the workload nor `defaults` sets a key. */}}
{{- define "pilotfish.v1.builtin" -}}
mode: native
order: first
rolloutOnConfigChange: false
scrapeAnnotations: false
terminationGracePeriodSeconds: 30
env: []
envFrom: []
volumes: []
volumeMounts: []
waitArgs: []
extraArgs: []
logFormat: ""
lifecycle: {}
test:
  only: []
image:
  repository: pilotfish
  tag: {{ include "pilotfish.v1.version" . | quote }}
resources:
  requests:
    cpu: 5m
    memory: 16Mi
  limits:
    memory: 32Mi
securityContext:
  allowPrivilegeEscalation: false
  capabilities:
    drop: [ALL]
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  seccompProfile:
    type: RuntimeDefault
probes:
  startup:
    periodSeconds: 2
    timeoutSeconds: 10
    failureThreshold: 900
  readiness:
    exec: false
    periodSeconds: 5
    timeoutSeconds: 10
    failureThreshold: 2
  liveness:
    periodSeconds: 10
    timeoutSeconds: 10
    failureThreshold: 6
{{- end -}}

{{/* Merges `over` into `base`: maps are merged, other values replace, null removes a key. */}}
{{- define "pilotfish.v1.merge" -}}
{{- $merged := deepCopy .base -}}
{{- range $key, $value := .over -}}
{{- if kindIs "invalid" $value -}}
{{- $merged = unset $merged $key -}}
{{- else if and (kindIs "map" $value) (kindIs "map" (get $merged $key)) -}}
{{- $below := include "pilotfish.v1.merge" (dict "base" (get $merged $key) "over" $value) | fromYaml -}}
{{- $merged = set $merged $key $below -}}
{{- else -}}
{{- $merged = set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/* All settings of a workload, except its `config`. */}}
{{- define "pilotfish.v1.settings" -}}
{{- include "pilotfish.v1.arguments" . -}}
{{- $builtin := include "pilotfish.v1.builtin" . | fromYaml -}}
{{- include "pilotfish.v1.known" (dict "what" "defaults" "given" .defaults "keys" (keys $builtin) "place" (include "pilotfish.v1.name" .)) -}}
{{- $own := list "name" "enabled" "config" -}}
{{- if .prober -}}{{- $own = concat $own (list "replicas" "imagePullSecrets" "nodeSelector" "tolerations" "affinity" "topologySpreadConstraints" "serviceAccountName" "priorityClassName" "podLabels" "podAnnotations" "service" "podDisruptionBudget") -}}{{- end -}}
{{- include "pilotfish.v1.known" (dict "what" "values" "given" .values "keys" (concat $own (keys $builtin)) "place" (include "pilotfish.v1.name" .)) -}}
{{- $usual := include "pilotfish.v1.merge" (dict "base" $builtin "over" (.defaults | default dict)) | fromYaml -}}
{{- $settings := include "pilotfish.v1.merge" (dict "base" $usual "over" (omit .values "config")) | fromYaml -}}
{{- if not (has $settings.mode (list "native" "classic")) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: mode must be native or classic, not %v" (include "pilotfish.v1.name" .) $settings.mode) -}}
{{- end -}}
{{- /* Without a cluster, a Helm that was built from source reports v1.20.0: the version is unknown then. */ -}}
{{- $kubernetes := .root.Capabilities.KubeVersion.Version -}}
{{- if and (eq $settings.mode "native") (ne $kubernetes "v1.20.0") (not (semverCompare ">=1.29.0-0" $kubernetes)) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: Kubernetes %s has no native sidecars, which need 1.29: set mode: classic" (include "pilotfish.v1.name" .) $kubernetes) -}}
{{- end -}}
{{- toYaml $settings -}}
{{- end -}}

{{/* Fails if a map has a key that is not one of these. The schema of the values finds more, but not for values of another chart. */}}
{{- define "pilotfish.v1.known" -}}
{{- range $key, $_ := .given -}}
{{- if not (has $key $.keys) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s: there is no setting %q: the settings are %s" $.place $.what $key (sortAlpha $.keys | join ", ")) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Fails with this message. `helm lint` only prints the message of `fail` and continues. The second line fails there, because
it includes a template that does not exist, named like the message.
*/}}
{{- define "pilotfish.v1.fail" -}}
{{- fail . -}}
{{- include . . -}}
{{- end -}}

{{/* Fails if the arguments are not those of a template. One dict may serve for all templates, so each accepts those of all. */}}
{{- define "pilotfish.v1.arguments" -}}
{{- $call := "(dict \"root\" $ \"values\" .Values.pilotfish.workloads.NAME)" -}}
{{- $public := list "root" "values" "defaults" "env" "envFrom" "initContainers" "podAnnotations" "volumes" "imagePullSecrets" -}}
{{- /* The chart's own templates and the prober add these. */ -}}
{{- $known := concat $public (list "role" "prober" "owner" "more") -}}
{{- if and (kindIs "map" .) (not (hasKey . "Release")) -}}
{{- range $name, $_ := . -}}
{{- if not (has $name $known) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: the named templates have no argument %q: the arguments are %s" $name (join ", " $public)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if or (not (kindIs "map" .)) (not (hasKey . "root")) (not (hasKey . "values")) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: call the named templates with %s" $call) -}}
{{- end -}}
{{- if not (and (kindIs "map" .root) (hasKey .root "Release") (hasKey .root "Chart")) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: root is not the context of a chart: call the template with %s" $call) -}}
{{- end -}}
{{- if not (kindIs "map" .values) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: values is empty, because this workload is not in the values: call the template with %s" $call) -}}
{{- end -}}
{{- range $name := list "defaults" "podAnnotations" -}}
{{- if not (or (kindIs "map" (get $ $name)) (empty (get $ $name))) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: the argument %q must be a map, not %v" $name (get $ $name)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* "true" unless the workload has `enabled: false`. */}}
{{- define "pilotfish.v1.enabled" -}}
{{- include "pilotfish.v1.arguments" . -}}
{{- if not (and (hasKey .values "enabled") (eq (toString .values.enabled) "false")) -}}
true
{{- end -}}
{{- end -}}

{{/* RELEASE-CHART, or RELEASE if both are equal. `release` and `chart` are strings. */}}
{{- define "pilotfish.v1.owner" -}}
{{- if eq .release .chart -}}
{{- .release -}}
{{- else -}}
{{- printf "%s-%s" .release .chart -}}
{{- end -}}
{{- end -}}

{{/* The workload's name, unique in the release. Optional argument: owner, the prefix. */}}
{{- define "pilotfish.v1.name" -}}
{{- $owner := .owner | default (include "pilotfish.v1.owner" (dict "release" .root.Release.Name "chart" .root.Chart.Name)) -}}
{{- with .values.name -}}
{{- printf "%s-%s" $owner . -}}
{{- else -}}
{{- $owner -}}
{{- end -}}
{{- end -}}

{{/* A string as the value of a label. If it is too long, a hash keeps it unique. */}}
{{- define "pilotfish.v1.labelValue" -}}
{{- if gt (len .) 63 -}}
{{- printf "%s-%s" (trunc 54 . | trimAll "-_.") (sha256sum . | trunc 8) -}}
{{- else -}}
{{- trimAll "-_." . -}}
{{- end -}}
{{- end -}}

{{/* The name of the workload's ConfigMap. */}}
{{- define "pilotfish.v1.configMapName" -}}
{{- printf "%s-pilotfish" (include "pilotfish.v1.name" .) -}}
{{- end -}}

{{/* Labels of objects, never of pods. */}}
{{- define "pilotfish.v1.objectLabels" -}}
app.kubernetes.io/name: pilotfish
app.kubernetes.io/instance: {{ include "pilotfish.v1.labelValue" .root.Release.Name }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | include "pilotfish.v1.labelValue" }}
{{- end -}}
