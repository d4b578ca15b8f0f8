{{/*
Fails if the configuration has an error that its schema cannot express, so that no pod starts with it. `pilotfish config check`
finds more, because it can also read {env: NAME}. Arguments: config, place.
*/}}
{{- define "pilotfish.v1.judge" -}}
{{- $place := .place -}}
{{- $defaults := get .config "defaults" | default dict -}}
{{- $usual := get $defaults "interval" | default "10s" -}}
{{- include "pilotfish.v1.longer" (dict "place" $place "at" "defaults" "timeout" (get $defaults "timeout") "interval" $usual) -}}
{{- $taken := dict -}}
{{- $common := list "name" "interval" "timeout" "failure_threshold" "success_threshold" "gates" "addresses" "connect_timeout" "require" "min_passing" "ready_ignores" "clients" "fail_on" "labels" "starts_before" -}}
{{- range $index, $check := get .config "checks" -}}
{{- $at := printf "checks[%d]" $index -}}
{{- $fault := dict "place" $place "at" $at -}}
{{- with get $taken $check.name -}}
{{- include "pilotfish.v1.fault" (merge (dict "at" (printf "%s.name" $at) "says" (printf "the name %s is taken by %s" $check.name .)) $fault) -}}
{{- end -}}
{{- $taken = set $taken $check.name $at -}}
{{- $kinds := keys $check | sortAlpha -}}
{{- range $key := $common -}}
{{- $kinds = without $kinds $key -}}
{{- end -}}
{{- if not $kinds -}}
{{- include "pilotfish.v1.fault" (merge (dict "says" "the kind is missing: write one of tcp, tls, http, peer, parity, dns, postgres, mysql, mongodb, redis, memcached, amqp, nats, kafka, smtp, grpc, websocket, mcp, ldap, mqtt, listen, env, file, icmp, dapr, same_secret, jwks, token, oidc") $fault) -}}
{{- else if gt (len $kinds) 1 -}}
{{- include "pilotfish.v1.fault" (merge (dict "says" (printf "%s are both kinds: write one check for each" (join " and " $kinds))) $fault) -}}
{{- end -}}
{{- $gates := list "startup" -}}
{{- if kindIs "slice" $check.gates -}}{{- $gates = $check.gates -}}{{- end -}}
{{- $reach := include "pilotfish.v1.reach" $check -}}
{{- if and (has "live" $gates) (eq $reach "outside") -}}
{{- include "pilotfish.v1.fault" (merge (dict "at" (printf "%s.gates" $at) "says" "live accepts only targets in this pod (loopback), because nothing outside may restart it: remove live") $fault) -}}
{{- end -}}
{{- if and (has "startup" $gates) (eq $reach "pod") (not (get $check "starts_before")) -}}
{{- include "pilotfish.v1.fault" (merge (dict "at" (printf "%s.gates" $at) "says" "a server in this pod starts after the gate, so it cannot gate startup: write gates: [ready], or starts_before: true if it does start first") $fault) -}}
{{- end -}}
{{- include "pilotfish.v1.longer" (dict "place" $place "at" $at "timeout" (get $check "timeout") "interval" (get $check "interval" | default $usual)) -}}
{{- range $kind := list "tcp" "tls" -}}
{{- $address := include "pilotfish.v1.literal" (get (get $check $kind | default dict) "address") -}}
{{- if and $address (not (regexMatch ":[0-9]+$" $address)) -}}
{{- include "pilotfish.v1.fault" (merge (dict "at" (printf "%s.%s.address" $at $kind) "says" (printf "expected host:port: the port is missing in %s" $address)) $fault) -}}
{{- end -}}
{{- end -}}
{{- range $kind := list "http" "peer" -}}
{{- $url := include "pilotfish.v1.literal" (get (get $check $kind | default dict) "url") -}}
{{- if and $url (not (regexMatch "^(?i:https?)://" $url)) -}}
{{- include "pilotfish.v1.fault" (merge (dict "at" (printf "%s.%s.url" $at $kind) "says" (printf "expected a URL that starts with http:// or https://, not %s" $url)) $fault) -}}
{{- end -}}
{{- end -}}
{{- with get $check "postgres" -}}
{{- $modes := list "disable" "allow" "prefer" "require" "verify-ca" "verify-full" -}}
{{- $mode := include "pilotfish.v1.literal" (get . "sslmode") -}}
{{- if and $mode (not (has $mode $modes)) -}}
{{- include "pilotfish.v1.fault" (merge (dict "at" (printf "%s.postgres.sslmode" $at) "says" (printf "expected one of %s" (join ", " $modes))) $fault) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Fails with an error of the configuration. Arguments: place, at, says. */}}
{{- define "pilotfish.v1.fault" -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: config.%s: %s" .place .at .says) -}}
{{- end -}}

{{/* Fails if a timeout is longer than the interval. Arguments: place, at, timeout, interval. */}}
{{- define "pilotfish.v1.longer" -}}
{{- if .timeout -}}
{{- if gt (include "pilotfish.v1.milliseconds" .timeout | int64) (include "pilotfish.v1.milliseconds" .interval | int64) -}}
{{- include "pilotfish.v1.fault" (dict "place" .place "at" (printf "%s.timeout" .at) "says" (printf "%s is longer than the interval (%s): use a shorter time, or a longer interval" .timeout .interval)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A duration such as 1m30s in milliseconds. */}}
{{- define "pilotfish.v1.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- $sum := int64 0 -}}
{{- range regexFindAll "[0-9]+(ms|s|m|h)" (toString .) -1 -}}
{{- $sum = add $sum (mul (regexFind "^[0-9]+" . | int64) (get $units (regexFind "[a-z]+$" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}

{{/* A literal value of the configuration; empty for {env: NAME}, {file: PATH} and a string with a variable in it. */}}
{{- define "pilotfish.v1.literal" -}}
{{- if not (or (kindIs "map" .) (kindIs "invalid" .) (contains "${" (toString .))) -}}{{- . -}}{{- end -}}
{{- end -}}

{{/* Where a check connects to: "pod", "outside", or nothing if its values do not show it. */}}
{{- define "pilotfish.v1.reach" -}}
{{- $host := "" -}}
{{- range $kind := list "tcp" "tls" -}}
{{- with include "pilotfish.v1.literal" (get (get $ $kind | default dict) "address") -}}
{{- $host = regexReplaceAll ":[0-9]+$" . "" -}}
{{- end -}}
{{- end -}}
{{- range $kind := list "http" "peer" -}}
{{- with include "pilotfish.v1.literal" (get (get $ $kind | default dict) "url") -}}
{{- $host = regexReplaceAll "^[a-zA-Z]+://([^/?#]*@)?(\\[[^\\]]*\\]|[^:/?#]*).*$" . "${2}" -}}
{{- end -}}
{{- end -}}
{{- with get . "postgres" -}}
{{- if not (hasKey . "url") -}}
{{- $host = include "pilotfish.v1.literal" (get . "host") -}}
{{- end -}}
{{- end -}}
{{- if hasKey . "listen" -}}
pod
{{- else if regexMatch "^(\\[?::1\\]?|127(\\.[0-9]{1,3}){3}|([^,]+\\.)?localhost\\.?)$" (lower $host) -}}
pod
{{- else if and $host (not (contains "," $host)) -}}
outside
{{- end -}}
{{- end -}}
