{{/*
The pod's init containers, with pilotfish at its position (`order`). Further arguments:
  initContainers  the pod's other init containers, a list or its YAML
  env, envFrom    those of the app's container, lists or their YAML: pilotfish gets the same
In mode native this adds the sidecar, in mode classic the init container that waits.
*/}}
{{- define "pilotfish.v1.initContainers" -}}
{{- include "pilotfish.v1.arguments" . -}}
{{- $others := include "pilotfish.v1.once" (dict "lists" (list .initContainers) "what" "initContainers" "place" (include "pilotfish.v1.name" .)) | fromYamlArray -}}
{{- range $others -}}
{{- if .env -}}
{{- $_ := set . "env" (include "pilotfish.v1.mergeEnv" (dict "lists" (list .env) "place" .name) | fromYamlArray) -}}
{{- end -}}
{{- end -}}
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

{{/* How many of the other init containers start before pilotfish. */}}
{{- define "pilotfish.v1.place" -}}
{{- $names := list -}}
{{- range .others -}}{{- $names = append $names .name -}}{{- end -}}
{{- if or (has "pilotfish" $names) (has "pilotfish-wait" $names) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: the pod already has an init container named pilotfish or pilotfish-wait" .workload) -}}
{{- end -}}
{{- $after := "" -}}
{{- if kindIs "map" .order -}}
{{- $after = .order.after -}}
{{- else if hasPrefix "after:" .order -}}
{{- $after = trimPrefix "after:" .order | trim -}}
{{- end -}}
{{- if $after -}}
{{- if not (has $after $names) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: order: after: %s is not an init container of the pod (%s): pass them to the template as \"initContainers\"" .workload $after (join ", " $names | default "there are none")) -}}
{{- end -}}
{{- range $index, $name := $names -}}
{{- if eq $name $after -}}{{- add1 $index -}}{{- end -}}
{{- end -}}
{{- else if eq .order "first" -}}
0
{{- else if eq .order "last" -}}
{{- len $names -}}
{{- else -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: order must be first, last or after: NAME, not %v" .workload .order) -}}
{{- end -}}
{{- end -}}

{{/* The sidecar next to the app's containers; nothing in mode native, where the init container is the sidecar. Arguments: env, envFrom, as above. */}}
{{- define "pilotfish.v1.containers" -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- if eq $settings.mode "classic" -}}
{{- include "pilotfish.v1.container" (merge (dict "role" "sidecar") .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The volumes that pilotfish mounts, for the pod's `volumes`. `more`, of the chart itself: further volumes of the pod. */}}
{{- define "pilotfish.v1.volumes" -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
- name: pilotfish-config
  {{- if $settings.rolloutOnConfigChange }}
  downwardAPI:
    items:
      - path: pilotfish.yaml
        fieldRef:
          fieldPath: metadata.annotations['pilotfish/config']
  {{- else }}
  configMap:
    name: {{ include "pilotfish.v1.configMapName" . }}
  {{- end }}
- name: pilotfish-no-token
  # In memory, because a volume on disk can stop the cluster autoscaler from removing the node.
  emptyDir:
    medium: Memory
    sizeLimit: 64Ki
{{- with include "pilotfish.v1.once" (dict "lists" (list $settings.volumes .more) "what" "volumes" "own" (list "pilotfish-config" "pilotfish-no-token") "place" (include "pilotfish.v1.name" .)) }}
{{ . }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Labels for the metadata of the pod template. Monitors find the pod by the first one; the second is its job in Prometheus.
Do not use them in selector.matchLabels, which cannot be changed later.
*/}}
{{- define "pilotfish.v1.podLabels" -}}
{{- if include "pilotfish.v1.enabled" . -}}
pilotfish/monitor: {{ include "pilotfish.v1.monitor" (dict "release" .root.Release.Name "chart" .root.Chart.Name) }}
pilotfish/workload: {{ include "pilotfish.v1.labelValue" (include "pilotfish.v1.name" .) }}
{{- end -}}
{{- end -}}

{{/* The label that the monitors of one chart in one release select. `release` and `chart` are strings. */}}
{{- define "pilotfish.v1.monitor" -}}
{{- include "pilotfish.v1.labelValue" (include "pilotfish.v1.owner" .) -}}
{{- end -}}

{{/*
All annotations of the pod: its own (argument `podAnnotations`, a map) and those of pilotfish, which exist only with
`rolloutOnConfigChange` (the configuration itself, which the volume shows as a file) or `scrapeAnnotations`.
*/}}
{{- define "pilotfish.v1.podAnnotations" -}}
{{- include "pilotfish.v1.arguments" . -}}
{{- $annotations := deepCopy (.podAnnotations | default dict) -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- if hasKey $annotations "pilotfish/config" -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: the pod already has the annotation pilotfish/config, which is pilotfish's own: remove it" (include "pilotfish.v1.name" .)) -}}
{{- end -}}
{{- $annotations = merge $annotations (include "pilotfish.v1.configAnnotation" . | fromYaml) -}}
{{- if $settings.scrapeAnnotations -}}
{{- range $key, $_ := $annotations -}}
{{- if hasPrefix "prometheus.io/" $key -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: scrapeAnnotations: the pod already has %s, and a pod can have only one set of them: use podMonitor instead" (include "pilotfish.v1.name" $) $key) -}}
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

{{/* The pod's securityContext for restricted Pod Security. */}}
{{- define "pilotfish.v1.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/*
The names of the checks that `helm test` runs, as YAML: those of `test.only`, or else all checks that also work from another
pod. Checks of servers inside the workload's own pod do not.
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
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: test.only: there is no check %s: the checks are %s" (include "pilotfish.v1.name" $) . (join ", " $names)) -}}
{{- end -}}
{{- end -}}
{{- toYaml ($only | default $tested) -}}
{{- end -}}

{{/*
The pod of `helm test`: it runs the checks of the workload once, in a separate pod, with `pilotfish check`. There is no such
pod if all checks are of servers inside the workload's own pod. Further arguments: `env`, `envFrom`, as above; `volumes`, a
list or its YAML: volumes of the pod that pilotfish mounts and that are not in the workload's `volumes`; `imagePullSecrets`.
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
    {{- with include "pilotfish.v1.configAnnotation" . }}
    {{- . | nindent 4 }}
    {{- end }}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  securityContext:
    {{- include "pilotfish.v1.podSecurityContext" . | nindent 4 }}
  {{- with include "pilotfish.v1.once" (dict "lists" (list .imagePullSecrets) "what" "imagePullSecrets" "place" (include "pilotfish.v1.name" .)) }}
  imagePullSecrets:
    {{- . | nindent 4 }}
  {{- end }}
  containers:
    {{- include "pilotfish.v1.container" (merge (dict "role" "test") .) | nindent 4 }}
  volumes:
    {{- include "pilotfish.v1.volumes" (merge (dict "more" .volumes) .) | nindent 4 }}
{{- end -}}
{{- end -}}
