//! Hints for failures of MQTT brokers: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::answers::code;
use crate::cause::Cause;
use crate::check::early_end::EarlyEnd;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase};

/// The hint for a fault, if brokers have a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match (&fault.detail, fault.phase, fault.cause) {
        (Some(Detail::Protocol { code, .. }), ..) => of_code(code),
        (_, Phase::Login, Cause::ConnectionClosed) if evidence.facts.tls_version.is_some() => Some(CLOSED),
        _ => EARLY_END.of_fault(fault, evidence),
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

const EARLY_END: EarlyEnd = EarlyEnd {
    no_tls: "A listener without TLS closes or ignores a TLS handshake. Write `mqtt://` (and remove `tls`), or use the port of the \
             listener with TLS, usually 8883.",
    wants_tls: "A listener with TLS (8883) closes plain connections like this: write `mqtts://`. Otherwise read the broker's log: it \
                also closes at its limit of connections (`max_connections`), and for a version or client id that it does not \
                take.",
    silent: "The port accepts connections, but nothing answers as a broker does. Check the port (8883 usually takes TLS: \
             `mqtts://`); if it is right, read the broker's log.",
};

/// It closes over TLS as well.
const CLOSED: &str = "The broker closes instead of answering. Read its log: it does so at its limit of connections \
                      (`max_connections`), for a client id or a version that it does not take, or for a certificate that it \
                      maps to nobody.";

#[cfg(test)]
mod tests {
    use super::{CLOSED, EARLY_END, of_code};
    use crate::check::mqtt::answers::code;
    use crate::outcome::assert_hint;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        for code in code::ALL {
            assert_hint(of_code(code).unwrap_or_else(|| panic!("{code} has no hint")));
        }
        EARLY_END.all().into_iter().chain([CLOSED]).for_each(assert_hint);
    }
}
