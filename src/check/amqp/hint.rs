//! Hints for failures of AMQP brokers: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::code;
use crate::cause::Cause;
use crate::check::early_end::EarlyEnd;
use crate::findings::Context;
use crate::outcome::{ConnectResult, Detail, Evidence, Fault, Phase};

/// The port on which the management UI of RabbitMQ is, and those next to it that speak no AMQP 0-9-1 to clients.
const OTHER_PORTS: [u16; 4] = [15672, 15671, 25672, 4369];

/// The hint for a fault, if AMQP brokers have a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, context: &Context<'_>) -> Option<String> {
    let text = match fault.detail {
        Some(Detail::Protocol { code, .. }) => of_code(code, is_remote(evidence)),
        _ => {
            let port = context.endpoints.first().map(|endpoint| endpoint.port);
            let over_tls = evidence.facts.tls_version.is_some();
            of_stream(fault.phase, fault.cause, over_tls, port.is_some_and(|port| OTHER_PORTS.contains(&port)))
        }
    };
    text.map(str::to_owned)
}

/// Whether the server sees an address that is not of its own loopback.
fn is_remote(evidence: &Evidence) -> bool {
    let connected = evidence.tries.iter().rev().find(|one| one.result == ConnectResult::Connected);
    connected.is_some_and(|one| !one.address.ip().to_canonical().is_loopback())
}

/// The hint for what the server says, by its code.
fn of_code(code: &str, is_remote: bool) -> Option<&'static str> {
    Some(match (code, is_remote) {
        (code::GUEST | code::DEFAULT_LOGIN, false) | (code::REJECTED, _) => {
            "The broker does not say which one is wrong; its log does. Compare the Secret with the broker: `rabbitmqctl \
             authenticate_user USER PASSWORD`, and check that the user exists: `rabbitmqctl list_users`."
        }
        (code::GUEST, true) => {
            "RabbitMQ accepts the user `guest` only from localhost. Create a user for the app (`rabbitmqctl add_user`, \
             `rabbitmqctl set_permissions`), and write it in the URL."
        }
        (code::DEFAULT_LOGIN, true) => {
            "The URL has no login, so clients log in as `guest`, which RabbitMQ accepts only from localhost. Write \
             `amqp://USER:PASSWORD@HOST/VHOST`, or set `user` and `password`."
        }
        (code::NO_USER, _) => {
            "The URL has a password, but no user. Write `amqp://USER:PASSWORD@HOST`; only for a token (OAuth 2) may the user be \
             empty."
        }
        (code::USER_ALONE, _) => {
            "Set `password: {file: …}`, or write `amqp://USER:PASSWORD@HOST` with the password percent-encoded. Clients differ in \
             what they send without one."
        }
        (code::CERTIFICATE, _) => {
            "Create a user of the name in the certificate (`ssl_cert_login_from` says which name) and give it permissions: \
             `rabbitmqctl add_user`, `rabbitmqctl set_permissions`. The broker's log shows the name."
        }
        (code::NO_CERTIFICATE, _) => {
            "Set `tls: {cert: …, key: …}` to the client certificate, and use `amqps://`. To log in with a password, set \
             `auth: plain`."
        }
        (code, _) => return of_server(code).or_else(|| of_queue(code)),
    })
}

/// The hint for what the server has, offers and allows.
fn of_server(code: &str) -> Option<&'static str> {
    Some(match code {
        code::NO_VHOST => {
            "The login works. Correct the path of the URL (or `vhost`): `rabbitmqctl list_vhosts` shows the names; or create it: \
             `rabbitmqctl add_vhost NAME`."
        }
        code::NO_DEFAULT_VHOST => {
            "The login works, but the URL names no virtual host, so clients open `/`, which this broker has not. Write its name \
             as the path: `amqp://USER:PASSWORD@HOST/VHOST`."
        }
        code::SLASH_IN_VHOST => {
            "The login works. In the URL, exactly one `/` precedes the name of the virtual host, and the virtual host `/` is \
             written `/%2F`; in the key `vhost`, write the name without encoding."
        }
        code::NO_ACCESS => {
            "The login works. Grant access: `rabbitmqctl set_permissions -p VHOST USER \".*\" \".*\" \".*\"`, with narrower patterns if \
             the app needs less."
        }
        code::NOT_JUDGED => {
            "The login works, but the broker cannot ask its own backend (LDAP, HTTP or OAuth). Check that backend and the broker's \
             log."
        }
        code::FULL_VHOST => {
            "`rabbitmqctl list_connections -p VHOST` shows who holds the connections: close leaked ones in the app. Or raise the \
             limit: `rabbitmqctl set_vhost_limits`, or the plan at the provider."
        }
        code::FULL_USER => {
            "`rabbitmqctl list_connections user name` shows who holds the connections: close leaked ones in the app. Or raise the \
             limit: `rabbitmqctl set_user_limits`."
        }
        code::FULL_NODE => {
            "`rabbitmqctl list_connections user name` shows who holds the connections: close leaked ones. Or raise \
             `connection_max` in rabbitmq.conf."
        }
        code::FULL_CHANNELS => {
            "`rabbitmqctl list_connections user channels` shows who opens the channels: close leaked ones in the app, or raise the \
             limit."
        }
        code::VHOST_DOWN => {
            "The broker could not start this virtual host, so no app can use it. Run `rabbitmqctl restart_vhost -p VHOST`, and look \
             in the broker's log for why it failed."
        }
        code::NOT_ALLOWED | code::OTHER => {
            "The broker's own sentence is in the message. Look for it in the broker's log, which has the details."
        }
        code::STOPPING => "The broker is being stopped or drained. Wait for it, or point the target at another node.",
        code::FORCED => {
            "Check who closes connections: the management UI, a policy of the provider, or a deleted user or virtual host. The \
             broker's log shows the reason."
        }
        code::VERSION_1 => {
            "Brokers that speak only AMQP 1.0 (Azure Service Bus, Artemis, Qpid) cannot be checked here. Use `tls` or `tcp` for \
             their port, which says nothing about the login."
        }
        code::OTHER_VERSION => "Check the port. If it is right, use `tcp` for it, which says nothing about the login.",
        code::NO_PLAIN => {
            "The broker accepts no passwords here. Add PLAIN to `auth_mechanisms` in rabbitmq.conf, or log in with a client \
             certificate: `tls: {cert: …, key: …}` and `auth: external`."
        }
        code::ONLY_AMQPLAIN => {
            "This check logs in with PLAIN or EXTERNAL. Add PLAIN to `auth_mechanisms` in rabbitmq.conf; if the app uses AMQPLAIN, it \
             may well work."
        }
        code::NO_EXTERNAL => {
            "Enable it: `rabbitmq-plugins enable rabbitmq_auth_mechanism_ssl`, EXTERNAL in `auth_mechanisms`, and \
             `ssl_options.verify = verify_peer` so that the broker asks for the certificate."
        }
        code::WANTS_TLS => "Write `amqps://` in the URL, or set `tls: {}` beside `host`.",
        _ => return None,
    })
}

/// The hint for the queue, and for a login without an answer.
fn of_queue(code: &str) -> Option<&'static str> {
    Some(match code {
        code::NO_QUEUE => {
            "Compare the name and the virtual host with what the app declares: `rabbitmqctl list_queues -p VHOST`. If the app declares \
             it at its own start, remove `queue` from the startup gate."
        }
        code::QUEUE_DOWN => {
            "Start the node that holds the queue, or use a quorum queue with more members. `rabbitmqctl list_queues -p VHOST name \
             state` shows which queues are down."
        }
        code::QUEUE_DENIED => {
            "Grant any permission on the queue: `rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ`, with patterns that \
             match its name."
        }
        code::OTHER_CHANNEL => {
            "The broker's own sentence is in the message. Look for it in the broker's log, or remove `queue`."
        }
        code::CLOSED_AT_LOGIN => {
            "Old brokers and some proxies reject a login like this. Check user, password and the broker's log; if that shows no login, \
             check the port."
        }
        code::LONG_LOGIN => {
            "The password may be too long for the first frame that the broker accepts, usually 4096 bytes. Raise \
             `initial_frame_max` in the advanced.config of RabbitMQ, or use a shorter token."
        }
        _ => return None,
    })
}

/// The hint for a session that ended early.
fn of_stream(phase: Phase, cause: Cause, over_tls: bool, is_other_port: bool) -> Option<&'static str> {
    match (phase, cause) {
        (Phase::Login, Cause::ProtocolError) if is_other_port => Some(OTHER_PORT),
        (Phase::Tls, Cause::TlsNotTls) => Some(NO_TLS),
        _ => EARLY_END.of(phase, cause, over_tls),
    }
}

const OTHER_PORT: &str = "This is the port of the management UI, or of the nodes among themselves. Use 5672 (`amqp://`), or 5671 \
                          with TLS (`amqps://`).";
const NO_TLS: &str = "The port does not use TLS. Write `amqp://` (and remove `tls`), or use the port of `listeners.ssl` in \
                      rabbitmq.conf, usually 5671.";
const EARLY_END: EarlyEnd = EarlyEnd {
    no_tls: "An AMQP port without TLS does not answer a TLS handshake. Write `amqp://` (and remove `tls`), or use the port of \
             `listeners.ssl` in rabbitmq.conf, usually 5671.",
    wants_tls: "A port with TLS may close plain connections like this: write `amqps://` if it is one. Otherwise check the port and \
                the broker's log: it may be a proxy without a backend.",
    silent: "The port accepts connections, but nothing answers as an AMQP broker does. Check the port; if it is right, the broker \
             hangs: check its log and `rabbitmq-diagnostics status`.",
};

#[cfg(test)]
mod tests {
    use super::{EARLY_END, NO_TLS, OTHER_PORT, of_code, of_stream};
    use crate::cause::Cause;
    use crate::check::amqp::code;
    use crate::check::amqp::errors::{CONNECTION, QUEUE};
    use crate::outcome::{Phase, assert_hint};

    #[test]
    fn every_code_has_a_hint_that_fits() {
        let rows = CONNECTION.iter().chain(QUEUE).map(|row| row.3);
        for code in rows.chain(code::ALL.iter().copied()) {
            for is_remote in [true, false] {
                assert_hint(of_code(code, is_remote).unwrap_or_else(|| panic!("{code} has no hint")));
            }
        }
        EARLY_END.all().into_iter().chain([NO_TLS, OTHER_PORT]).for_each(assert_hint);
        assert_eq!(of_stream(Phase::Login, Cause::ProtocolError, false, false), None);
        assert_eq!(of_code("unheard", true), None);
    }

    /// A user of the broker's own machine is no guest from elsewhere.
    #[test]
    fn only_from_elsewhere_is_guest_the_reason() {
        assert_ne!(of_code(code::GUEST, true), of_code(code::GUEST, false));
        assert_eq!(of_code(code::GUEST, false), of_code(code::REJECTED, true));
    }
}
