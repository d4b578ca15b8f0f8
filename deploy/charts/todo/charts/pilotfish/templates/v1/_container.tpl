{{/*
One container of pilotfish. Arguments beside the usual ones: `role`, which is native, sidecar, wait, test or prober; `env`
and `envFrom`, as the pod's own container has them, so that pilotfish sees what the app sees.
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
  # Before the app and beside it: what starts after it waits for its startup probe.
  restartPolicy: Always
  {{- end }}
  {{- if $serves }}
  command: [pilotfish, serve]
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
  {{- with concat (include "pilotfish.v1.list" (dict "value" .envFrom "what" "envFrom" "nameless" true "place" (include "pilotfish.v1.name" .)) | fromYamlArray) $settings.envFrom }}
  envFrom:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if $serves }}
  {{- include "pilotfish.v1.probes" (dict "probes" $settings.probes "ports" $ports "role" .role) | nindent 2 }}
  {{- end }}
  {{- with $settings.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $settings.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # It writes why it ended to /dev/termination-log; where it could not, the end of its log says it.
  terminationMessagePolicy: FallbackToLogsOnError
  volumeMounts:
    - name: pilotfish-config
      mountPath: /etc/pilotfish
      readOnly: true
    # It needs no token: an empty folder in its place, whatever the pod mounts for the app.
    - name: pilotfish-no-token
      mountPath: /var/run/secrets/kubernetes.io/serviceaccount
      readOnly: true
    {{- with $settings.volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* The probes of a container that serves: all of them on itself, none on the app. */}}
{{- define "pilotfish.v1.probes" -}}
{{- $port := eq .ports.main .ports.probes | ternary "pilotfish" "pilotfish-probe" -}}
{{- $url := list -}}
{{- if ne (int .ports.probes) 9809 -}}
{{- $url = list "--url" (printf "http://127.0.0.1:%d" (int .ports.probes)) -}}
{{- end -}}
{{- if eq .role "native" -}}
# Asked by exec, so that the reason stands in the pod's events.
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

{{/* repository:tag, or repository@digest where there is one. */}}
{{- define "pilotfish.v1.image" -}}
{{- if .digest -}}
{{- printf "%s@%s" .repository .digest -}}
{{- else -}}
{{- printf "%s:%s" .repository (toString .tag) -}}
{{- end -}}
{{- end -}}

{{/* The pod's variables (`env`, a list or its YAML) and the workload's own; of two with one name the workload's stands. */}}
{{- define "pilotfish.v1.env" -}}
{{- $own := .settings.env -}}
{{- $names := list -}}
{{- range $own -}}{{- $names = append $names .name -}}{{- end -}}
{{- $all := list -}}
{{- range include "pilotfish.v1.list" (dict "value" .env "what" "env" "place" .place) | fromYamlArray -}}
{{- if not (has .name $names) -}}{{- $all = append $all . -}}{{- end -}}
{{- end -}}
{{- $all = concat $all $own -}}
{{- $place := .place -}}
{{- range $own -}}
{{- $at := regexMatch "(PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|(API|SECRET|ACCESS|PRIVATE)_?KEY)$" .name | ternary (printf "env %s.secret" .name) (printf "env %s" .name) -}}
{{- include "pilotfish.v1.refuseSecrets" (dict "at" $at "value" (get . "value") "place" $place) -}}
{{- end -}}
{{- if $all -}}{{- toYaml $all -}}{{- end -}}
{{- end -}}

{{/* A list of what has a name, or is `nameless`, given as one or as its YAML, as YAML. Arguments: value, what, place, nameless. */}}
{{- define "pilotfish.v1.list" -}}
{{- $text := "" -}}
{{- if kindIs "string" .value -}}
{{- $text = trim .value -}}
{{- else if .value -}}
{{- $text = toYaml .value -}}
{{- end -}}
{{- range fromYamlArray $text -}}
{{- if not (and (kindIs "map" .) (or $.nameless (hasKey . "name"))) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: the argument %q is a list%s, or the YAML of one" $.place $.what (empty $.nameless | ternary ", each of it with a name" "")) -}}
{{- end -}}
{{- end -}}
{{- $text -}}
{{- end -}}
