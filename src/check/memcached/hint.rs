//! Hints for failures of memcached: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::errors::FULL;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase};

/// Codes of what this kind observes itself; those of errors are in [`super::errors`].
pub(super) mod code {
    /// A part of the login is missing.
    pub(in super::super) const USER_ALONE: &str = "user_alone";
    pub(in super::super) const PASSWORD_ALONE: &str = "password_alone";
    /// The server wants SASL.
    pub(in super::super) const NO_SASL_LOGIN: &str = "no_sasl_login";
    pub(in super::super) const WANTS_SASL: &str = "wants_sasl";
    pub(in super::super) const OTHER_MECHANISM: &str = "other_mechanism";
    pub(in super::super) const SASL_REJECTED: &str = "sasl_rejected";
    /// The server has no SASL.
    pub(in super::super) const WANTS_TEXT: &str = "wants_text";
    /// The server speaks TLS.
    pub(in super::super) const WANTS_TLS: &str = "wants_tls";
    /// The server closed a plain connection on which a login was to be sent.
    pub(in super::super) const CLOSED_AT_LOGIN: &str = "closed_at_login";

    /// All of them, for the tests of the hints.
    #[cfg(test)]
    pub(in super::super) const ALL: &[&str] = &[
        USER_ALONE,
        PASSWORD_ALONE,
        NO_SASL_LOGIN,
        WANTS_SASL,
        OTHER_MECHANISM,
        SASL_REJECTED,
        WANTS_TEXT,
        WANTS_TLS,
        CLOSED_AT_LOGIN,
    ];
}

/// The hint for a fault, if memcached has a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match fault.detail {
        Some(Detail::Protocol { code, .. }) => of_code(code),
        _ if fault.cause == Cause::ConnectTimeout && is_loopback(fault, evidence) => Some(FULL_QUEUE),
        _ => of_stream(fault.phase, fault.cause, evidence.facts.tls_version.is_some()),
    };
    text.map(str::to_owned)
}

/// No firewall is on the way to a server in this pod.
const FULL_QUEUE: &str = "The queue of new connections is full: at its limit (`-c`) a memcached accepts none, and one that is \
                          stopped or swapping neither. Raise `-c`, or close clients that do not reuse connections.";

fn is_loopback(fault: &Fault, evidence: &Evidence) -> bool {
    fault.attempt.and_then(|index| evidence.tries.get(index)).is_some_and(|one| one.address.ip().is_loopback())
}

/// The hint for what was observed, by its code.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::USER_ALONE => "Set `password`, because a login of memcached has a user and a password.",
        code::PASSWORD_ALONE => "Set `user`, because a login of memcached has a user and a password.",
        "no_login" => {
            "Set `user` and `password` to a line of the server's auth file (`memcached -Y FILE`). The app's client must \
             support the login of the text protocol, too."
        }
        code::NO_SASL_LOGIN => {
            "Set `user` and `password`, because the server runs with SASL (`memcached -S`). The app's client must use the \
             binary protocol, too."
        }
        code::WANTS_SASL => {
            "Make the app's client use the binary protocol with SASL, then remove `auth: text`. Or start the server with \
             `-Y FILE` in place of `-S`."
        }
        code::OTHER_MECHANISM => {
            "Add `plain` to `mech_list` in the server's SASL configuration (memcached.conf). pilotfish has no other mechanism."
        }
        code::SASL_REJECTED => {
            "Compare user and password with the server's SASL database (`sasldblistusers2 -f FILE`); its realm must be the \
             server's host name. If they are right, check `pwcheck_method` and saslauthd there."
        }
        code::WANTS_TEXT => {
            "Start the server with SASL (`-S`), or make the app's client log in with the text protocol and remove `auth: sasl`."
        }
        code::WANTS_TLS => "Set `tls: {}` in this check (or write `memcached+tls://`), and TLS in the app's client.",
        code::CLOSED_AT_LOGIN => {
            "The port may expect TLS: set `tls: {}`, or write `memcached+tls://`. Otherwise check the port; if a proxy \
             (twemproxy) is there that knows no logins, remove user and password."
        }
        "rejected" => {
            "Compare user and password with the server's auth file (`memcached -Y FILE`, lines of `user:password`). It is read \
             again only at SIGHUP, and only its first 8 lines count."
        }
        FULL => {
            "Close clients that do not reuse connections (`stats conns` shows them), or raise the limit of the server \
             (`memcached -c N`)."
        }
        "memory" => "Raise the memory limit of the server's container above `-m`, or lower its number of connections.",
        "other" => {
            "The server's own sentence is in the message. If a proxy (mcrouter, twemproxy) answers, check that it reaches its \
             servers."
        }
        _ => return None,
    })
}

/// The hint for a conversation that ended early.
fn of_stream(phase: Phase, cause: Cause, over_tls: bool) -> Option<&'static str> {
    Some(match (phase, cause) {
        (Phase::Tls, Cause::Timeout | Cause::ConnectionClosed | Cause::ConnectReset | Cause::TlsNotTls)
            if !over_tls =>
        {
            "A memcached without TLS does not answer a TLS handshake. Remove TLS from the URL and the keys, or start the server \
             with `--enable-ssl`."
        }
        (Phase::Connect, Cause::ConnectReset) | (Phase::Login, Cause::ConnectionClosed) if !over_tls => {
            "The port may expect TLS: set `tls: {}`, or write `memcached+tls://`. Otherwise check the port, and read the log of \
             the server or of the proxy there."
        }
        (Phase::Login, Cause::Timeout) => {
            "Check the port, and `stats` of the server: at its limit of connections (`-c`) an old memcached accepts none, and \
             one that is stopped or swapping answers none."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{FULL_QUEUE, code, hint, of_code, of_stream};
    use crate::cause::Cause;
    use crate::check::memcached::errors::ROWS;
    use crate::findings::Context;
    use crate::outcome::{ConnectAttempt, ConnectResult, Evidence, Fault, Phase, tells_what_to_do};

    /// The most that `kubectl describe` shows of a hint.
    const LIMIT: usize = 300;

    #[test]
    fn what_a_port_may_want_is_told_by_what_was_to_be_sent() {
        let closed = of_stream(Phase::Login, Cause::ConnectionClosed, false).unwrap();
        let at_login = of_code(code::CLOSED_AT_LOGIN).unwrap();
        for text in [closed, at_login] {
            assert!(text.contains("memcached+tls://") && text.contains("`tls: {}`"), "{text}");
        }
        assert!(at_login.contains("remove user and password") && !closed.contains("password"), "{closed}");
        assert_eq!(of_stream(Phase::Login, Cause::ConnectionClosed, true), None);
    }

    #[test]
    fn no_firewall_is_on_the_way_to_a_server_in_this_pod() {
        let own = |address: &str| {
            let (address, result) = (address.parse().unwrap(), ConnectResult::Cut);
            let one = ConnectAttempt { host: None, address, result, errno: None, duration: Duration::from_secs(3) };
            let evidence = Evidence { tries: vec![one], ..Evidence::default() };
            let fault = Fault::new(Phase::Connect, Cause::ConnectTimeout, "").of_attempt(Some(0));
            hint(&fault, &evidence, &Context::default())
        };
        assert_eq!(own("127.0.0.1:11211").as_deref(), Some(FULL_QUEUE));
        assert_eq!(own("[::1]:11211").as_deref(), Some(FULL_QUEUE));
        assert_eq!(own("10.0.0.7:11211"), None);
    }

    #[test]
    fn every_code_has_a_hint_that_fits() {
        let streams = [
            of_stream(Phase::Tls, Cause::Timeout, false),
            of_stream(Phase::Connect, Cause::ConnectReset, false),
            of_stream(Phase::Login, Cause::Timeout, true),
        ];
        let codes = ROWS.iter().map(|row| row.1).chain(code::ALL.iter().copied()).map(of_code);
        for (index, hint) in codes.chain(streams).chain([Some(FULL_QUEUE)]).enumerate() {
            let hint = hint.unwrap_or_else(|| panic!("number {index} has no hint"));
            assert!(hint.len() <= LIMIT && hint.ends_with('.') && !hint.contains("  "), "{}: {hint}", hint.len());
            assert!(tells_what_to_do(hint), "{hint}");
        }
    }
}
