{{/*
One pilotfish container. Further arguments: `role` (native, sidecar, wait, test or prober); `env` and `envFrom` of the app's
container, so that pilotfish has the same variables as the app.
*/}}
{{- define "pilotfish.v1.container" -}}
{{- $settings := include "pilotfish.v1.settings" . | fromYaml -}}
{{- $ports := include "pilotfish.v1.ports" . | fromYaml -}}
{{- $serves := has .role (list "native" "sidecar" "prober") -}}
{{- $env := include "pilotfish.v1.env" (dict "env" .env "settings" $settings "place" (include "pilotfish.v1.name" .)) -}}
- name: {{ eq .role "wait" | ternary "pilotfish-wait" "pilotfish" }}
  image: {{ include "pilotfish.v1.image" $settings.image | quote }}
  {{- with $settings.image.pullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  {{- if eq .role "native" }}
  # A native sidecar: the containers after it wait until its startup probe passes.
  restartPolicy: Always
  {{- end }}
  {{- if $serves }}
  command: {{ concat (list "pilotfish" "serve") (empty $settings.logFormat | ternary list (list "--log-format" $settings.logFormat)) $settings.extraArgs | toJson }}
  ports:
    - name: pilotfish
      containerPort: {{ $ports.main }}
      protocol: TCP
    {{- if ne $ports.main $ports.probes }}
    - name: pilotfish-probe
      containerPort: {{ $ports.probes }}
      protocol: TCP
    {{- end }}
  {{- else if eq .role "wait" }}
  command: {{ concat (list "pilotfish" "wait") $settings.waitArgs | toJson }}
  {{- else }}
  {{- $tested := include "pilotfish.v1.tested" . | fromYamlArray -}}
  {{- $only := list -}}
  {{- if or $settings.test.only (lt (len $tested) (len .values.config.checks)) -}}
  {{- range $tested }}{{- $only = concat $only (list "--only" .) -}}{{- end }}
  {{- end }}
  command: {{ concat (list "pilotfish" "check") $only | toJson }}
  {{- end }}
  {{- with $env }}
  env:
    {{- . | nindent 4 }}
  {{- end }}
  {{- with concat (include "pilotfish.v1.list" (dict "value" .envFrom "what" "envFrom" "nameless" true "place" (include "pilotfish.v1.name" .)) | fromYamlArray) $settings.envFrom | uniq }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $serves }}
  {{- include "pilotfish.v1.probes" (dict "probes" $settings.probes "ports" $ports "role" .role) | nindent 2 }}
  {{- end }}
  {{- with $serves | ternary $settings.lifecycle dict }}
  lifecycle:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $settings.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $settings.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # pilotfish writes why it exited to /dev/termination-log. If it cannot, the end of its log is shown.
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: pilotfish-config
      mountPath: /etc/pilotfish
      readOnly: true
    # pilotfish needs no token: an empty folder hides the one that the pod may mount for the app.
    - name: pilotfish-no-token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
    {{- with include "pilotfish.v1.once" (dict "lists" (list $settings.volumeMounts) "what" "volumeMounts" "key" "mountPath" "own" (list "/etc/pilotfish" "/var/run/secrets/kubernetes.io/serviceaccount" "/run/secrets/kubernetes.io/serviceaccount") "place" (include "pilotfish.v1.name" .)) }}
    {{- . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* The probes of a serving container. They probe only pilotfish, never the app. */}}
{{- define "pilotfish.v1.probes" -}}
{{- $port := eq .ports.main .ports.probes | ternary "pilotfish" "pilotfish-probe" -}}
{{- $url := list -}}
{{- if ne (int .ports.probes) 9809 -}}
{{- $url = list "--url" (printf "http://127.0.0.1:%d" (int .ports.probes)) -}}
{{- end -}}
{{- if eq .role "native" -}}
# An exec probe, so that the pod's events show the cause.
startupProbe:
  exec:
    command: {{ concat (list "pilotfish" "ask" "startup") $url | toJson }}
  {{- toYaml .probes.startup | nindent 2 }}
{{ end -}}
readinessProbe:
  {{- if .probes.readiness.exec }}
  exec:
    command: {{ concat (list "pilotfish" "ask" "ready") $url | toJson }}
  {{- else }}
  httpGet:
    path: /readyz
    port: {{ $port }}
  {{- end }}
  {{- toYaml (omit .probes.readiness "exec") | nindent 2 }}
livenessProbe:
  httpGet:
    path: /livez
    port: {{ $port }}
  {{- toYaml .probes.liveness | nindent 2 }}
{{- end -}}

{{/* repository:tag, or repository@digest if there is a digest. */}}
{{- define "pilotfish.v1.image" -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (toString .tag) -}}
{{- end -}}
{{- end -}}

{{/* The pod's variables (`env`, a list or its YAML) and the workload's own. If a name appears twice, the workload's wins. */}}
{{- define "pilotfish.v1.env" -}}
{{- $place := .place -}}
{{- range .settings.env -}}
{{- $at := regexMatch "(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|(API|SECRET|ACCESS|PRIVATE)_?KEY)$" .name | ternary (printf "env %s.secret" .name) (printf "env %s" .name) -}}
{{- include "pilotfish.v1.refuseSecrets" (dict "at" $at "value" (get . "value") "place" $place) -}}
{{- end -}}
{{- include "pilotfish.v1.mergeEnv" (dict "lists" (list .env .settings.env) "place" $place) -}}
{{- end -}}
