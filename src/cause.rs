//! The closed vocabulary of failure: one table, the same words in JSON, metrics, logs and docs. A new cause is one row.

use crate::outcome::phase::Phase;

/// Whether waiting can heal a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waits {
    /// It can: keep trying.
    Heals,
    /// It cannot: `wait` stops early.
    Permanent,
    /// Only a restart of the container can: `wait` stops at once.
    AfterRestart,
}

/// What the table says of one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// The word.
    pub slug: &'static str,
    /// The phases in which it is given, in the order of an attempt; empty for what is no failure of a run.
    pub phases: &'static [Phase],
    /// Whether waiting heals it.
    pub waits: Waits,
    /// `false`: once the check has been up, it makes it degraded, not down.
    pub takes_ready_down: bool,
    /// What it means.
    pub meaning: &'static str,
    /// What settles it.
    pub remedy: &'static str,
}

/// What a cause makes of a check that has been up.
const DOWN: bool = true;
const DEGRADED: bool = false;

/// Makes the enum and its table from rows of `VARIANT: SLUG, [PHASES], WAITS, DOWN or DEGRADED => MEANING, REMEDY;`.
macro_rules! causes {
    ($(
        $cause:ident: $slug:literal, [$($phase:ident),*], $waits:ident, $down:ident => $meaning:literal, $remedy:literal;
    )+) => {
        /// Why a check failed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Cause {
            $(#[doc = $meaning] $cause,)+
        }

        impl Cause {
            /// Every cause, in the order of the ladder.
            pub const ALL: &[Self] = &[$(Self::$cause),+];

            /// The row of the table.
            #[must_use]
            pub const fn info(self) -> Info {
                match self {
                    $(Self::$cause => Info {
                        slug: $slug,
                        phases: &[$(Phase::$phase),*],
                        waits: Waits::$waits,
                        takes_ready_down: $down,
                        meaning: $meaning,
                        remedy: $remedy,
                    },)+
                }
            }
        }
    };
}

causes! {
    DnsNotFound: "dns_not_found", [Resolve], Heals, DOWN =>
        "NXDOMAIN for every name on the search list",
        "compare the name with `kubectl get svc -A`; a Service in another namespace needs `NAME.NAMESPACE`";

    DnsNoAddress: "dns_no_address", [Resolve], Heals, DOWN =>
        "the name exists, but has no address of the family asked for",
        "look at the Service's type and endpoints: `kubectl get svc,endpointslices`; or change `addresses`";

    DnsTimeout: "dns_timeout", [Resolve], Heals, DOWN =>
        "no name server answered in time",
        "check that a NetworkPolicy allows UDP and TCP port 53 to kube-dns, and that its pods run";

    DnsServerFailure: "dns_server_failure", [Resolve], Heals, DOWN =>
        "the name server answered SERVFAIL or another error, or what came is no answer",
        "read the log of CoreDNS: its upstream or the zone is broken";

    DnsRefused: "dns_refused", [Resolve], Heals, DOWN =>
        "the name server answered REFUSED",
        "the server does not serve this pod or this zone: check `nameserver` in /etc/resolv.conf";

    ConnectRefused: "connect_refused", [Connect], Heals, DOWN =>
        "RST: nothing listens there, or a Service without endpoints",
        "see `kubectl get endpointslices`; compare the port with the container's, and that it does not listen on 127.0.0.1 only";

    ConnectTimeout: "connect_timeout", [Connect], Heals, DOWN =>
        "no answer arrives: a NetworkPolicy, a security group, a wrong address, a dead node",
        "check the NetworkPolicies of both pods and the firewall on the way; compare the address with the real one";

    ConnectReset: "connect_reset", [Connect], Heals, DOWN =>
        "the connection was closed or reset during or right after the TCP handshake",
        "check the proxy or mesh in front: it has no upstream, or it requires TLS";

    HostUnreachable: "host_unreachable", [Connect], Heals, DOWN =>
        "no route to the host, or ICMP says it is unreachable",
        "the pod or node with that address is gone, or a firewall rejects the packets: compare it with `kubectl get \
         pods -o wide`";

    NetworkUnreachable: "network_unreachable", [Connect], Heals, DOWN =>
        "there is no route to that network, or this pod has no address of that family",
        "use an address of a family that this pod has: check `ip route`";

    ConnectNotPermitted: "connect_not_permitted", [Connect], Permanent, DOWN =>
        "a local policy forbids the connection (EPERM, EACCES)",
        "change the policy of this pod's node or agent that denies the connection";

    LocalLimit: "local_limit", [Resolve, Connect, Tls, Login, Request], Heals, DEGRADED =>
        "this pod is out of descriptors, ports or memory",
        "raise the limit or find the leak: `ls /proc/PID/fd | wc -l`, `ss -s`";

    TlsUntrusted: "tls_untrusted", [Tls], Permanent, DOWN =>
        "unknown issuer, self-signed, or an incomplete chain",
        "set the certificate of the issuer as `ca`, or let the server send the intermediate certificate too";

    TlsExpired: "tls_expired", [Tls, Assert], Permanent, DOWN =>
        "the certificate has expired, or expires sooner than the check allows",
        "renew the certificate, and reload the server that uses it";

    TlsNotYetValid: "tls_not_yet_valid", [Tls], Permanent, DOWN =>
        "the certificate is not valid yet",
        "compare the clocks of both sides";

    TlsWrongName: "tls_wrong_name", [Tls], Permanent, DOWN =>
        "the certificate covers other names",
        "use one of its names, or set `server_name`";

    TlsNotTls: "tls_not_tls", [Tls], Permanent, DOWN =>
        "the peer speaks plain text",
        "use the TLS port, or disable TLS for this target";

    TlsUnsupported: "tls_unsupported", [Tls, Login], Permanent, DOWN =>
        "the server offers no TLS although it is required, or requires TLS although it is off",
        "make both sides agree: enable or disable TLS on one of them";

    TlsClientCertRequired: "tls_client_cert_required", [Tls], Permanent, DOWN =>
        "the peer requires a client certificate",
        "set `cert` and `key`, issued by an authority that the peer trusts";

    TlsHandshakeFailed: "tls_handshake_failed", [Tls], Heals, DOWN =>
        "the handshake ended with another alert",
        "read the name of the alert and the log of the server";

    PasswordRejected: "password_rejected", [Login], Permanent, DOWN =>
        "the server rejected the user or the password",
        "compare the Secret with what the server stores";

    LoginRejected: "login_rejected", [Login], Permanent, DOWN =>
        "the server rejects this user, whatever the password",
        "add a rule that accepts the user (pg_hba, role, ACL)";

    PasswordMissing: "password_missing", [Login], Permanent, DOWN =>
        "the server requires a password, and none is set",
        "set `password`";

    PasswordNotExpected: "password_not_expected", [Login], Permanent, DOWN =>
        "a password was sent, and the server has none set",
        "set the password on the server, or remove it from the URL and the keys";

    NoSuchDatabase: "no_such_database", [Login], Permanent, DOWN =>
        "the login worked, but the database does not exist",
        "create the database, or correct its name";

    TooManyConnections: "too_many_connections", [Login], Heals, DEGRADED =>
        "the server has no free connection",
        "lower the pools of its clients or raise its limit";

    StartingUp: "starting_up", [Login, Request], Heals, DOWN =>
        "the server is starting",
        "wait";

    ShuttingDown: "shutting_down", [Login, Request], Heals, DOWN =>
        "the server is stopping",
        "wait for its restart";

    AuthUnsupported: "auth_unsupported", [Login], Permanent, DOWN =>
        "client and server share no login method",
        "enable a method on the server that clients have, such as scram-sha-256";

    PermissionDenied: "permission_denied", [Request], Heals, DOWN =>
        "the login worked, but it does not allow this request",
        "grant the permission, or use other credentials";

    ReadOnly: "read_only", [Login, Request, Assert], Heals, DOWN =>
        "the server is a replica, and a primary is required",
        "point the target at the primary";

    QueryFailed: "query_failed", [Login, Request, Assert], Heals, DOWN =>
        "the server answered with another error",
        "look up the error code in the server's manual";

    MissingTable: "missing_table", [Assert], Heals, DOWN =>
        "a table that the check or its query names does not exist",
        "run the migrations, and compare the database and its search_path with the app's";

    MigrationBehind: "migration_behind", [Assert], Heals, DOWN =>
        "the schema is not at the migration that the check asks for, or a migration failed",
        "run the migrations of this release, and read their log";

    NotFoundOnServer: "not_found_on_server", [Assert], Heals, DOWN =>
        "the server does not have what the check asks for: a key, a queue, a topic, a name",
        "compare its name in the check with what the server has";

    NotEnoughReplicas: "not_enough_replicas", [Login, Request, Assert], Heals, DOWN =>
        "the cluster has no leader, no quorum, or fewer replicas than it needs",
        "start the nodes that are down, and look at the state of the cluster";

    AdvertisedUnreachable: "advertised_unreachable", [Assert], Heals, DOWN =>
        "the server sends its clients to addresses that this pod cannot resolve or reach",
        "let the server announce addresses that its clients can resolve and reach";

    HttpStatus: "http_status", [Assert], Heals, DOWN =>
        "the status is not one of the expected ones",
        "compare path and method; read the server's log";

    HttpRedirect: "http_redirect", [Assert], Heals, DOWN =>
        "a redirect that is not followed",
        "use its target, or set `follow_redirects`";

    HealthDown: "health_down", [Assert], Heals, DOWN =>
        "the peer answers, but reports that it is not healthy",
        "check the part that it names";

    BodyMismatch: "body_mismatch", [Assert], Heals, DOWN =>
        "the body is not as expected",
        "compare the received value with the expected one";

    JsonMismatch: "json_mismatch", [Assert], Heals, DOWN =>
        "the JSON is not as expected",
        "compare the received value with the expected one";

    ParityMismatch: "parity_mismatch", [Assert], Heals, DOWN =>
        "two deployments answer the same request differently",
        "compare their versions and settings; add what may differ to `ignore`";

    HeaderMismatch: "header_mismatch", [Assert], Heals, DOWN =>
        "a header is not as expected",
        "compare the received value with the expected one";

    CorsDenied: "cors_denied", [Assert], Permanent, DOWN =>
        "a browser would block the request: the server does not allow the origin, the method or a header",
        "add what is missing to the CORS settings of the server, or of the proxy that answers for it";

    OriginRejected: "origin_rejected", [Assert], Permanent, DOWN =>
        "the application does not trust this origin",
        "add the origin to those that the application trusts";

    GrpcNotServing: "grpc_not_serving", [Assert], Heals, DOWN =>
        "the gRPC server reports that it, or the service, does not serve",
        "read the log of the server";

    GrpcUnknownService: "grpc_unknown_service", [Assert], Heals, DOWN =>
        "the health service of the gRPC server does not know the service",
        "compare `service` with the names that the server registers";

    GrpcUnimplemented: "grpc_unimplemented", [Assert], Permanent, DOWN =>
        "the gRPC server has no health service (grpc.health.v1)",
        "add the health service to the server, or use a `tcp` check";

    DnsAnswerMismatch: "dns_answer_mismatch", [Assert], Heals, DOWN =>
        "records differ from those expected",
        "compare the zone with the expected records";

    JwksInvalid: "jwks_invalid", [Assert], Heals, DOWN =>
        "the key set has no key with which a token can be verified",
        "compare the URL with the one that the issuer publishes (`jwks_uri`), and `require_alg` with its algorithm";

    JwksUndecryptable: "jwks_undecryptable", [Assert], Permanent, DOWN =>
        "the secret does not decrypt the stored signing key: logins and tokens fail",
        "restore the secret that encrypted the key, or delete the stored keys and restart the app";

    TokenRejected: "token_rejected", [Assert], Permanent, DOWN =>
        "a verifier with these settings rejects the token",
        "make issuer and verifier agree: algorithm, key, issuer and audience";

    RedirectUriRejected: "redirect_uri_rejected", [Assert], Permanent, DOWN =>
        "the provider does not accept this redirect URI for this client",
        "register the redirect URI at the provider, exactly as the app sends it";

    VariableMissing: "variable_missing", [Assert], AfterRestart, DOWN =>
        "a variable of the environment is not set",
        "add it to this container's `env` or `envFrom`";

    VariableInvalid: "variable_invalid", [Assert], AfterRestart, DOWN =>
        "a variable's value breaks a rule",
        "correct the value where it is set, then restart the pod";

    SecretWhitespace: "secret_whitespace", [Assert], Permanent, DOWN =>
        "a secret or a connection URL starts or ends with a space or a newline",
        "recreate it without: use `printf %s`, not `echo`; use `kubectl create secret --from-literal`, not \
         `--from-file`";

    SecretTooWeak: "secret_too_weak", [Assert], Permanent, DOWN =>
        "a secret is too short, or everybody knows it",
        "create a new one: `openssl rand -base64 32`; then restart everything that uses it";

    SecretMismatch: "secret_mismatch", [Assert], Permanent, DOWN =>
        "two sides hold different secrets",
        "give both the same Secret, then restart the pods that read it at start";

    UrlMalformed: "url_malformed", [Assert], Permanent, DOWN =>
        "a URL cannot be read",
        "correct the URL where it is set; percent-encode special characters in the password";

    UrlPasswordUnencoded: "url_password_unencoded", [Assert], Permanent, DOWN =>
        "the password in a connection URL is not percent-encoded: clients read the URL differently",
        "write %2F for /, %40 for @, %23 for #, %3F for ?, %25 for % in user and password";

    UrlPasswordDoubled: "url_password_doubled", [Assert], Permanent, DOWN =>
        "the password appears twice in a connection URL",
        "set it once: either the URL contains it, or the template that builds the URL adds it";

    FileMissing: "file_missing", [Connect, Assert], Heals, DOWN =>
        "a file does not exist",
        "mount the Secret or ConfigMap in this container too";

    FileInvalid: "file_invalid", [Connect, Assert], Heals, DOWN =>
        "a file's content cannot be used",
        "compare the content with what is expected there";

    NotListening: "not_listening", [Assert], Heals, DOWN =>
        "nothing in this pod listens on the port",
        "check whether the app has started, and compare the port with the one that it uses";

    ListeningOnLoopback: "listening_on_loopback", [Assert], Heals, DOWN =>
        "the app listens only on 127.0.0.1 or ::1, where no other pod can reach it",
        "start it with `--host 0.0.0.0` (uvicorn, Flask, FastMCP) or `HOSTNAME=0.0.0.0` (Next.js)";

    ConnectionClosed: "connection_closed", [Tls, Login, Request, Assert], Heals, DOWN =>
        "the peer closed the connection before it answered",
        "read the log of the peer at that time";

    Timeout: "timeout", [Tls, Login, Request, Assert], Heals, DOWN =>
        "a phase timed out",
        "check whether the peer is overloaded; raise `timeout`";

    ProtocolError: "protocol_error", [Tls, Login, Request, Assert], Heals, DOWN =>
        "the answer is not of the expected protocol",
        "compare the port with the protocol";

    TooLarge: "too_large", [Tls, Login, Request, Assert], Heals, DOWN =>
        "the answer exceeds the limit",
        "request less, or raise `max_response`";

    Stale: "stale", [], Heals, DOWN =>
        "the check did not run in time",
        "check whether this container gets CPU time";

    ProbeLimit: "probe_limit", [Tls, Login, Request, Assert], Heals, DEGRADED =>
        "pilotfish cannot do this (a protocol, login method, cipher, dialect or size), but the app may",
        "do what the hint says, or rely on another check: this one says nothing about the app beyond the connection";

    Internal: "internal", [], Heals, DEGRADED =>
        "an error in pilotfish itself",
        "report it with the version";
}

impl Cause {
    /// The word.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.info().slug
    }

    /// The phases in which it is given, in the order of an attempt; empty for what is no failure of a run.
    #[must_use]
    pub const fn phases(self) -> &'static [Phase] {
        self.info().phases
    }

    /// Whether the server counts a failure of this cause in this phase as a failed login: anything in the login phase,
    /// unless the server is not ready for any login.
    #[must_use]
    pub const fn is_failed_login(self, phase: Phase) -> bool {
        matches!(phase, Phase::Login) && !matches!(self, Self::StartingUp | Self::ShuttingDown)
    }

    /// The cause of this word, if there is one.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cause| cause.slug() == slug)
    }
}
