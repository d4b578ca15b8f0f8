//! The closed vocabulary of failure: one table, the same words in JSON, metrics, logs and docs.

mod phases;

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
    /// Whether waiting heals it.
    pub waits: Waits,
    /// `false`: once the check has been up, it makes it degraded, not down.
    pub takes_ready_down: bool,
    /// What it means.
    pub meaning: &'static str,
    /// What settles it.
    pub remedy: &'static str,
}

/// Why a check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// NXDOMAIN for every name on the search list.
    DnsNotFound,
    /// The name exists, but has no address of the family asked for.
    DnsNoAddress,
    /// No name server answered in time.
    DnsTimeout,
    /// The name server answered SERVFAIL.
    DnsServerFailure,
    /// The name server answered REFUSED.
    DnsRefused,
    /// RST: nothing listens there, or a Service without endpoints.
    ConnectRefused,
    /// Packets vanish: NetworkPolicy, security group, wrong address, dead node.
    ConnectTimeout,
    /// Closed or reset during or right after the handshake.
    ConnectReset,
    /// No route to the host, or ICMP says it is unreachable.
    HostUnreachable,
    /// No route to that network, or no such family in this pod.
    NetworkUnreachable,
    /// A local policy forbids the connection (EPERM, EACCES).
    ConnectNotPermitted,
    /// Out of descriptors, ports or memory in this pod.
    LocalLimit,
    /// Unknown issuer, self-signed, or an incomplete chain.
    TlsUntrusted,
    /// The certificate is no longer valid.
    TlsExpired,
    /// The certificate is not valid yet.
    TlsNotYetValid,
    /// The certificate is for other names.
    TlsWrongName,
    /// The peer speaks plain text.
    TlsNotTls,
    /// The server offers no TLS though it is asked for, or demands it though it is off, or offers only what is obsolete.
    TlsUnsupported,
    /// The peer wants a client certificate.
    TlsClientCertRequired,
    /// The handshake ended with another alert.
    TlsHandshakeFailed,
    /// The server refused user and password.
    PasswordRejected,
    /// The server does not let this user in, whatever the password.
    LoginRejected,
    /// The server wants a password and none is set.
    PasswordMissing,
    /// A password was sent, and the server has none set.
    PasswordNotExpected,
    /// The login worked, the database does not exist.
    NoSuchDatabase,
    /// The server has no free connection.
    TooManyConnections,
    /// The server is starting.
    StartingUp,
    /// The server is stopping.
    ShuttingDown,
    /// A way of login that both sides do not share, or that would show the password.
    AuthUnsupported,
    /// Logged in, but not allowed to do this.
    PermissionDenied,
    /// A replica where a primary is wanted.
    ReadOnly,
    /// The server answered with another error.
    QueryFailed,
    /// Another status than the ones wanted.
    HttpStatus,
    /// A redirect that is not followed.
    HttpRedirect,
    /// The peer answers, and says it is not well.
    HealthDown,
    /// The body is not as expected.
    BodyMismatch,
    /// The JSON is not as expected.
    JsonMismatch,
    /// A header is not as expected.
    HeaderMismatch,
    /// Records differ from those expected.
    DnsAnswerMismatch,
    /// A variable of the environment is not set.
    VariableMissing,
    /// A variable's value breaks a rule.
    VariableInvalid,
    /// White space at an end of a secret or a connection URL.
    SecretWhitespace,
    /// A secret that is too short or known to everybody.
    SecretTooWeak,
    /// A URL that cannot be read.
    UrlMalformed,
    /// A password that is not percent-encoded, so that clients read the URL differently.
    UrlPasswordUnencoded,
    /// A password that stands in the URL twice.
    UrlPasswordDoubled,
    /// A file is not there.
    FileMissing,
    /// A file's content cannot be used.
    FileInvalid,
    /// Nothing in this pod listens on the port.
    NotListening,
    /// What listens on the port does so on loopback alone.
    ListeningOnLoopback,
    /// The peer hung up before the answer.
    ConnectionClosed,
    /// A phase ran out of time.
    Timeout,
    /// The peer answered something else.
    ProtocolError,
    /// The answer exceeds the limit.
    TooLarge,
    /// The check has not run in time.
    Stale,
    /// A fault of pilotfish itself.
    Internal,
}

impl Cause {
    /// Every cause, in the order of the ladder.
    pub const ALL: &[Self] = &[
        Self::DnsNotFound,
        Self::DnsNoAddress,
        Self::DnsTimeout,
        Self::DnsServerFailure,
        Self::DnsRefused,
        Self::ConnectRefused,
        Self::ConnectTimeout,
        Self::ConnectReset,
        Self::HostUnreachable,
        Self::NetworkUnreachable,
        Self::ConnectNotPermitted,
        Self::LocalLimit,
        Self::TlsUntrusted,
        Self::TlsExpired,
        Self::TlsNotYetValid,
        Self::TlsWrongName,
        Self::TlsNotTls,
        Self::TlsUnsupported,
        Self::TlsClientCertRequired,
        Self::TlsHandshakeFailed,
        Self::PasswordRejected,
        Self::LoginRejected,
        Self::PasswordMissing,
        Self::PasswordNotExpected,
        Self::NoSuchDatabase,
        Self::TooManyConnections,
        Self::StartingUp,
        Self::ShuttingDown,
        Self::AuthUnsupported,
        Self::PermissionDenied,
        Self::ReadOnly,
        Self::QueryFailed,
        Self::HttpStatus,
        Self::HttpRedirect,
        Self::HealthDown,
        Self::BodyMismatch,
        Self::JsonMismatch,
        Self::HeaderMismatch,
        Self::DnsAnswerMismatch,
        Self::VariableMissing,
        Self::VariableInvalid,
        Self::SecretWhitespace,
        Self::SecretTooWeak,
        Self::UrlMalformed,
        Self::UrlPasswordUnencoded,
        Self::UrlPasswordDoubled,
        Self::FileMissing,
        Self::FileInvalid,
        Self::NotListening,
        Self::ListeningOnLoopback,
        Self::ConnectionClosed,
        Self::Timeout,
        Self::ProtocolError,
        Self::TooLarge,
        Self::Stale,
        Self::Internal,
    ];

    /// The row of the table.
    #[must_use]
    pub const fn info(self) -> Info {
        use Waits::{AfterRestart, Heals, Permanent};
        match self {
            Self::DnsNotFound => row(
                "dns_not_found",
                Heals,
                true,
                "NXDOMAIN for every name on the search list",
                "compare the name with `kubectl get svc -A`; a Service in another namespace needs `NAME.NAMESPACE`",
            ),
            Self::DnsNoAddress => row(
                "dns_no_address",
                Heals,
                true,
                "the name exists, but has no address of the family asked for",
                "look at the Service's type and endpoints: `kubectl get svc,endpointslices`; or change `addresses`",
            ),
            Self::DnsTimeout => row(
                "dns_timeout",
                Heals,
                true,
                "no name server answered in time",
                "check that a NetworkPolicy allows UDP and TCP port 53 to kube-dns, and that its pods run",
            ),
            Self::DnsServerFailure => row(
                "dns_server_failure",
                Heals,
                true,
                "the name server answered SERVFAIL",
                "read the log of CoreDNS: its upstream or the zone is broken",
            ),
            Self::DnsRefused => row(
                "dns_refused",
                Heals,
                true,
                "the name server answered REFUSED",
                "the server does not serve this pod or this zone: check `nameserver` in /etc/resolv.conf",
            ),
            Self::ConnectRefused => row(
                "connect_refused",
                Heals,
                true,
                "RST: nothing listens there, or a Service without endpoints",
                "see `kubectl get endpointslices`; compare the port with the container's, and that it does not listen on 127.0.0.1 only",
            ),
            Self::ConnectTimeout => row(
                "connect_timeout",
                Heals,
                true,
                "packets vanish: NetworkPolicy, security group, wrong address, dead node",
                "check the NetworkPolicies of both pods and the firewall on the way; compare the address with the real one",
            ),
            Self::ConnectReset => row(
                "connect_reset",
                Heals,
                true,
                "closed or reset during or right after the handshake",
                "look at the proxy or mesh in front: it has no upstream, or wants TLS",
            ),
            Self::HostUnreachable => row(
                "host_unreachable",
                Heals,
                true,
                "no route to the host, or ICMP says it is unreachable",
                "the pod or node of that address is gone, or a firewall rejects: compare it with `kubectl get pods -o wide`",
            ),
            Self::NetworkUnreachable => row(
                "network_unreachable",
                Heals,
                true,
                "no route to that network, or no such family in this pod",
                "use an address of a family that this pod has: see `ip route`",
            ),
            Self::ConnectNotPermitted => row(
                "connect_not_permitted",
                Permanent,
                true,
                "a local policy forbids the connection (EPERM, EACCES)",
                "change the policy of this pod's node or agent that denies it",
            ),
            Self::LocalLimit => row(
                "local_limit",
                Heals,
                false,
                "out of descriptors, ports or memory in this pod",
                "raise the limit or find the leak: `ls /proc/PID/fd | wc -l`, `ss -s`",
            ),
            Self::TlsUntrusted => row(
                "tls_untrusted",
                Permanent,
                true,
                "unknown issuer, self-signed, or an incomplete chain",
                "give the issuer's certificate as `ca`, or serve the intermediate certificate too",
            ),
            Self::TlsExpired => row(
                "tls_expired",
                Permanent,
                true,
                "the certificate is no longer valid",
                "renew it, and reload the server that holds it",
            ),
            Self::TlsNotYetValid => row(
                "tls_not_yet_valid",
                Permanent,
                true,
                "the certificate is not valid yet",
                "compare the clocks of both sides",
            ),
            Self::TlsWrongName => row(
                "tls_wrong_name",
                Permanent,
                true,
                "the certificate is for other names",
                "use one of its names, or set `server_name`",
            ),
            Self::TlsNotTls => row(
                "tls_not_tls",
                Permanent,
                true,
                "the peer speaks plain text",
                "use the TLS port, or switch TLS off for this target",
            ),
            Self::TlsUnsupported => row(
                "tls_unsupported",
                Permanent,
                true,
                "the server offers no TLS though it is asked for, or demands it though it is off, or offers only what is obsolete",
                "make both sides agree: switch TLS on or off on one of them",
            ),
            Self::TlsClientCertRequired => row(
                "tls_client_cert_required",
                Permanent,
                true,
                "the peer wants a client certificate",
                "set `cert` and `key`, signed by an authority that the peer trusts",
            ),
            Self::TlsHandshakeFailed => row(
                "tls_handshake_failed",
                Heals,
                true,
                "the handshake ended with another alert",
                "read the alert's name, and the log of the server",
            ),
            Self::PasswordRejected => row(
                "password_rejected",
                Permanent,
                true,
                "the server refused user and password",
                "compare the Secret with what the server has stored",
            ),
            Self::LoginRejected => row(
                "login_rejected",
                Permanent,
                true,
                "the server does not let this user in, whatever the password",
                "add the rule (pg_hba, role, ACL) that admits the user",
            ),
            Self::PasswordMissing => row(
                "password_missing",
                Permanent,
                true,
                "the server wants a password and none is set",
                "set `password`",
            ),
            Self::PasswordNotExpected => row(
                "password_not_expected",
                Permanent,
                true,
                "a password was sent, and the server has none set",
                "set the password on the server, or remove it from the URL and the keys",
            ),
            Self::NoSuchDatabase => row(
                "no_such_database",
                Permanent,
                true,
                "the login worked, the database does not exist",
                "create it, or correct its name",
            ),
            Self::TooManyConnections => row(
                "too_many_connections",
                Heals,
                false,
                "the server has no free connection",
                "lower the pools of its clients or raise its limit",
            ),
            Self::StartingUp => row("starting_up", Heals, true, "the server is starting", "wait"),
            Self::ShuttingDown => row("shutting_down", Heals, true, "the server is stopping", "wait for its restart"),
            Self::AuthUnsupported => row(
                "auth_unsupported",
                Permanent,
                true,
                "a way of login that both sides do not share, or that would show the password",
                "change the server's method to scram-sha-256, or use verified TLS",
            ),
            Self::PermissionDenied => row(
                "permission_denied",
                Heals,
                true,
                "logged in, but not allowed to do this",
                "grant the right, or use other credentials",
            ),
            Self::ReadOnly => {
                row("read_only", Heals, true, "a replica where a primary is wanted", "point the target at the primary")
            }
            Self::QueryFailed => row(
                "query_failed",
                Heals,
                true,
                "the server answered with another error",
                "look the code up in the server's manual",
            ),
            Self::HttpStatus => row(
                "http_status",
                Heals,
                true,
                "another status than the ones wanted",
                "compare path and method; read the server's log",
            ),
            Self::HttpRedirect => row(
                "http_redirect",
                Heals,
                true,
                "a redirect that is not followed",
                "use its target, or set `follow_redirects`",
            ),
            Self::HealthDown => row(
                "health_down",
                Heals,
                true,
                "the peer answers, and says it is not well",
                "look at the part that it names",
            ),
            Self::BodyMismatch => row(
                "body_mismatch",
                Heals,
                true,
                "the body is not as expected",
                "compare what came with what is expected",
            ),
            Self::JsonMismatch => row(
                "json_mismatch",
                Heals,
                true,
                "the JSON is not as expected",
                "compare what came with what is expected",
            ),
            Self::HeaderMismatch => row(
                "header_mismatch",
                Heals,
                true,
                "a header is not as expected",
                "compare what came with what is expected",
            ),
            Self::DnsAnswerMismatch => row(
                "dns_answer_mismatch",
                Heals,
                true,
                "records differ from those expected",
                "compare the zone with what is expected",
            ),
            Self::VariableMissing => row(
                "variable_missing",
                AfterRestart,
                true,
                "a variable of the environment is not set",
                "add it to this container's `env` or `envFrom`",
            ),
            Self::VariableInvalid => row(
                "variable_invalid",
                AfterRestart,
                true,
                "a variable's value breaks a rule",
                "correct it where it is set, and restart",
            ),
            Self::SecretWhitespace => row(
                "secret_whitespace",
                Permanent,
                true,
                "a newline or a space at an end of a secret or a connection URL",
                "write it anew without: `printf %s`, not `echo`; `kubectl create secret --from-literal`, not `--from-file`",
            ),
            Self::SecretTooWeak => row(
                "secret_too_weak",
                Permanent,
                true,
                "a secret that is too short, or known to everybody",
                "make one: `openssl rand -base64 32`; then restart all that share it",
            ),
            Self::UrlMalformed => row(
                "url_malformed",
                Permanent,
                true,
                "a URL that cannot be read",
                "correct it where it is set; percent-encode special characters of a password",
            ),
            Self::UrlPasswordUnencoded => row(
                "url_password_unencoded",
                Permanent,
                true,
                "the password in a connection URL is not percent-encoded: clients read the URL differently",
                "write %2F for /, %40 for @, %23 for #, %3F for ?, %25 for % in user and password",
            ),
            Self::UrlPasswordDoubled => row(
                "url_password_doubled",
                Permanent,
                true,
                "the password stands in a connection URL twice",
                "put it in once: either the URL has it, or what builds the URL adds it",
            ),
            Self::FileMissing => row(
                "file_missing",
                Heals,
                true,
                "a file is not there",
                "mount the Secret or ConfigMap in this container too",
            ),
            Self::FileInvalid => row(
                "file_invalid",
                Heals,
                true,
                "a file's content cannot be used",
                "compare it with what is expected there",
            ),
            Self::NotListening => row(
                "not_listening",
                Heals,
                true,
                "nothing in this pod listens on the port",
                "see whether the app has started, and compare the port with the one it is told to use",
            ),
            Self::ListeningOnLoopback => row(
                "listening_on_loopback",
                Heals,
                true,
                "the app listens on 127.0.0.1 or ::1 alone, where no other pod can reach it",
                "start it with `--host 0.0.0.0` (uvicorn, Flask, FastMCP) or `HOSTNAME=0.0.0.0` (Next.js)",
            ),
            Self::ConnectionClosed => row(
                "connection_closed",
                Heals,
                true,
                "the peer hung up before the answer",
                "read the peer's log at that time",
            ),
            Self::Timeout => row(
                "timeout",
                Heals,
                true,
                "a phase ran out of time",
                "see whether the peer is overloaded; raise `timeout`",
            ),
            Self::ProtocolError => row(
                "protocol_error",
                Heals,
                true,
                "the peer answered something else",
                "compare the port with the protocol",
            ),
            Self::TooLarge => {
                row("too_large", Heals, true, "the answer exceeds the limit", "ask for less, or raise `max_response`")
            }
            Self::Stale => {
                row("stale", Heals, true, "the check has not run in time", "see whether this container gets CPU time")
            }
            Self::Internal => {
                row("internal", Heals, false, "a fault of pilotfish itself", "report it, with the version")
            }
        }
    }

    /// The word.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        self.info().slug
    }

    /// The cause of this word, if there is one.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|cause| cause.slug() == slug)
    }
}

const fn row(
    slug: &'static str,
    waits: Waits,
    takes_ready_down: bool,
    meaning: &'static str,
    remedy: &'static str,
) -> Info {
    Info { slug, waits, takes_ready_down, meaning, remedy }
}
