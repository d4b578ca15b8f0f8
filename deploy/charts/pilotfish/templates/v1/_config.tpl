{{/*
The ConfigMap with the workload's checks. Include it once for each workload, as a document of its own.
*/}}
{{- define "pilotfish.v1.configMap" -}}
{{- if include "pilotfish.v1.enabled" . -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "pilotfish.v1.configMapName" . }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "pilotfish.v1.objectLabels" . | nindent 4 }}
data:
  pilotfish.yaml: |
    {{- include "pilotfish.v1.config" . | nindent 4 }}
{{- end -}}
{{- end -}}

{{/*
The workload's configuration as it stands in the values. Two things are set where nothing is said of them: the classic
sidecar answers until the pod's grace is nearly over, since it is told to stop together with the app; and a central
prober (argument `prober`) leaves its Service when it is told to stop.
*/}}
{{- define "pilotfish.v1.config" -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- $place := include "pilotfish.v1.name" . -}}
{{- if not (kindIs "map" .values.config) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: config is missing: write the checks there, config: {checks: [{name: database, postgres: {url: {env: DATABASE_URL}}}]}" $place) -}}
{{- end -}}
{{- include "pilotfish.v1.refuseSecrets" (dict "at" "config" "value" .values.config "place" $place) -}}
{{- include "pilotfish.v1.judge" (dict "config" .values.config "place" $place) -}}
{{- $config := deepCopy .values.config -}}
{{- $serve := get $config "serve" | default dict -}}
{{- if and (eq $settings.mode "classic") (not (hasKey $serve "drain")) (not .prober) -}}
{{- $grace := int $settings.terminationGracePeriodSeconds -}}
{{- $config = set $config "serve" (set $serve "drain" (printf "%ds" (max 1 (sub $grace 5)))) -}}
{{- end -}}
{{- if and .prober (not (hasKey $serve "fail_ready_on_sigterm")) -}}
{{- $config = set $config "serve" (set $serve "fail_ready_on_sigterm" true) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Where it listens, as YAML: `main`, and `probes`, which is the same unless `serve.probe_listen` sets it apart. */}}
{{- define "pilotfish.v1.ports" -}}
{{- $place := include "pilotfish.v1.name" . -}}
{{- $config := .values.config | default dict -}}
{{- $serve := get $config "serve" | default dict -}}
{{- $main := get $config "listen" | default "[::]:9809" | toString -}}
{{- $probes := get $serve "probe_listen" | default $main | toString -}}
{{- range $listen := list $main $probes -}}
{{- if not (regexMatch ":[0-9]+$" $listen) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is no address to listen on; it is written like \"[::]:9809\"" $place $listen) -}}
{{- end -}}
{{- end -}}
{{- if regexMatch "^(127\\.|\\[::1\\]|localhost)" $probes -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: it would listen on %s, where the kubelet cannot ask: take \"[::]:9809\"" $place $probes) -}}
{{- end -}}
{{- if and (hasKey $serve "tls") (not (hasKey $serve "probe_listen")) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: serve.tls needs serve.probe_listen, such as \"[::]:9810\": probes and pilotfish ask are answered there, in plain text" $place) -}}
{{- end -}}
main: {{ regexFind "[0-9]+$" $main }}
probes: {{ regexFind "[0-9]+$" $probes }}
{{- end -}}

{{/*
Fails where a secret stands in the values: it would be readable in the ConfigMap and in the release's history. A secret is
named instead, {env: NAME} or {file: PATH}, or expanded, "${NAME}".
*/}}
{{- define "pilotfish.v1.refuseSecrets" -}}
{{- $at := .at -}}
{{- $place := .place -}}
{{- /* What an answer is compared with, and labels, are no secrets, whatever they are called. */ -}}
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
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is a secret in the values, readable in the ConfigMap and in the release: name it instead, from a Secret of the pod: {env: NAME}, {file: PATH}, or in env valueFrom.secretKeyRef" $place (trimSuffix ".secret" $at)) -}}
{{- end -}}
{{- $written := regexReplaceAll "\\$\\{[^}]*\\}|\\$\\([^)]*\\)" $text "" -}}
{{- if or (regexMatch "^[a-zA-Z][a-zA-Z0-9+.-]*://[^/?#]*:[^/?#]+@" $written) (regexMatch "(?i)://[^#]*[?&](password|sslpassword|token|access_token|api_?key|secret)=[^&#]" $written) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is a URL with a password, readable in the ConfigMap and in the release: write the URL without it, and password: {env: NAME} beside it" $place $at) -}}
{{- end -}}
{{- if contains "PRIVATE KEY-----" $written -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s is a private key in the values, readable in the ConfigMap and in the release: name it instead, {file: PATH}, from a Secret of the pod" $place $at) -}}
{{- end -}}
{{- end -}}
{{- end -}}
