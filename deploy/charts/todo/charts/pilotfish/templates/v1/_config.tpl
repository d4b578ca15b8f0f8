{{/*
The ConfigMap with the workload's checks. Include it once for each workload, as a separate document. With
`rolloutOnConfigChange` the configuration is an annotation of the pod instead, and there is no ConfigMap: except one that the
release already has, which stays as it is, because pods from before may still mount it, and `rollout undo` may bring them back.
*/}}
{{- define "pilotfish.v1.configMap" -}}
{{- if include "pilotfish.v1.enabled" . -}}
{{- $name := include "pilotfish.v1.configMapName" . -}}
{{- $kept := dict -}}
{{- $live := not (include "pilotfish.v1.settings" . | fromYaml).rolloutOnConfigChange -}}
{{- if not $live -}}
{{- $found := lookup "v1" "ConfigMap" .root.Release.Namespace $name | default dict -}}
{{- if eq (dig "metadata" "annotations" "meta.helm.sh/release-name" "" $found) .root.Release.Name -}}
{{- $kept = get $found "data" | default dict -}}
{{- end -}}
{{- end -}}
{{- if or $live $kept -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "pilotfish.v1.objectLabels" . | nindent 4 }}
{{- if $live }}
data:
  pilotfish.yaml: |
    {{- include "pilotfish.v1.config" . | nindent 4 }}
{{- else }}
data: {{ toJson $kept }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The annotation that contains the configuration with `rolloutOnConfigChange`, as YAML; nothing without. */}}
{{- define "pilotfish.v1.configAnnotation" -}}
{{- if (include "pilotfish.v1.settings" . | fromYaml).rolloutOnConfigChange -}}
{{- $text := include "pilotfish.v1.config" . -}}
{{- $limit := 204800 -}}
{{- if gt (len $text) $limit -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: rolloutOnConfigChange: the configuration has %d bytes, and at most %d fit into the annotations of a pod: set it to false, or use fewer checks" (include "pilotfish.v1.name" .) (len $text) $limit) -}}
{{- end -}}
{{- toYaml (dict "pilotfish/config" $text) -}}
{{- end -}}
{{- end -}}

{{/*
The workload's configuration, as it is in the values. The template sets two keys if they are not set:
- serve.drain in mode native: 0s. The sidecar gets SIGTERM only after the app has ended, when nobody is left to answer for.
  In mode classic it gets SIGTERM together with the app, so it answers until 5 s before the end of the grace period. A central
  prober keeps the default.
- serve.fail_ready_on_sigterm for a central prober (argument `prober`): it is removed from its Service at SIGTERM.
*/}}
{{- define "pilotfish.v1.config" -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- $place := include "pilotfish.v1.name" . -}}
{{- if not (kindIs "map" .values.config) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: config is missing: add the checks, config: {checks: [{name: database, postgres: {url: {env: DATABASE_URL}}}]}" $place) -}}
{{- end -}}
{{- include "pilotfish.v1.refuseSecrets" (dict "at" "config" "value" .values.config "place" $place) -}}
{{- include "pilotfish.v1.judge" (dict "config" .values.config "place" $place) -}}
{{- $config := deepCopy .values.config -}}
{{- $serve := get $config "serve" | default dict -}}
{{- if not (or .prober (hasKey $serve "drain")) -}}
{{- $grace := int $settings.terminationGracePeriodSeconds -}}
{{- $drain := eq $settings.mode "native" | ternary 0 (max 1 (sub $grace 5)) -}}
{{- $config = set $config "serve" (set $serve "drain" (printf "%ds" $drain)) -}}
{{- end -}}
{{- if and .prober (not (hasKey $serve "fail_ready_on_sigterm")) -}}
{{- $config = set $config "serve" (set $serve "fail_ready_on_sigterm" true) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The ports, as YAML: `main`, and `probes`, which is the same unless `serve.probe_listen` is set. */}}
{{- define "pilotfish.v1.ports" -}}
{{- $place := include "pilotfish.v1.name" . -}}
{{- $config := .values.config | default dict -}}
{{- $serve := get $config "serve" | default dict -}}
{{- $main := get $config "listen" | default "[::]:9809" | toString -}}
{{- $probes := get $serve "probe_listen" | default $main | toString -}}
{{- range $listen := list $main $probes -}}
{{- if not (regexMatch ":[0-9]+$" $listen) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is not a valid listen address: write it like \"[::]:9809\"" $place $listen) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "^(127\\.|\\[::1\\]|localhost)" $probes -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: it would listen on %s, which the kubelet cannot reach: use \"[::]:9809\"" $place $probes) -}}
{{- end -}}
{{- if and (hasKey $serve "tls") (not (hasKey $serve "probe_listen")) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: serve.tls needs serve.probe_listen, such as \"[::]:9810\": the probes and pilotfish ask use that port in plain text" $place) -}}
{{- end -}}
main: {{ regexFind "[0-9]+$" $main }}
probes: {{ regexFind "[0-9]+$" $probes }}
{{- end -}}

{{/*
Fails if a secret is in the values: it would be readable in the ConfigMap and in the release history. Refer to a secret with
{env: NAME}, {file: PATH} or "${NAME}" instead.
*/}}
{{- define "pilotfish.v1.refuseSecrets" -}}
{{- $at := .at -}}
{{- $place := .place -}}
{{- /* Expected answers and labels are never secrets, whatever their names are. */ -}}
{{- $secret := and (regexMatch "(?i)(^|\\.)(password|bearer_token|secret|authorization|proxy-authorization|cookie|headers\\.[^.]*(token|secret|password|api-?key))$" $at) (not (regexMatch "\\.(json|labels)\\." $at)) -}}
{{- if kindIs "map" .value -}}
{{- if not (and $secret (or (hasKey .value "env") (hasKey .value "file"))) -}}
{{- range $key, $below := .value -}}
{{- include "pilotfish.v1.refuseSecrets" (dict "at" (printf "%s.%s" $at $key) "value" $below "place" $place) -}}
{{- end -}}
{{- end -}}
{{- else if kindIs "slice" .value -}}
{{- range $index, $below := .value -}}
{{- include "pilotfish.v1.refuseSecrets" (dict "at" (printf "%s[%d]" $at $index) "value" $below "place" $place) -}}
{{- end -}}
{{- else if not (kindIs "invalid" .value) -}}
{{- $text := toString .value -}}
{{- if and $secret (ne $text "") (not (or (contains "${" $text) (contains "$(" $text))) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is a secret in the values, readable in the ConfigMap and in the release: refer to a Secret of the pod instead, with {env: NAME}, {file: PATH}, or in env with valueFrom.secretKeyRef" $place (trimSuffix ".secret" $at)) -}}
{{- end -}}
{{- $written := regexReplaceAll "\\$\\{[^}]*\\}|\\$\\([^)]*\\)" $text "" -}}
{{- if or (regexMatch "^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*:[^/?#]+@" $written) (regexMatch "(?i)://[^#]*[?&](password|sslpassword|token|access_token|api_?key|secret)=[^&#]" $written) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is a URL with a password, readable in the ConfigMap and in the release: remove the password from the URL, and add password: {env: NAME}" $place $at) -}}
{{- end -}}
{{- if contains "PRIVATE KEY-----" $written -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is a private key in the values, readable in the ConfigMap and in the release: mount a Secret and use {file: PATH} instead" $place $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}
