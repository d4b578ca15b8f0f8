//! Hints for failures of Kafka: the most likely cause and the one command or change that fixes it. General hints cover names,
//! addresses and certificates.

use super::code;
use crate::check::early_end::EarlyEnd;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault};

/// The hint for a fault, if Kafka has a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match fault.detail {
        Some(Detail::Protocol { code, .. }) => of_code(code),
        _ => EARLY_END.of(fault.phase, fault.cause, evidence.facts.tls_version.is_some()),
    };
    text.map(str::to_owned)
}

/// The hint for what was observed, by its code.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::USER_ALONE => {
            "A login needs a user and a password. Set `password`, or remove the user from URL and keys."
        }
        code::PASSWORD_ALONE => {
            "A login needs a user and a password. Set `user`, or write it before the `:` in the URL."
        }
        code::NO_CREDENTIAL => {
            "Set `user` and `password: {file: …}` to those of the app's `sasl.jaas.config`, or set `security_protocol` to \
             PLAINTEXT or SSL if the app does not log in."
        }
        code::LOGIN_REQUIRED => {
            "The listener is SASL_PLAINTEXT or SASL_SSL. Set `user`, `password: {file: …}` and `mechanism` as in the app's \
             `sasl.jaas.config`, or use the port of a listener without a login."
        }
        code::NO_LOGIN => {
            "The listener is PLAINTEXT or SSL, and clients with a login fail there, too. Use the port of the SASL listener, or \
             remove user and password here and in the app."
        }
        code::MECHANISM => {
            "Set `mechanism` (and the app's `sasl.mechanism`) to one that the broker offers, or add it to \
             `sasl.enabled.mechanisms` of the listener."
        }
        code::PLAIN_ALONE => {
            "Set `mechanism` as the app's `sasl.mechanism`. PLAIN shows the password to anyone on the way: if the app uses it, \
             set SASL_SSL on the listener."
        }
        code::NO_SCRAM_USER => {
            "The user is unknown, or its password was stored for another mechanism. Add it: `kafka-configs.sh --alter \
             --entity-type users --entity-name USER --add-config 'SCRAM-SHA-512=[password=…]'` (or -256, as `mechanism` says)."
        }
        code::REJECTED => {
            "Compare the Secret with the password that the broker stores (`kafka-configs.sh --describe --entity-type users`, \
             or its JAAS configuration). PLAIN gives the same answer for an unknown user."
        }
        code::LOGIN_ERROR => {
            "The broker's own name for the error is in the message. Look for the login in the broker's log at that time."
        }
        code::CLOSED_AT_LOGIN => {
            "The broker closed the connection instead of an answer to the login; managed brokers do this for a wrong password. \
             Compare user, password and mechanism with the provider's connection string."
        }
        code::FEW_ROUNDS => {
            "A broker that asks for few rounds could be anybody. Use TLS with a verified certificate, or set \
             `min_scram_iterations` to the number that the broker uses."
        }
        code::MANY_ROUNDS => {
            "The app may well log in. Store the password with fewer rounds (`iterations=8192` in `kafka-configs.sh`), or rely on \
             another check."
        }
        code::UNPROVEN => {
            "Another server may answer on this address. Check where the name leads, and use TLS with a verified certificate."
        }
        code::OTHER_MECHANISM => {
            "The app may well log in: this check says nothing beyond the connection. Use a listener with SCRAM or PLAIN for the \
             check, or check a health endpoint of the app."
        }
        code::VERSION => {
            "The app may well work: this check says nothing beyond the connection. Use a `tcp` check for this broker, or \
             upgrade it to Kafka 1.0 or later."
        }
        code::CONTROLLER => {
            "Use the port of a broker's client listener, usually 9092: `listeners` in server.properties shows it. 9093 is \
             usually the controller's."
        }
        code::WANTS_TLS => "Set `tls: {}` (or `security_protocol: SSL` or SASL_SSL), or write `kafkas://` in the URL.",
        code => return of_topic(code),
    })
}

/// The hint for topics and for the addresses of brokers, by its code.
fn of_topic(code: &str) -> Option<&'static str> {
    Some(match code {
        code::NO_TOPIC => {
            "Compare the name (`kafka-topics.sh --list`), or create the topic: `kafka-topics.sh --create --topic NAME`. pilotfish \
             never creates it."
        }
        code::TOPIC_DENIED => {
            "The topic is missing, or the user may not describe it. Allow it: `kafka-acls.sh --add --allow-principal User:NAME \
             --operation Describe --topic TOPIC`; brokers hide which of the two it is."
        }
        code::NO_LEADER => {
            "The brokers with the replicas are down, or none of them is in sync. Start them: `kafka-topics.sh --describe \
             --unavailable-partitions` shows which."
        }
        code::NO_LISTENER => {
            "The leader has no listener of the name that this port belongs to. Add it to `listeners` and \
             `advertised.listeners` of every broker."
        }
        code::FEW_IN_SYNC => {
            "Producers with acks=all fail below `min.insync.replicas`. Start the missing brokers, or wait until they have caught \
             up: `kafka-topics.sh --describe --under-replicated-partitions` shows which."
        }
        code::TOPIC_ERROR => {
            "Look for the error's name in the broker's log; if the cluster is just starting, wait for it."
        }
        code::ADVERTISED_LOOPBACK => {
            "The broker sends its clients to localhost, which is this pod itself. Set `advertised.listeners` on the broker to a \
             name that pods resolve, such as NAME.NAMESPACE.svc."
        }
        code::ADVERTISED_NAME => {
            "Clients connect to the names in `advertised.listeners`, not to the bootstrap address. Set them to names that resolve \
             in this pod, or bootstrap from the listener that is meant for this network."
        }
        code::ADVERTISED_ADDRESS => {
            "Clients connect to the addresses in `advertised.listeners`, not to the bootstrap address. Allow them in the \
             NetworkPolicies, or correct `advertised.listeners` on the broker."
        }
        _ => return None,
    })
}

const EARLY_END: EarlyEnd = EarlyEnd {
    no_tls: "A listener without TLS closes a TLS connection like this. Remove `tls` (`security_protocol: PLAINTEXT` or \
             SASL_PLAINTEXT), or use the port of the SSL listener.",
    wants_tls: "A listener with TLS closes plain connections like this: set `tls: {}` or write `kafkas://`. If it has no TLS, \
                compare the port with the broker's `listeners`, and read its log.",
    silent: "The port accepts connections, but nothing answers as Kafka does. Compare the port with the broker's `listeners`; \
             if it is right, the broker hangs: read its log.",
};

#[cfg(test)]
mod tests {
    use super::{EARLY_END, of_code};
    use crate::check::kafka::code;
    use crate::outcome::assert_hint;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        for code in code::ALL {
            assert_hint(of_code(code).unwrap_or_else(|| panic!("{code} has no hint")));
        }
        EARLY_END.all().into_iter().for_each(assert_hint);
        assert_eq!(of_code("unheard"), None);
    }
}
