{{/*
The pod's init containers: pilotfish at its place (`order`) among those of the app. Arguments beside the usual ones:
  initContainers  the pod's other init containers, a list or its YAML
  env, envFrom    those of the app's container, lists or their YAML: pilotfish gets the same
In mode native it is the sidecar itself, in mode classic the one that waits.
*/}}
{{- define "pilotfish.v1.initContainers" -}}
{{- include "pilotfish.v1.arguments" . -}}
{{- $others := include "pilotfish.v1.list" (dict "value" .initContainers "what" "initContainers" "place" (include "pilotfish.v1.name" .)) | fromYamlArray -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- $role := eq $settings.mode "native" | ternary "native" "wait" -}}
{{- $at := include "pilotfish.v1.place" (dict "order" $settings.order "others" $others "workload" (include "pilotfish.v1.name" .)) | int -}}
{{- with slice $others 0 $at }}
{{- toYaml . }}
{{ end -}}
{{- include "pilotfish.v1.container" (merge (dict "role" $role) .) }}
{{- with slice $others $at }}
{{ toYaml . }}
{{- end -}}
{{- else if $others -}}
{{- toYaml $others -}}
{{- end -}}
{{- end -}}

{{/* How many of the other init containers stand before pilotfish. */}}
{{- define "pilotfish.v1.place" -}}
{{- $names := list -}}
{{- range .others -}}{{- $names = append $names .name -}}{{- end -}}
{{- if or (has "pilotfish" $names) (has "pilotfish-wait" $names) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: the pod has an init container of that name already" .workload) -}}
{{- end -}}
{{- $after := "" -}}
{{- if kindIs "map" .order -}}
{{- $after = .order.after -}}
{{- else if hasPrefix "after:" .order -}}
{{- $after = trimPrefix "after:" .order | trim -}}
{{- end -}}
{{- if $after -}}
{{- if not (has $after $names) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: order: after: %s is none of the pod's init containers (%s): give them to the template as \"initContainers\"" .workload $after (join ", " $names | default "there are none")) -}}
{{- end -}}
{{- range $index, $name := $names -}}
{{- if eq $name $after -}}{{- add1 $index -}}{{- end -}}
{{- end -}}
{{- else if eq .order "first" -}}
0
{{- else if eq .order "last" -}}
{{- len $names -}}
{{- else -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: order is first, last or after: NAME, not %v" .workload .order) -}}
{{- end -}}
{{- end -}}

{{/* The container beside the app's own: nothing in mode native, where the init container is it. Arguments: env, envFrom, as above. */}}
{{- define "pilotfish.v1.containers" -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- if eq $settings.mode "classic" -}}
{{- include "pilotfish.v1.container" (merge (dict "role" "sidecar") .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What it mounts, to stand among the pod's volumes. */}}
{{- define "pilotfish.v1.volumes" -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
- name: pilotfish-config
  configMap:
    name: {{ include "pilotfish.v1.configMapName" . }}
- name: pilotfish-no-token
  # In memory, where it does not keep the autoscaler from removing the node.
  emptyDir:
    medium: Memory
    sizeLimit: 64Ki
{{- with $settings.volumes }}
{{ toYaml . }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Labels of the pod, for its template's metadata only: by the first the monitors find it, the second is its job in Prometheus.
Never for selector.matchLabels, which cannot be changed later.
*/}}
{{- define "pilotfish.v1.podLabels" -}}
{{- if include "pilotfish.v1.enabled" . -}}
pilotfish/monitor: {{ include "pilotfish.v1.monitor" (dict "release" .root.Release.Name "chart" .root.Chart.Name) }}
pilotfish/workload: {{ include "pilotfish.v1.labelValue" (include "pilotfish.v1.name" .) }}
{{- end -}}
{{- end -}}

{{/* What the monitors of one chart in one release select; `release` and `chart` are texts. */}}
{{- define "pilotfish.v1.monitor" -}}
{{- include "pilotfish.v1.labelValue" (include "pilotfish.v1.owner" .) -}}
{{- end -}}

{{/*
All annotations of the pod: its own (argument `podAnnotations`, a map) and ours, of which there are none unless
`rolloutOnConfigChange` or `scrapeAnnotations` asks for them.
*/}}
{{- define "pilotfish.v1.podAnnotations" -}}
{{- include "pilotfish.v1.arguments" . -}}
{{- $annotations := deepCopy (.podAnnotations | default dict) -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- if $settings.rolloutOnConfigChange -}}
{{- $annotations = set $annotations "pilotfish/config-checksum" (include "pilotfish.v1.config" . | sha256sum) -}}
{{- end -}}
{{- if $settings.scrapeAnnotations -}}
{{- range $key, $_ := $annotations -}}
{{- if hasPrefix "prometheus.io/" $key -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: scrapeAnnotations: the pod has %s already, and a pod has one set of them: use podMonitor instead" (include "pilotfish.v1.name" $) $key) -}}
{{- end -}}
{{- end -}}
{{- $ports := include "pilotfish.v1.ports" . | fromYaml -}}
{{- $annotations = set $annotations "prometheus.io/scrape" "true" -}}
{{- $annotations = set $annotations "prometheus.io/port" (toString $ports.main) -}}
{{- $annotations = set $annotations "prometheus.io/path" "/metrics" -}}
{{- if hasKey (.values.config.serve | default dict) "tls" -}}
{{- $annotations = set $annotations "prometheus.io/scheme" "https" -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $annotations -}}{{- toYaml $annotations -}}{{- end -}}
{{- end -}}

{{/* What the whole pod needs to pass as restricted, where nothing else is said of it. */}}
{{- define "pilotfish.v1.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/*
The names of the checks that `helm test` runs, as YAML: those of `test.only`, or else all that mean the same in another pod.
What listens in the workload's own pod is not there.
*/}}
{{- define "pilotfish.v1.tested" -}}
{{- $only := (include "pilotfish.v1.settings" . | fromYaml).test.only -}}
{{- $names := list -}}
{{- $tested := list -}}
{{- range .values.config.checks -}}
{{- $names = append $names .name -}}
{{- if ne (include "pilotfish.v1.reach" .) "pod" -}}{{- $tested = append $tested .name -}}{{- end -}}
{{- end -}}
{{- range $only -}}
{{- if not (has . $names) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: test.only: no check is called %s; there are %s" (include "pilotfish.v1.name" $) . (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- toYaml ($only | default $tested) -}}
{{- end -}}

{{/*
The pod of `helm test`: the checks of the workload once, from beside the workload, with `pilotfish check`; none where all of
them ask what is in the workload's own pod. Arguments beside the usual ones: `env`, `envFrom`, as above, and `volumes`, a list
or its YAML: the pod's volumes that pilotfish mounts and that are not among the workload's own; `imagePullSecrets`, likewise.
*/}}
{{- define "pilotfish.v1.testPod" -}}
{{- if and (include "pilotfish.v1.enabled" .) (include "pilotfish.v1.tested" . | fromYamlArray) -}}
apiVersion: v1
kind: Pod
metadata:
  name: {{ include "pilotfish.v1.configMapName" . }}-test
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "pilotfish.v1.objectLabels" . | nindent 4 }}
  annotations:
    helm.sh/hook: test
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  securityContext:
    {{- include "pilotfish.v1.podSecurityContext" . | nindent 4 }}
  {{- with include "pilotfish.v1.list" (dict "value" .imagePullSecrets "what" "imagePullSecrets" "place" (include "pilotfish.v1.name" .)) }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    {{- include "pilotfish.v1.container" (merge (dict "role" "test") .) | nindent 4 }}
  volumes:
    {{- include "pilotfish.v1.volumes" . | nindent 4 }}
    {{- with include "pilotfish.v1.list" (dict "value" .volumes "what" "volumes" "place" (include "pilotfish.v1.name" .)) }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}
{{- end -}}
