//! Every cause of the closed vocabulary, provoked by the real thing: its phase, and what its hint says there.
//!
//! One row, one cause; the checks of a table run side by side in one pod. What stands in capitals behind a `$` is filled
//! in with what the scene has.

mod scenes;

use pilotfish::cause::Cause;
use serde_json::Value;

use crate::support::Folder;

/// A failure that is to happen.
struct Row {
    cause: &'static str,
    phase: &'static str,
    /// What stands in the hint.
    hint: &'static str,
    /// The check's kind and its keys.
    check: &'static str,
}

const fn row(cause: &'static str, phase: &'static str, hint: &'static str, check: &'static str) -> Row {
    Row { cause, phase, hint, check }
}

const NAMES: &[Row] = &[
    row("dns_not_found", "resolve", "no Service gone in the namespace shop", "tcp: {address: \"gone:1\"}"),
    row("dns_not_found", "resolve", "laptop's hosts file", "http: {url: \"http://todo.local/\"}"),
    row("dns_not_found", "resolve", "Check its spelling", "tcp: {address: \"api.exmaple.com:1\"}"),
    row("dns_no_address", "resolve", "is an alias of gone.example.com", "tcp: {address: \"alias:1\"}"),
    row("dns_no_address", "resolve", "kubectl -n shop get svc empty", "tcp: {address: \"empty:1\"}"),
    row("dns_timeout", "resolve", "did not answer. If other pods resolve names", "tcp: {address: \"mute.:1\"}"),
    row(
        "dns_timeout",
        "resolve",
        "This check queries its own `server`",
        "dns: {name: mute., server: \"127.0.0.1:53\"}",
    ),
    row("dns_server_failure", "resolve", "logs -l k8s-app=kube-dns", "tcp: {address: \"broken.:1\"}"),
    row("dns_refused", "resolve", "Compare `nameserver`", "tcp: {address: \"strict.:1\"}"),
    row("dns_answer_mismatch", "assert", "Compare the zone", "dns: {name: db, expect: [10.6.6.6]}"),
];

const CONNECTIONS: &[Row] = &[
    row(
        "connect_refused",
        "connect",
        "inside a pod localhost is the pod itself",
        "http: {url: \"http://localhost:8001/\"}",
    ),
    row("connect_refused", "connect", "dapr.io/enabled", "dapr: {port: 3500}"),
    row(
        "connect_refused",
        "connect",
        "kubectl -n shop get endpointslices -l kubernetes.io/service-name=idle",
        "tcp: {address: \"idle:8000\"}",
    ),
    row(
        "connect_refused",
        "connect",
        "The host is up, but nothing listens on port 8000",
        "tcp: {address: \"10.7.0.1:8000\"}",
    ),
    row(
        "connect_timeout",
        "connect",
        "If kubectl -n shop get svc dropped does not show port 8000",
        "tcp: {address: \"dropped:8000\"}, timeout: 3s",
    ),
    row(
        "connect_timeout",
        "connect",
        "the egress NetworkPolicy here",
        "tcp: {address: \"10.7.0.21:8000\"}, timeout: 3s",
    ),
    row(
        "connect_timeout",
        "connect",
        "one lost packet costs that much",
        "tcp: {address: \"10.7.0.21:8000\"}, connect_timeout: 200ms",
    ),
    row("connect_reset", "connect", "closes them at once", "http: {url: \"http://10.7.0.1:8002/\"}"),
    row(
        "host_unreachable",
        "connect",
        "A router or firewall rejected the connection",
        "tcp: {address: \"10.7.0.22:8000\"}",
    ),
    row(
        "host_unreachable",
        "connect",
        "the pod or node behind it is gone",
        "tcp: {address: \"10.7.0.99:8000\"}, timeout: 10s",
    ),
    row("network_unreachable", "connect", "no IPv6 route", "tcp: {address: \"[2001:db8::1]:8000\"}"),
    row("network_unreachable", "connect", "(or a blackhole)", "tcp: {address: \"10.8.0.1:8000\"}"),
    row("connect_not_permitted", "connect", "EPERM, EACCES", "tcp: {address: \"10.8.1.1:8000\"}"),
    row("connect_timeout", "connect", "allow ICMP echo", "icmp: {host: 10.7.0.21}, timeout: 3s"),
    row("host_unreachable", "connect", "kubectl get pods", "icmp: {host: 10.7.0.22}"),
    row("connect_not_permitted", "connect", "denies ICMP", "icmp: {host: 10.8.1.1}"),
];

const LIMITS: &[Row] =
    &[row("local_limit", "connect", "Every local port to that target is in use", "tcp: {address: \"10.7.0.1:8000\"}")];

const TLS: &[Row] = &[
    row("tls_untrusted", "tls", "does not send the certificate of CN=Lab Root", "tls: {address: \"127.0.0.1:$GOOD\"}"),
    row("tls_expired", "tls", "kubectl get certificate", "tls: {address: \"127.0.0.1:$EXPIRED\", ca: $CA}"),
    row("tls_expired", "assert", "cert-manager", "file: {path: $FILE, pem_min_days_valid: 1}"),
    row("tls_not_yet_valid", "tls", "Compare the clocks", "tls: {address: \"127.0.0.1:$EARLY\", ca: $CA}"),
    row(
        "tls_wrong_name",
        "tls",
        "The URL has an address, but the certificate has names (db.lab)",
        "tls: {address: \"127.0.0.1:$OTHER\", ca: $CA}",
    ),
    row("tls_not_tls", "tls", "speaks plain text", "tls: {address: \"127.0.0.1:$PLAIN\", ca: $CA}"),
    row("tls_not_tls", "tls", "Write http:// in the URL", "http: {url: \"https://127.0.0.1:$PLAIN/\", tls: {ca: $CA}}"),
    row("tls_unsupported", "tls", "Write https:// in the URL", "http: {url: \"http://127.0.0.1:$GOOD/\"}"),
    row("probe_limit", "tls", "enable a cipher (ECDHE", "tls: {address: \"127.0.0.1:$OLD\", ca: $CA}"),
    row(
        "tls_client_cert_required",
        "tls",
        "Mount a client certificate",
        "http: {url: \"https://127.0.0.1:$MUTUAL/\", tls: {ca: $CA}}",
    ),
    row(
        "tls_handshake_failed",
        "tls",
        "selects its certificate by the requested name",
        "tls: {address: \"127.0.0.1:$NAMED\", ca: $CA, server_name: nobody.lab}",
    ),
];

const MYSQL: &[Row] = &[
    row("password_rejected", "login", "ALTER USER", "mysql: {url: \"mysql://app:wrong@127.0.0.1:$MYSQL/app\"}"),
    row("password_missing", "login", "percent-encoded", "mysql: {url: \"mysql://app@127.0.0.1:$MYSQL/app\"}"),
    row("login_rejected", "login", "ACCOUNT UNLOCK", "mysql: {url: \"mysql://locked:sesame@127.0.0.1:$MYSQL/app\"}"),
    row(
        "tls_unsupported",
        "tls",
        "Enable TLS",
        "mysql: {url: \"mysql://app:sesame@127.0.0.1:$MYSQL/app?ssl-mode=REQUIRED\"}",
    ),
    row(
        "missing_table",
        "assert",
        "Run the migrations",
        "mysql: {url: \"mysql://app:sesame@127.0.0.1:$MYSQL/app\", query: SELECT 1 FROM jobs}",
    ),
    row(
        "query_failed",
        "assert",
        "failover",
        "mysql: {url: \"mysql://app:sesame@127.0.0.1:$MYSQL/app\", role: replica}",
    ),
];

const AMQP: &[Row] = &[
    row(
        "password_rejected",
        "login",
        "rabbitmqctl authenticate_user",
        "amqp: {url: \"amqp://app:wrong@127.0.0.1:$AMQP\"}",
    ),
    row("password_missing", "login", "Clients differ", "amqp: {url: \"amqp://app@127.0.0.1:$AMQP\"}"),
    row(
        "no_such_database",
        "login",
        "rabbitmqctl add_vhost",
        "amqp: {url: \"amqp://app:sesame@127.0.0.1:$AMQP/none\"}",
    ),
    row("login_rejected", "login", "set_permissions", "amqp: {url: \"amqp://app:sesame@127.0.0.1:$AMQP/closed\"}"),
    row("too_many_connections", "login", "set_vhost_limits", "amqp: {url: \"amqp://app:sesame@127.0.0.1:$AMQP/full\"}"),
    row("tls_not_tls", "tls", "Write `amqp://`", "amqp: {url: \"amqps://app:sesame@127.0.0.1:$AMQP\"}"),
    row(
        "not_found_on_server",
        "assert",
        "rabbitmqctl list_queues",
        "amqp: {url: \"amqp://app:sesame@127.0.0.1:$AMQP\", queue: none}",
    ),
];

const MONGODB: &[Row] = &[
    row("password_rejected", "login", "authSource", "mongodb: {url: \"mongodb://app:wrong@127.0.0.1:$MONGODB/admin\"}"),
    row(
        "not_found_on_server",
        "assert",
        "rs.conf()",
        "mongodb: {url: \"mongodb://app:sesame@127.0.0.1:$MONGODB/admin?replicaSet=rs1\"}",
    ),
    row(
        "query_failed",
        "assert",
        "secondary",
        "mongodb: {url: \"mongodb://app:sesame@127.0.0.1:$MONGODB/admin?directConnection=true\", role: secondary}",
    ),
    row(
        "not_enough_replicas",
        "assert",
        "rs.status()",
        "mongodb: {url: \"mongodb://app:sesame@127.0.0.1:$MONGODB/admin\", role: secondary}",
    ),
];

const POSTGRES: &[Row] = &[
    row(
        "password_rejected",
        "login",
        "ALTER ROLE … PASSWORD",
        "postgres: {url: \"$BASE/app\", user: app, password: wrong}",
    ),
    row("login_rejected", "login", "(NOLOGIN)", "postgres: {url: \"$BASE/app\", user: nologin, password: sesame}"),
    row("login_rejected", "login", "GRANT CONNECT", "postgres: {url: \"$BASE/private\", user: app, password: sesame}"),
    row("password_missing", "login", "`password: {env: …}`", "postgres: {url: \"$BASE/app\", user: app}"),
    row(
        "no_such_database",
        "login",
        "the database does not exist",
        "postgres: {url: \"$BASE/nowhere\", user: app, password: sesame}",
    ),
    row(
        "too_many_connections",
        "login",
        "CONNECTION LIMIT",
        "postgres: {url: \"$BASE/app\", user: busy, password: sesame}",
    ),
    row(
        "auth_unsupported",
        "login",
        "needs TLS",
        "postgres: {url: \"$BASE/app?channel_binding=require\", user: app, password: sesame}",
    ),
    row(
        "probe_limit",
        "login",
        "Set `sslmode: verify-full`",
        "postgres: {url: \"$BASE/app\", user: clear, password: sesame}",
    ),
    row(
        "tls_unsupported",
        "tls",
        "ssl = on",
        "postgres: {url: \"$BASE/app?sslmode=require\", user: app, password: sesame}",
    ),
    row(
        "permission_denied",
        "request",
        "GRANT it to this role",
        "postgres: {url: \"$BASE/app\", user: app, password: sesame, query: SELECT * FROM secrets}",
    ),
    row(
        "query_failed",
        "request",
        "CREATE EXTENSION",
        "postgres: {url: \"$BASE/app\", user: app, password: sesame, query: SELECT nothing()}",
    ),
    row(
        "missing_table",
        "assert",
        "Run the migrations",
        "postgres: {url: \"$BASE/app\", user: app, password: sesame, query: SELECT * FROM nothing}",
    ),
    row(
        "migration_behind",
        "assert",
        "drizzle-kit migrate",
        "postgres: {url: \"$BASE/app\", user: app, password: sesame, migrations: {tool: drizzle, head: 2}}",
    ),
    row(
        "jwks_undecryptable",
        "assert",
        "delete the rows of the table",
        "jwks: {better_auth: {database: \"postgres://app:sesame@127.0.0.1:$PORT/app\", secret: another}}",
    ),
    row(
        "body_mismatch",
        "assert",
        "Run it with psql",
        "postgres: {url: \"$BASE/app\", user: app, password: sesame, query: SELECT 1, expect: \"2\"}",
    ),
    row(
        "read_only",
        "assert",
        "the Service of the primary",
        "postgres: {url: \"$REPLICA/app\", user: app, password: sesame, role: primary}",
    ),
    row("starting_up", "login", "hot_standby = off", "postgres: {url: \"$STANDBY/app\", user: app, password: sesame}"),
    row(
        "shutting_down",
        "login",
        "Wait for its restart",
        "postgres: {url: \"$STOPPING/app\", user: app, password: sesame}",
    ),
];

const ANSWERS: &[Row] = &[
    row("http_status", "assert", "no such path", "http: {url: \"$NGINX/missing\"}"),
    row("http_status", "assert", "got no valid answer from the app", "http: {url: \"$NGINX/proxied\"}"),
    row("http_redirect", "assert", "Only the final slash differs", "http: {url: \"$NGINX/folder\"}"),
    row(
        "permission_denied",
        "request",
        "Compare the token or password",
        "http: {url: \"$NGINX/private\", bearer_token: wrong}",
    ),
    row(
        "password_not_expected",
        "login",
        "Set `requirepass` on the server",
        "redis: {url: \"redis://:sesame@127.0.0.1:$REDIS\"}",
    ),
    row(
        "not_found_on_server",
        "assert",
        "EXISTS KEY",
        "redis: {url: \"redis://127.0.0.1:$REDIS\", key_exists: nothing}",
    ),
    row("not_enough_replicas", "assert", "CLUSTER NODES", "redis: {url: \"redis://127.0.0.1:$NODE\", cluster: true}"),
    row(
        "advertised_unreachable",
        "assert",
        "replica-announce-ip",
        "redis: {sentinel: {master: cache, addresses: \"127.0.0.1:$SENTINEL\"}}",
    ),
    row("health_down", "assert", "for the part that is down", "peer: {url: \"$NGINX/health\"}"),
    row("body_mismatch", "assert", "shows an excerpt", "http: {url: \"$NGINX/health\", body_contains: happy}"),
    row(
        "json_mismatch",
        "assert",
        "A JSON pointer starts with /",
        "http: {url: \"$NGINX/health\", json: {/database: connected}}",
    ),
    row(
        "parity_mismatch",
        "assert",
        "one of them runs another version",
        "parity: {left: \"$NGINX\", right: {url: \"$NGINX/old\"}, requests: [/health]}",
    ),
    row("header_mismatch", "assert", "shows an excerpt", "http: {url: \"$NGINX/health\", header: {x-version: \"2\"}}"),
    row(
        "cors_denied",
        "assert",
        "Add `https://app.example.com`",
        "http: {url: \"$NGINX/health\", cors: {origin: \"https://app.example.com\"}}",
    ),
    row(
        "origin_rejected",
        "assert",
        "`trustedOrigins`",
        "http: {url: \"$AUTH\", trusted_origin: \"https://www.example.com\"}",
    ),
    row(
        "grpc_not_serving",
        "assert",
        "starting or shutting down",
        "grpc: {address: \"127.0.0.1:$GRPC\", service: down}",
    ),
    row(
        "grpc_unknown_service",
        "assert",
        "Compare `service` with the names",
        "grpc: {address: \"127.0.0.1:$GRPC\", service: nothing}",
    ),
    row("grpc_unimplemented", "assert", "Add the health service", "grpc: {address: \"127.0.0.1:$NO_HEALTH\"}"),
    row("jwks_invalid", "assert", "Compare `url` with the `jwks_uri`", "jwks: {url: \"$NGINX/health\"}"),
    row(
        "token_rejected",
        "assert",
        "Set `token` to one JWT",
        "token: {token: none, secret: correct-horse-battery-staple-1234}",
    ),
    row(
        "redirect_uri_rejected",
        "assert",
        "exactly as it is",
        "oidc: {issuer: \"$NGINX\", client_id: web, redirect_uri: \"http://localhost/\"}",
    ),
    row("too_large", "request", "`max_response`", "http: {url: \"$NGINX/health\", max_response: 5}"),
    row(
        "connection_closed",
        "request",
        "closed the connection before it answered",
        "http: {url: \"http://127.0.0.1:$POSTGRES/\"}",
    ),
    row(
        "timeout",
        "login",
        "Redis or an HTTP server stays silent",
        "postgres: {url: \"postgres://app@127.0.0.1:$REDIS/app\", password: x}, timeout: 1s",
    ),
    row(
        "protocol_error",
        "login",
        "Compare the port",
        "postgres: {url: \"postgres://app@127.0.0.1:$HTTP/app\", password: x}",
    ),
];

const VALUES: &[Row] = &[
    row("variable_missing", "assert", "a sidecar does not inherit", "postgres: {url: {env: NOT_SET}}"),
    row("variable_invalid", "assert", "restart the pod", "env: {variables: [{name: WORD, pattern: \"^[0-9]+$\"}]}"),
    row(
        "secret_whitespace",
        "assert",
        "printf %s instead of echo",
        "env: {variables: [{name: NEWLINE_SECRET, min_length: 4}]}",
    ),
    row("secret_too_weak", "assert", "", "env: {variables: [{name: SHORT_SECRET, min_length: 32}]}"),
    row("url_malformed", "assert", "where it is set", "http: {url: {env: WORD}}"),
    row("url_password_unencoded", "assert", "%2F", "postgres: {url: {env: RAW_URL}}"),
    row("url_password_doubled", "assert", "once", "env: {variables: [{name: DOUBLED_URL, url: redis}]}"),
    row(
        "file_missing",
        "assert",
        "kubectl describe pod",
        "http: {url: \"http://127.0.0.1:1/\", bearer_token: {file: /nowhere/token}}",
    ),
    row("file_missing", "assert", "Mount the Secret", "file: {path: /nowhere/token}"),
    row("file_invalid", "assert", "subPath", "file: {path: /etc/passwd, max_age: 1s}"),
    row(
        "file_invalid",
        "assert",
        "Compare the file",
        "http: {url: \"http://127.0.0.1:1/\", bearer_token: {file: /proc}}",
    ),
    row("not_listening", "assert", "whether the app has started", "listen: {port: 3000}"),
    row("listening_on_loopback", "assert", "--host 0.0.0.0", "listen: {port: 53}"),
];

const SECRETS: &[Row] = &[row(
    "secret_mismatch",
    "assert",
    "the same key of the same Secret",
    "same_secret: {secret: other, peers: \"http://$PEER\"}",
)];

/// Runs the checks of a table in one go; `json` runs the binary where they are to run.
fn provoke(rows: &[Row], scene: &[(&str, &str)], json: impl Fn(&str) -> Value) {
    let folder = Folder::new();
    let filled = |text: &str| {
        // The longest names first: `$HTTP` is the start of others.
        let mut scene = scene.to_vec();
        scene.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        scene.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("${name}"), value))
    };
    let check = |(at, row): (usize, &Row)| format!("  - {{name: n{at}, gates: [], {}}}\n", filled(row.check));
    let checks: String = rows.iter().enumerate().map(check).collect();
    let config = folder.write("pilotfish.yaml", format!("checks:\n{checks}"));
    let report = json(&config);
    let mut wrong = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        let check = &report["checks"][at];
        let text = |key: &str| check["failure"][key].as_str().unwrap_or_default();
        let cause = Cause::from_slug(row.cause).unwrap_or_else(|| panic!("{} is no cause", row.cause));
        let documented = cause.phases().iter().any(|phase| phase.as_str() == row.phase);
        let fits = text("cause") == row.cause && text("phase") == row.phase && text("hint").contains(row.hint);
        if !fits || !documented || text("hint").is_empty() || text("hint").len() > 300 {
            wrong.push(format!("wanted {} {} \"{}\" of {}:\n{check:#}", row.phase, row.cause, row.hint, row.check));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_cause_is_left_out() {
    let rows = [NAMES, CONNECTIONS, LIMITS, TLS, MONGODB, MYSQL, AMQP, POSTGRES, ANSWERS, VALUES, SECRETS];
    let provoked: Vec<&str> = rows.iter().copied().flatten().map(|row| row.cause).collect();
    for cause in Cause::ALL {
        // No failure of a run that a server could provoke: tested where they arise, in `state` and `probe`.
        let of_us = matches!(cause, Cause::Stale | Cause::Internal);
        assert_eq!(provoked.contains(&cause.slug()), !of_us, "{}", cause.slug());
    }
}
