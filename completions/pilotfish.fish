# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_pilotfish_global_optspecs
    string join \n h/help V/version
end

function __fish_pilotfish_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_pilotfish_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_pilotfish_using_subcommand
    set -l cmd (__fish_pilotfish_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c pilotfish -n "__fish_pilotfish_needs_command" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -s V -l version -d 'Print version'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "serve" -d 'Probe on a timer and serve readiness, metrics and status until SIGTERM'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "check" -d 'Run every check once, in parallel; exit 0 if all pass, 1 if one fails'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "wait" -d 'Wait until every check passes, then exit 0 or exec CMD'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "diagnose" -d 'Show a check in detail: every name, address and phase, what other runtimes would do, cause and fix'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "ask" -d 'Ask a running sidecar, for exec probes: prints one stable line, exits 0 or 1'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "status" -d 'Show the checks of a running sidecar as a table'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "config" -d 'Check, show or write a configuration'
complete -c pilotfish -n "__fish_pilotfish_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand serve" -s c -l config -d 'The configuration file' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand serve" -l gate -d 'The gates of checks found in the environment: startup, ready (repeatable) [default: nothing]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand serve" -l log-format -d 'How log lines look: text or json [default: text on a terminal, else json]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand serve" -l listen -d 'The address and port to listen on, in place of those of the configuration [default: [::]:9809]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand serve" -l termination-log -d 'The file for the reason of the exit [default: /dev/termination-log, if it exists]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand serve" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand check" -s c -l config -d 'The configuration file' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand check" -l only -d 'Run only the check with this name (repeatable)' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand check" -s o -l output -d 'The format of the report: text or json [default: text]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand check" -l termination-log -d 'The file for the reason of a failure [default: /dev/termination-log, if it exists]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand check" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -s c -l config -d 'The configuration file' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -l timeout -d 'Give up after this time [default: 5m]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -l interval -d 'The first pause between two attempts; it grows to 10s [default: 1s]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -l permanent-after -d 'Stop early when a failure that waiting cannot fix has lasted this long [default: 30s]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -s o -l output -d 'The format of the report: text or json [default: text]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -l termination-log -d 'The file for the reason of a failure [default: /dev/termination-log, if it exists]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -l all -d 'Wait for every check of the file, not only for those that gate startup'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -l keep-trying -d 'Never stop early'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand wait" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand diagnose" -s c -l config -d 'The configuration file' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand diagnose" -l only -d 'Show only the check with this name, in full (repeatable)' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand diagnose" -s o -l output -d 'The format of the page: text or json [default: text]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand diagnose" -l report -d 'Write a Markdown report without secrets, to attach to a ticket; - writes it to stdout instead of the page' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand diagnose" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand ask" -l url -d 'The URL of the sidecar [default: http://127.0.0.1:9809]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand ask" -l verbose -d 'Add a line with the last and the next run of each check; not for probes, because it changes each time'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand ask" -l retry -d 'Run the check now and end its back-off, from inside the pod and at most once in 30 s'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand ask" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand status" -s o -l output -d 'wide: with target and reason; json: the document of /status' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand status" -l url -d 'The sidecar [default: http://127.0.0.1:9809]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand status" -s w -l watch -d 'Print a check again whenever it changes'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand status" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and not __fish_seen_subcommand_from check show schema discover" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and not __fish_seen_subcommand_from check show schema discover" -f -a "check" -d 'Report every fault of a configuration, with file, line and column'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and not __fish_seen_subcommand_from check show schema discover" -f -a "show" -d 'Print the effective configuration, with secrets masked'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and not __fish_seen_subcommand_from check show schema discover" -f -a "schema" -d 'Print the JSON Schema of the configuration'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and not __fish_seen_subcommand_from check show schema discover" -f -a "discover" -d 'Write a configuration from the environment, with the names of variables, never their values'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from check" -s c -l config -d 'The configuration file' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'The configuration file' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from discover" -l gate -d 'The gates of the checks: startup, ready (repeatable) [default: nothing]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from discover" -l write -d 'The file to write; it must not exist yet [default: stdout]' -r
complete -c pilotfish -n "__fish_pilotfish_using_subcommand config; and __fish_seen_subcommand_from discover" -s h -l help -d 'Print help'
complete -c pilotfish -n "__fish_pilotfish_using_subcommand completions" -s h -l help -d 'Print help'
