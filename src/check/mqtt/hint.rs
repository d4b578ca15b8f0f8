//! Hints for failures of MQTT brokers: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::answers::code;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

/// The hint for a fault, if brokers have a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let over_tls = evidence.facts.tls_version.is_some();
    let text = match &fault.detail {
        Some(Detail::Protocol { code, .. }) => of_code(code),
        Some(Detail::Socket(_) | Detail::Value(_) | Detail::Stream(StreamDetail::Speaks(_))) => None,
        // The handshake was reset, whichever phase that belongs to.
        Some(Detail::Tls(TlsDetail::Reset)) => of_stream(Phase::Tls, Cause::ConnectionClosed, over_tls),
        Some(Detail::Tls(_)) => None,
        _ => of_stream(fault.phase, fault.cause, over_tls),
    };
    text.map(str::to_owned)
}

/// The hint for what a broker answered, by its code.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::REJECTED => {
            "Compare the Secret with the broker's list of users (Mosquitto: `mosquitto_passwd`, then reload it with SIGHUP; \
             EMQX, HiveMQ: dashboard)."
        }
        code::NOT_AUTHORISED => {
            "Mosquitto and HiveMQ give this code for a wrong password, too: compare the Secret with the broker's list of \
             users (`mosquitto_passwd`). With EMQX and RabbitMQ the password is right: grant the user access (ACL, vhost)."
        }
        code::NO_CREDENTIALS => {
            "The broker lets nobody in without a name (Mosquitto: `allow_anonymous false`). Set `user` and `password`, or \
             the client certificate that the app has."
        }
        code::CERTIFICATE => {
            "The TLS handshake works, but nobody of this name may log in. Check which user the certificate stands for \
             (Mosquitto: `use_identity_as_username`), or set `user` and `password` as well."
        }
        code::CLIENT_ID => {
            "The broker accepts certain client ids only. Set `client_id` to one that it allows; never take the app's: the \
             broker would end the app's connection."
        }
        code::VERSION => {
            "Set `version` to the one that the broker speaks (\"5\" or \"3.1.1\"). Without that key, the next run of serve \
             and wait tries the other version."
        }
        code::UNAVAILABLE => {
            "The broker accepts connections and no clients: it is starting, stopping, or its own backend is down. Read its \
             log."
        }
        code::BUSY => {
            "The broker is overloaded. Wait, or raise its CPU and memory limits; its log shows which one is used up."
        }
        code::QUOTA => {
            "A limit of connections is reached. Raise it (Mosquitto: `max_connections`; a provider: the plan), or close \
             clients that are not used."
        }
        code::RATE => {
            "Clients reconnect too often. Find the one that does in the broker's log, or raise the broker's limit of new \
             connections a second."
        }
        code::BANNED => {
            "Remove this client, user or address from the broker's list of bans (EMQX: Monitoring, Banned Clients, often by \
             flapping detection)."
        }
        code::METHOD => {
            "The broker demands SCRAM, OAuth or another enhanced authentication of MQTT 5. Allow user and password for this \
             account on the broker; pilotfish has no other method."
        }
        code::MOVED => {
            "Point the target at the server that the message names, or at the load balancer in front of the brokers."
        }
        code::OTHER => {
            "Look up the code in the standard (MQTT 5, section 3.2.2.2), and read the broker's log: it states the reason."
        }
        code::PASSWORD_ALONE => "Set `user` beside the password, or set `version: \"5\"`, which needs no user.",
        code::PORT_WANTS_TLS => {
            "The port speaks TLS, as port 8883 does. Write `mqtts://`, or set `tls: {}` beside `host`."
        }
        _ => return None,
    })
}

/// The hint for a conversation that ended early.
fn of_stream(phase: Phase, cause: Cause, over_tls: bool) -> Option<&'static str> {
    Some(match (phase, cause) {
        (Phase::Tls, Cause::Timeout | Cause::ConnectionClosed | Cause::TlsNotTls) if !over_tls => {
            "A listener without TLS closes or ignores a TLS handshake. Write `mqtt://` (and remove `tls`), or use the port of \
             the listener with TLS, usually 8883."
        }
        (Phase::Connect, Cause::ConnectReset) | (Phase::Login, Cause::ConnectionClosed) if !over_tls => {
            "A listener with TLS (8883) closes plain connections like this: write `mqtts://`. Otherwise read the broker's log: \
             it also closes at its limit of connections (`max_connections`), and for a version or client id that it does not \
             take."
        }
        (Phase::Login, Cause::ConnectionClosed) => {
            "The broker closes instead of answering. Read its log: it does so at its limit of connections \
             (`max_connections`), for a client id or a version that it does not take, or for a certificate that it maps to \
             nobody."
        }
        (Phase::Login, Cause::Timeout) if !over_tls => {
            "The port accepts connections, but nothing answers as a broker does. If it is a TLS port (8883), write \
             `mqtts://`; otherwise check the port, and read the broker's log."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{of_code, of_stream};
    use crate::cause::Cause;
    use crate::check::mqtt::answers::code;
    use crate::outcome::{Phase, tells_what_to_do};

    /// The most that `kubectl describe` shows of a hint.
    const LIMIT: usize = 300;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        let streams = [
            of_stream(Phase::Tls, Cause::Timeout, false),
            of_stream(Phase::Connect, Cause::ConnectReset, false),
            of_stream(Phase::Login, Cause::ConnectionClosed, true),
            of_stream(Phase::Login, Cause::Timeout, false),
        ];
        for (index, hint) in code::ALL.iter().map(|one| of_code(one)).chain(streams).enumerate() {
            let hint = hint.unwrap_or_else(|| panic!("number {index} has no hint"));
            assert!(hint.len() <= LIMIT && hint.ends_with('.') && !hint.contains("  "), "{}: {hint}", hint.len());
            assert!(tells_what_to_do(hint), "{hint}");
        }
    }
}
