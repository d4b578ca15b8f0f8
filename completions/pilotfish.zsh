#compdef pilotfish

autoload -U is-at-least

_pilotfish() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_pilotfish_commands" \
"*::: :->pilotfish" \
&& ret=0
    case $state in
    (pilotfish)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pilotfish-command-$line[1]:"
        case $line[1] in
            (serve)
_arguments "${_arguments_options[@]}" : \
'-c+[The configuration file]:FILE:_default' \
'--config=[The configuration file]:FILE:_default' \
'*--gate=[The gates of checks found in the environment\: startup, ready (repeatable) \[default\: nothing\]]:GATE:_default' \
'--log-format=[How log lines look\: text or json \[default\: text on a terminal, else json\]]:FORMAT:_default' \
'--listen=[The address and port to listen on, in place of those of the configuration \[default\: \[\:\:\]\:9809\]]:ADDRESS:_default' \
'--termination-log=[The file for the reason of the exit \[default\: /dev/termination-log, if it exists\]]:FILE:_default' \
'-h[Print help]' \
'--help[Print help]' \
'*::targets -- tcp\://host\:port or unix\:PATH, tls\://host\:port, https\://host/path, peer+http\://host\:port/health, dns\://name?type=AAAA&server=10.0.0.10\:53, postgres\://user\:password@host\:5432/database, mysql\://user\:password@host\:3306/database, mongodb\://user\:password@host\:27017/database, redis\://user\:password@host\:6379/0, memcached\://user\:password@host\:11211,host\:11211, amqp\://user\:password@host\:5672/vhost, nats\://user\:password@host\:4222, kafka\://user\:password@host\:9092,host\:9092/topic, smtp\://user\:password@host\:587, grpc\://host\:50051/service, wss\://host/path, mcp+http\://host\:8000/mcp, ldap\://host\:389/dc=example,dc=org, mqtt\://user\:password@host\:1883, listen\:\:3000, file\:/etc/tls/tls.crt, icmp\://host, dapr\:\:3500, env\:NAME:_default' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'-c+[The configuration file]:FILE:_default' \
'--config=[The configuration file]:FILE:_default' \
'*--only=[Run only the check with this name (repeatable)]:NAME:_default' \
'-o+[The format of the report\: text or json \[default\: text\]]:FORM:_default' \
'--output=[The format of the report\: text or json \[default\: text\]]:FORM:_default' \
'--termination-log=[The file for the reason of a failure \[default\: /dev/termination-log, if it exists\]]:FILE:_default' \
'-h[Print help]' \
'--help[Print help]' \
'*::targets -- tcp\://host\:port or unix\:PATH, tls\://host\:port, https\://host/path, peer+http\://host\:port/health, dns\://name?type=AAAA&server=10.0.0.10\:53, postgres\://user\:password@host\:5432/database, mysql\://user\:password@host\:3306/database, mongodb\://user\:password@host\:27017/database, redis\://user\:password@host\:6379/0, memcached\://user\:password@host\:11211,host\:11211, amqp\://user\:password@host\:5672/vhost, nats\://user\:password@host\:4222, kafka\://user\:password@host\:9092,host\:9092/topic, smtp\://user\:password@host\:587, grpc\://host\:50051/service, wss\://host/path, mcp+http\://host\:8000/mcp, ldap\://host\:389/dc=example,dc=org, mqtt\://user\:password@host\:1883, listen\:\:3000, file\:/etc/tls/tls.crt, icmp\://host, dapr\:\:3500, env\:NAME:_default' \
&& ret=0
;;
(wait)
_arguments "${_arguments_options[@]}" : \
'-c+[The configuration file]:FILE:_default' \
'--config=[The configuration file]:FILE:_default' \
'--timeout=[Give up after this time \[default\: 5m\]]:DURATION:_default' \
'--interval=[The first pause between two attempts; it grows to 10s \[default\: 1s\]]:DURATION:_default' \
'--permanent-after=[Stop early when a failure that waiting cannot fix has lasted this long \[default\: 30s\]]:DURATION:_default' \
'-o+[The format of the report\: text or json \[default\: text\]]:FORM:_default' \
'--output=[The format of the report\: text or json \[default\: text\]]:FORM:_default' \
'--termination-log=[The file for the reason of a failure \[default\: /dev/termination-log, if it exists\]]:FILE:_default' \
'--all[Wait for every check of the file, not only for those that gate startup]' \
'--keep-trying[Never stop early]' \
'-h[Print help]' \
'--help[Print help]' \
'*::targets -- tcp\://host\:port or unix\:PATH, tls\://host\:port, https\://host/path, peer+http\://host\:port/health, dns\://name?type=AAAA&server=10.0.0.10\:53, postgres\://user\:password@host\:5432/database, mysql\://user\:password@host\:3306/database, mongodb\://user\:password@host\:27017/database, redis\://user\:password@host\:6379/0, memcached\://user\:password@host\:11211,host\:11211, amqp\://user\:password@host\:5672/vhost, nats\://user\:password@host\:4222, kafka\://user\:password@host\:9092,host\:9092/topic, smtp\://user\:password@host\:587, grpc\://host\:50051/service, wss\://host/path, mcp+http\://host\:8000/mcp, ldap\://host\:389/dc=example,dc=org, mqtt\://user\:password@host\:1883, listen\:\:3000, file\:/etc/tls/tls.crt, icmp\://host, dapr\:\:3500, env\:NAME:_default' \
&& ret=0
;;
(diagnose)
_arguments "${_arguments_options[@]}" : \
'-c+[The configuration file]:FILE:_default' \
'--config=[The configuration file]:FILE:_default' \
'*--only=[Show only the check with this name, in full (repeatable)]:NAME:_default' \
'-o+[The format of the page\: text or json \[default\: text\]]:FORM:_default' \
'--output=[The format of the page\: text or json \[default\: text\]]:FORM:_default' \
'--report=[Write a Markdown report without secrets, to attach to a ticket; - writes it to stdout instead of the page]:FILE:_default' \
'-h[Print help]' \
'--help[Print help]' \
'*::targets -- tcp\://host\:port or unix\:PATH, tls\://host\:port, https\://host/path, peer+http\://host\:port/health, dns\://name?type=AAAA&server=10.0.0.10\:53, postgres\://user\:password@host\:5432/database, mysql\://user\:password@host\:3306/database, mongodb\://user\:password@host\:27017/database, redis\://user\:password@host\:6379/0, memcached\://user\:password@host\:11211,host\:11211, amqp\://user\:password@host\:5672/vhost, nats\://user\:password@host\:4222, kafka\://user\:password@host\:9092,host\:9092/topic, smtp\://user\:password@host\:587, grpc\://host\:50051/service, wss\://host/path, mcp+http\://host\:8000/mcp, ldap\://host\:389/dc=example,dc=org, mqtt\://user\:password@host\:1883, listen\:\:3000, file\:/etc/tls/tls.crt, icmp\://host, dapr\:\:3500, env\:NAME:_default' \
&& ret=0
;;
(ask)
_arguments "${_arguments_options[@]}" : \
'--url=[The URL of the sidecar \[default\: http\://127.0.0.1\:9809\]]:URL:_default' \
'(--retry)--verbose[Add a line with the last and the next run of each check; not for probes, because it changes each time]' \
'--retry[Run the check now and end its back-off, from inside the pod and at most once in 30 s]' \
'-h[Print help]' \
'--help[Print help]' \
'::question -- startup, ready, live, or the name of a check \[default\: ready\]:_default' \
&& ret=0
;;
(status)
_arguments "${_arguments_options[@]}" : \
'-o+[wide\: with target and reason; json\: the document of /status]:FORM:_default' \
'--output=[wide\: with target and reason; json\: the document of /status]:FORM:_default' \
'--url=[The sidecar \[default\: http\://127.0.0.1\:9809\]]:URL:_default' \
'-w[Print a check again whenever it changes]' \
'--watch[Print a check again whenever it changes]' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
":: :_pilotfish__subcmd__config_commands" \
"*::: :->config" \
&& ret=0

    case $state in
    (config)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:pilotfish-config-command-$line[1]:"
        case $line[1] in
            (check)
_arguments "${_arguments_options[@]}" : \
'-c+[The configuration file]:FILE:_default' \
'--config=[The configuration file]:FILE:_default' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'-c+[The configuration file]:FILE:_default' \
'--config=[The configuration file]:FILE:_default' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(schema)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
(discover)
_arguments "${_arguments_options[@]}" : \
'*--gate=[The gates of the checks\: startup, ready (repeatable) \[default\: nothing\]]:GATE:_default' \
'--write=[The file to write; it must not exist yet \[default\: stdout\]]:FILE:_default' \
'-h[Print help]' \
'--help[Print help]' \
&& ret=0
;;
        esac
    ;;
esac
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'-h[Print help]' \
'--help[Print help]' \
':shell -- bash, zsh or fish:_default' \
&& ret=0
;;
        esac
    ;;
esac
}

(( $+functions[_pilotfish_commands] )) ||
_pilotfish_commands() {
    local commands; commands=(
'serve:Probe on a timer and serve readiness, metrics and status until SIGTERM' \
'check:Run every check once, in parallel; exit 0 if all pass, 1 if one fails' \
'wait:Wait until every check passes, then exit 0 or exec CMD' \
'diagnose:Show a check in detail\: every name, address and phase, what other runtimes would do, cause and fix' \
'ask:Ask a running sidecar, for exec probes\: prints one stable line, exits 0 or 1' \
'status:Show the checks of a running sidecar as a table' \
'config:Check, show or write a configuration' \
'completions:Print a completion script for a shell' \
    )
    _describe -t commands 'pilotfish commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__ask_commands] )) ||
_pilotfish__subcmd__ask_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish ask commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__check_commands] )) ||
_pilotfish__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish check commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__completions_commands] )) ||
_pilotfish__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish completions commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__config_commands] )) ||
_pilotfish__subcmd__config_commands() {
    local commands; commands=(
'check:Report every fault of a configuration, with file, line and column' \
'show:Print the effective configuration, with secrets masked' \
'schema:Print the JSON Schema of the configuration' \
'discover:Write a configuration from the environment, with the names of variables, never their values' \
    )
    _describe -t commands 'pilotfish config commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__config__subcmd__check_commands] )) ||
_pilotfish__subcmd__config__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish config check commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__config__subcmd__discover_commands] )) ||
_pilotfish__subcmd__config__subcmd__discover_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish config discover commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__config__subcmd__schema_commands] )) ||
_pilotfish__subcmd__config__subcmd__schema_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish config schema commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__config__subcmd__show_commands] )) ||
_pilotfish__subcmd__config__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish config show commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__diagnose_commands] )) ||
_pilotfish__subcmd__diagnose_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish diagnose commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__serve_commands] )) ||
_pilotfish__subcmd__serve_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish serve commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__status_commands] )) ||
_pilotfish__subcmd__status_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish status commands' commands "$@"
}
(( $+functions[_pilotfish__subcmd__wait_commands] )) ||
_pilotfish__subcmd__wait_commands() {
    local commands; commands=()
    _describe -t commands 'pilotfish wait commands' commands "$@"
}

if [ "$funcstack[1]" = "_pilotfish" ]; then
    _pilotfish "$@"
else
    compdef _pilotfish pilotfish
fi
