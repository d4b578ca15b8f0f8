//! Hints for failures of NATS: the most likely cause and the one command or change that fixes it. General hints cover names,
//! addresses and certificates.

use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, TlsDetail};

/// Codes of what this kind observes itself; those of errors are in [`super::errors`].
pub(super) mod code {
    /// A part of the login is missing.
    pub(in super::super) const USER_ALONE: &str = "user_alone";
    pub(in super::super) const PASSWORD_ALONE: &str = "password_alone";
    pub(in super::super) const NO_LOGIN: &str = "no_login";
    /// What the server rejected.
    pub(in super::super) const PASSWORD: &str = "password";
    pub(in super::super) const TOKEN: &str = "token";
    pub(in super::super) const NKEY: &str = "nkey";
    pub(in super::super) const NO_NKEYS: &str = "no_nkeys";
    pub(in super::super) const JWT: &str = "jwt";
    pub(in super::super) const JWT_EXPIRED: &str = "jwt_expired";
    pub(in super::super) const OTHER_SEED: &str = "other_seed";
    pub(in super::super) const CERTIFICATE: &str = "certificate";
    /// Of the start of a session.
    pub(in super::super) const NO_INFO: &str = "no_info";
    pub(in super::super) const INFO_FIRST: &str = "info_first";
    /// Of clusters.
    pub(in super::super) const CLUSTER_LOOPBACK: &str = "cluster_loopback";
    pub(in super::super) const CLUSTER_NAMES: &str = "cluster_names";
    pub(in super::super) const CLUSTER_UNREACHABLE: &str = "cluster_unreachable";

    /// All of them, for the tests of the hints.
    #[cfg(test)]
    pub(in super::super) const ALL: &[&str] = &[
        USER_ALONE,
        PASSWORD_ALONE,
        NO_LOGIN,
        PASSWORD,
        TOKEN,
        NKEY,
        NO_NKEYS,
        JWT,
        JWT_EXPIRED,
        OTHER_SEED,
        CERTIFICATE,
        NO_INFO,
        INFO_FIRST,
        CLUSTER_LOOPBACK,
        CLUSTER_NAMES,
        CLUSTER_UNREACHABLE,
    ];
}

/// The hint for a fault, if NATS has a specific one.
pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match &fault.detail {
        Some(Detail::Protocol { code, .. }) => of_code(code),
        Some(Detail::Tls(TlsDetail::NotOffered)) => Some(
            "Set `tls` in the server's configuration. If the server is to have no TLS, write `nats://` and remove `tls`, in \
             this check and in the app.",
        ),
        _ if fault.phase == Phase::Login && fault.cause == Cause::ConnectionClosed => Some(
            "Read the server's log: a server that is stopping (lame duck mode) closes new connections without an error. If it \
             shows nothing, check the port.",
        ),
        _ => None,
    };
    text.map(str::to_owned)
}

/// The hint for what was observed, by its code.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::NO_LOGIN => {
            "Set what the server expects: `user` and `password`, `token`, `nkey` or `creds`. The block `authorization` or \
             `accounts` of its configuration shows which."
        }
        code::USER_ALONE => "Set `password`, because a user needs one. A token goes into the key `token`.",
        code::PASSWORD_ALONE => "Set `user`, because a password needs one. A token goes into the key `token`.",
        code::PASSWORD => {
            "Compare user and password with `authorization` or `accounts` in the server's configuration. A password that \
             starts with `$2a$` there is a hash: write the password itself here."
        }
        code::TOKEN => {
            "Compare the token with `authorization {token}` in the server's configuration. If that has users, write \
             `nats://USER:PASSWORD@HOST`: what stands alone before the `@` is a token."
        }
        code::NKEY => {
            "Add the public key in the message to `users` in the server's configuration (`{nkey: U…}`), and reload the \
             server. Or use the seed of a user that is there."
        }
        code::NO_NKEYS => {
            "The server's configuration has no user with an nkey. Add one (`users: [{nkey: U…}]`), or log in with what the \
             server has."
        }
        code::JWT => {
            "Check that the account of this user is pushed to the server (`nsc push -a ACCOUNT`) and signed by its operator. \
             If the user was deleted or revoked, create a new creds file."
        }
        code::JWT_EXPIRED | "expired" => {
            "Create a new creds file (`nsc generate creds -a ACCOUNT -n USER`), store it in the Secret, and restart the app."
        }
        code::OTHER_SEED => {
            "Recreate the creds file with `nsc generate creds -a ACCOUNT -n USER`: its JWT and its seed belong to two users."
        }
        code::CERTIFICATE => {
            "Add a user to the server's configuration whose name is the subject or a name of the certificate \
             (`verify_and_map`). Or set the login that the server expects."
        }
        code::NO_INFO => {
            "A NATS server speaks first, but nothing came. Check the port (4222 for clients); if the server has \
             `handshake_first`, set `tls_first: true`."
        }
        code::INFO_FIRST => {
            "The server does not start with TLS. Remove `tls_first`: with `tls: {}` TLS starts after the server's INFO."
        }
        code::CLUSTER_LOOPBACK => {
            "The servers announce a loopback address, which leads every client to itself. Set `client_advertise` on each \
             server to an address that pods reach."
        }
        code::CLUSTER_NAMES => {
            "The announced names do not resolve in this pod. Set `client_advertise` on each server to a name with its \
             namespace, such as `nats-0.nats.NAMESPACE.svc:4222`."
        }
        code::CLUSTER_UNREACHABLE => {
            "A client that loses its server goes to the announced ones. Allow them in the NetworkPolicies, or set \
             `client_advertise` on each server to an address that this pod reaches."
        }
        "auth_timeout" => {
            "Check whether the CPU limit throttles this pod or the server. Otherwise raise `timeout` in `authorization` \
             (and in `tls`) of the server's configuration."
        }
        "account_expired" => {
            "Extend the account with `nsc edit account -n ACCOUNT --expiry 1y`, then push it with `nsc push -a ACCOUNT`."
        }
        "revoked" => {
            "Create a new user or a new creds file: `nsc revocations list-users -a ACCOUNT` shows what is revoked."
        }
        "account" => "Check the server's log, which names the account. Push it again with `nsc push -a ACCOUNT`.",
        "account_connections" => {
            "Find the clients with `nats server report connections`, and lower their number. Or raise the limit with \
             `nsc edit account -n ACCOUNT --conns N`."
        }
        "max_connections" => {
            "Find the clients with `nats server report connections`, and lower their number. Or raise `max_connections` in \
             the server's configuration."
        }
        "throttled" => {
            "Wait: many clients reconnect at once. If it lasts, raise `connection_rate_limit` in the server's `tls`."
        }
        "wants_tls" => "Set `tls: {}` in this check, and TLS in the app.",
        "shutdown" => "Wait until the server has restarted: its log shows why it stopped.",
        "wrong_port" => {
            "Use the port of `listen` or `port` in the server's configuration, usually 4222. The ports of `cluster` (6222), \
             `gateway` (7222) and `leafnodes` (7422) are for servers."
        }
        "other" => "The server's own sentence is in the message. Look for it in the log of the server.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{code, of_code};
    use crate::check::nats::errors::{AUTHORIZATION, ROWS};
    use crate::outcome::assert_hint;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        let rows = ROWS.iter().map(|row| row.1).filter(|code| *code != AUTHORIZATION);
        for code in rows.chain(code::ALL.iter().copied()).chain(["other"]) {
            let hint = of_code(code).unwrap_or_else(|| panic!("{code} has no hint"));
            assert_hint(hint);
        }
    }
}
