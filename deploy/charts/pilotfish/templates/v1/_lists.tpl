{{/*
Lists whose entries Kubernetes tells apart by a key. If a key appears twice, a later patch of the object loses both entries, and
`helm rollback` does not bring them back. So the templates never write a key twice.
*/}}

{{/*
Variables: several lists as one, as YAML. If a name appears twice, the last one wins. It keeps the position of the first one, so
that $(NAME) in the entries between still works, unless its own value refers to another variable: then it is the last.
Arguments: lists (each a list or its YAML); optional: place, for messages. Your chart can use it for the app's container, too.
*/}}
{{- define "pilotfish.v1.mergeEnv" -}}
{{- $place := .place | default "env" -}}
{{- range $name, $_ := . -}}
{{- if not (has $name (list "lists" "place")) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: mergeEnv has no argument %q: the arguments are lists, place" $place $name) -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- $entries := dict -}}
{{- range .lists -}}
{{- range include "pilotfish.v1.list" (dict "value" . "what" "env" "place" $place) | fromYamlArray -}}
{{- if and (has .name $names) (contains "$(" (toString (get . "value"))) -}}
{{- $names = without $names .name -}}
{{- end -}}
{{- if not (has .name $names) -}}{{- $names = append $names .name -}}{{- end -}}
{{- $entries = set $entries .name . -}}
{{- end -}}
{{- end -}}
{{- $merged := list -}}
{{- range $names -}}{{- $merged = append $merged (get $entries .) -}}{{- end -}}
{{- if $merged -}}{{- toYaml $merged -}}{{- end -}}
{{- end -}}

{{/*
Any other list: several lists as one, as YAML. The same entry twice is written once. Two different entries with one key fail, and
so does a key of pilotfish's own. Arguments: lists (each a list or its YAML), what (its name), place; optional: key (name), own.
*/}}
{{- define "pilotfish.v1.once" -}}
{{- $key := .key | default "name" -}}
{{- $own := .own | default list -}}
{{- $what := .what -}}
{{- $place := .place -}}
{{- $entries := dict -}}
{{- $all := list -}}
{{- range .lists -}}
{{- range include "pilotfish.v1.list" (dict "value" . "what" $what "key" $key "place" $place) | fromYamlArray -}}
{{- $name := get . $key | toString -}}
{{- if eq $key "mountPath" -}}{{- $name = clean $name -}}{{- end -}}
{{- if has $name $own -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s: %s is pilotfish's own: use another %s" $place $what $name $key) -}}
{{- end -}}
{{- if not (hasKey $entries $name) -}}
{{- $entries = set $entries $name . -}}
{{- $all = append $all . -}}
{{- else if ne (toJson .) (get $entries $name | toJson) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: %s: %s appears twice, with different content: remove one, or use another %s" $place $what $name $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if $all -}}{{- toYaml $all -}}{{- end -}}
{{- end -}}

{{/* A list, or its YAML, as YAML. Each entry needs a name, or its `key`, unless `nameless` is set. Arguments: value, what, place, key, nameless. */}}
{{- define "pilotfish.v1.list" -}}
{{- $text := "" -}}
{{- $key := .key | default "name" -}}
{{- if kindIs "string" .value -}}
{{- $text = trim .value -}}
{{- else if .value -}}
{{- $text = toYaml .value -}}
{{- end -}}
{{- range fromYamlArray $text -}}
{{- if not (and (kindIs "map" .) (or $.nameless (hasKey . $key))) -}}
{{- include "pilotfish.v1.fail" (printf "pilotfish: %s: the argument %q must be a list%s, or its YAML" $.place $.what (empty $.nameless | ternary (printf " in which each entry has a %s" $key) "")) -}}
{{- end -}}
{{- end -}}
{{- $text -}}
{{- end -}}
