//! Hints for failures of Redis: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::errors::NO_QUORUM;
use super::fault::code;
use crate::cause::Cause;
use crate::check::early_end::EarlyEnd;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase};

/// The hint for a fault, if Redis has a specific one.
pub(super) fn hint(fault: &Fault, evidence: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match fault.detail {
        Some(Detail::Protocol { code, .. }) => of_error(code),
        _ => of_stream(fault.phase, fault.cause, evidence.facts.tls_version.is_some()),
    };
    text.map(str::to_owned)
}

/// What to do about an error that does not fail the check, by its code.
pub(super) fn of_warning(code: &str) -> &'static str {
    match code {
        "noperm" => "grant the command to the user with ACL SETUSER USER +ping in redis-cli, and in the ACL file",
        "misconf" => {
            "free disk space or repair the volume: the server rejects every write until a save succeeds (INFO persistence in \
             redis-cli shows rdb_last_bgsave_status)"
        }
        "masterdown" => {
            "start the primary, or point the target at the new one; until then the replica rejects every read"
        }
        "noreplicas" => "start the missing replicas, or lower min-replicas-to-write: the server rejects every write",
        "oom" => "raise maxmemory, or set an eviction policy (maxmemory-policy): the server rejects every write",
        "tryagain" => "finish the resharding: redis-cli --cluster check HOST:PORT shows the open slots",
        "unknown_command" => {
            "nothing, if the app does not use PING: the server renamed it (rename-command), or a proxy does not support it"
        }
        _ => "check the server's log",
    }
}

/// The hint for an error of the server, by its code.
fn of_error(code: &str) -> Option<&'static str> {
    Some(match code {
        code::SENTINEL => {
            "This port is Redis Sentinel, which stores no data. Use the port of the primary, usually 6379; to check Sentinel \
             itself, use `tcp`."
        }
        code::SENTINEL_PORT => {
            "Port 26379 is usually Redis Sentinel, which has a password of its own and stores no data. Use the port of the \
             primary, usually 6379."
        }
        "wrong_token" => {
            "Copy user and password from the Redis (TCP) connection string of the provider. A read-only token needs the user \
             `default_ro`."
        }
        "upstream_login" => {
            "Correct the user and the password that the proxy sends to Redis (Envoy: `auth_username` and `auth_password` of \
             the cluster), not those of this check."
        }
        "denied" => "Add this pod's address or user to the server's access rules, such as its IP allowlist.",
        "quota" => "Wait until the quota resets, or raise the plan at the provider. The app's commands fail, too.",
        "backend" => {
            "Check that the Redis servers behind the proxy run, and that its configuration names their addresses. The \
             proxy's log shows which one fails."
        }
        "noreplicas" => {
            "The server rejects writes. Start the missing replicas, or lower `min-replicas-to-write` in redis.conf."
        }
        "oom" => {
            "Raise `maxmemory`, or set an eviction policy (`maxmemory-policy`). Until then the server rejects writes."
        }
        "tryagain" => "Finish the resharding: `redis-cli --cluster check HOST:PORT` shows the open slots.",
        "unkillable" => {
            "Wait until the script ends, or stop the server with `SHUTDOWN NOSAVE`, which loses the data since the last save."
        }
        "other" => {
            "The server's own sentence is in the message. Look for it in the log of the server, or of the proxy in front \
             of it."
        }
        "noauth" => {
            "The server requires a password, but this check has none. Set `password: {file: …}`, or write \
             `redis://:PASSWORD@HOST` with the password percent-encoded."
        }
        code::PASSWORD_AS_USER => {
            "The text before the `@` in the URL has no colon, so clients read it as the user. If it is the password, write \
             `redis://:PASSWORD@HOST`."
        }
        code::NO_USER_PASSWORD => {
            "Set `password`, because AUTH needs a user and a password. For a user with `nopass`, any text works."
        }
        "wrongpass" => {
            "The server gives the same error for a wrong password, an unknown user and a disabled user. Compare the Secret with \
             `CONFIG GET requirepass` in redis-cli; for a user, check in `ACL LIST` that it exists and is `on`."
        }
        "no_password" => {
            "Many clients fail here too. Set `requirepass` on the server to the password in the Secret, or remove the \
             password from the URL and the keys."
        }
        "no_users" => "Redis before version 6 has no users. Remove the user: `redis://:PASSWORD@HOST`.",
        "unknown_command" => {
            "The server lacks a command that every client needs. If it was renamed, remove that `rename-command` line; if a proxy \
             does not support it, connect to the server directly."
        }
        "protected_mode" => {
            "The server has no password, so it rejects every other pod. Set `requirepass` on the server and the same \
             password here."
        }
        "max_clients" => {
            "`CLIENT LIST` in redis-cli shows which clients hold the connections. Lower their pool sizes, or raise \
             `maxclients` in redis.conf."
        }
        "no_database" => {
            "The login works. Use a lower database number, or raise `databases` in redis.conf (default 16)."
        }
        "cluster_database" => "The login works. Remove the number at the end of the URL and the key `database`.",
        "loading" => {
            "The server has started and is loading its data from disk. Wait for it: `INFO persistence` in \
             redis-cli shows `loading_eta_seconds`."
        }
        "noperm" => {
            "The user's ACL does not allow the command. Run `ACL SETUSER USER +select` in redis-cli, and change the ACL \
             file."
        }
        "readonly" => "The target is a replica. Point it at the Service of the primary, or let the failover finish.",
        "clusterdown" | code::SLOTS => {
            "`CLUSTER INFO` in redis-cli shows how many slots no node serves. Start the nodes that `CLUSTER NODES` shows as \
             failed."
        }
        "not_cluster" => "Remove `cluster: true`, or set `cluster-enabled yes` on the server.",
        NO_QUORUM => {
            "Start the missing Sentinels: `SENTINEL CKQUORUM NAME` in redis-cli on port 26379 shows how many are needed."
        }
        "moved" => "The server is one node of a cluster. Use a client with cluster support in the app.",
        "busy" => {
            "The server serves no client while the script runs. Stop it with `SCRIPT KILL` in redis-cli, and make it shorter."
        }
        "masterdown" => {
            "Start the primary, or point the target at the new one. Until then the replica rejects every command but a few."
        }
        "misconf" => {
            "Free disk space or repair the volume: the server rejects every write until a save succeeds. `INFO persistence` \
             in redis-cli shows `rdb_last_bgsave_status`."
        }
        code::WANTS_TLS => "Write `rediss://` in the URL, or set `tls: {}` beside `host`.",
        code => return of_deployment(code).or_else(|| of_request(code)),
    })
}

/// The hint for what the check asks for, by its code.
fn of_request(code: &str) -> Option<&'static str> {
    Some(match code {
        code::IS_REPLICA => {
            "The target is a replica, which rejects writes. Point it at the Service of the primary, or let the failover finish."
        }
        code::IS_PRIMARY => "Point the target at the Service of the replicas, or set `role: any`.",
        code::NO_ROLE => {
            "The server or the proxy in front of it supports neither HELLO nor ROLE. Connect to the server directly, or remove \
             `role`."
        }
        code::NO_KEY => {
            "Compare the name of the key and the number of the database with what the app writes: `redis-cli -n NUMBER EXISTS \
             KEY`."
        }
        code::KEY_ELSEWHERE => {
            "Set `cluster: true`, so that the check asks the node that has the key. If it is set, the slot is moving: `redis-cli \
             --cluster check HOST:PORT` shows it."
        }
        code::NOPERM_KEY => {
            "Allow the command and the key: run `ACL SETUSER USER +exists %R~KEY` in redis-cli, and change the ACL file."
        }
        code::NOPERM_PING => {
            "The user's ACL does not allow PING. Run `ACL SETUSER USER +ping` in redis-cli, and change the ACL file."
        }
        code::NOPERM_ROLE => {
            "The user's ACL does not allow ROLE. Run `ACL SETUSER USER +role` in redis-cli, and change the ACL file."
        }
        code::NOPERM_CLUSTER => {
            "Run `ACL SETUSER USER +cluster|info +cluster|slots +cluster|nodes` in redis-cli (before Redis 7: `+cluster`), and \
             change the ACL file."
        }
        _ => return None,
    })
}

/// The hint for what Sentinels and clusters show, by its code.
fn of_deployment(code: &str) -> Option<&'static str> {
    Some(match code {
        code::UNKNOWN_MASTER => {
            "Set `sentinel.master` to a name that the Sentinels monitor: `SENTINEL MASTERS` in redis-cli on port 26379 lists \
             them."
        }
        code::NOT_SENTINEL => {
            "Point `sentinel.addresses` at the port of the Sentinels, usually 26379. To check Redis itself, remove `sentinel` \
             and set `url`."
        }
        code::SENTINEL_NOAUTH => {
            "The Sentinel requires a password. Set `sentinel.password` (and `sentinel.username` for an ACL user): Sentinels do \
             not use the password of Redis."
        }
        code::SENTINEL_WRONGPASS => {
            "Compare `sentinel.password` with `requirepass` in sentinel.conf. It is not the password of Redis \
             (`sentinel auth-pass`)."
        }
        code::SENTINEL_NO_PASSWORD => {
            "The Sentinel has no password set. Remove `sentinel.password`, or set `requirepass` in sentinel.conf."
        }
        code::SENTINEL_NOPERM => {
            "Run `ACL SETUSER USER +sentinel|get-master-addr-by-name +sentinel|ckquorum` on each Sentinel, and change its ACL \
             file."
        }
        code::NO_FAILOVER => {
            "Start the primary, or start the missing Sentinels so that they promote a replica. `SENTINEL CKQUORUM NAME` in \
             redis-cli on port 26379 shows how many are needed."
        }
        code::SENTINEL_LOOPBACK => {
            "The Sentinels monitor the primary at a loopback address, which is another machine in every pod. Write its address \
             or name in `sentinel monitor`, and set `replica-announce-ip` on Redis."
        }
        code::SENTINEL_UNREACHABLE => {
            "Check that the primary runs and that a NetworkPolicy allows this pod to reach it. If the address is wrong, set \
             `replica-announce-ip` on Redis, or `sentinel announce-hostnames yes`."
        }
        code::SENTINEL_REPLICA => {
            "A failover is under way, or the Sentinels disagree. Wait for it to finish; if it does not, compare `SENTINEL \
             GET-MASTER-ADDR-BY-NAME NAME` on each of them."
        }
        code::MINORITY => {
            "Check that the nodes reach each other on the port of the cluster bus (usually 16379). `CLUSTER NODES` in redis-cli \
             shows which ones are disconnected."
        }
        code::CLUSTER_LOOPBACK => {
            "The nodes announce a loopback address, which is another machine in every pod. Set `cluster-announce-ip` on each node \
             to an address that its clients reach."
        }
        code::CLUSTER_NAMES => {
            "Clients connect to every node by the name that it announces. Set `cluster-announce-hostname` to a name that resolves \
             in this pod, or announce the IP address."
        }
        code::CLUSTER_UNREACHABLE => {
            "Clients connect to every node. Allow them all in the NetworkPolicies, and set `cluster-announce-ip` to an address \
             that this pod reaches."
        }
        code::LARGE_CLUSTER => {
            "Remove `cluster: true`: pilotfish does not read such a long list. `redis-cli --cluster check HOST:PORT` shows the \
             nodes."
        }
        _ => return None,
    })
}

/// The hint for a session that ended early.
fn of_stream(phase: Phase, cause: Cause, over_tls: bool) -> Option<&'static str> {
    match (phase, cause) {
        (Phase::Tls, Cause::TlsNotTls) => Some(NO_TLS),
        _ => EARLY_END.of(phase, cause, over_tls),
    }
}

const NO_TLS: &str = "The port does not use TLS. Write `redis://` (and remove `tls`), or use the port that `tls-port` in \
                      redis.conf names.";
const EARLY_END: EarlyEnd = EarlyEnd {
    no_tls: "A Redis port without TLS does not answer a TLS handshake. Write `redis://` (and remove `tls`), or use the port that \
             `tls-port` in redis.conf names.",
    wants_tls: "A Redis port with TLS closes plain connections like this: write `rediss://`. If it has no TLS, check the port and \
                the server's log: it may belong to another protocol or to a proxy without a backend.",
    silent: "The port accepts connections, but nothing answers as Redis does. Check the port; if it is right, the server hangs: \
             check its log and `SLOWLOG GET` in redis-cli.",
};

#[cfg(test)]
mod tests {
    use super::{EARLY_END, NO_TLS, of_error, of_warning};
    use crate::check::redis::errors::{Meaning, ROWS};
    use crate::check::redis::fault::code;
    use crate::outcome::assert_hint;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        for code in ROWS.iter().map(|row| row.2).chain(code::ALL.iter().copied()).chain(["other"]) {
            let hint = of_error(code).unwrap_or_else(|| panic!("{code} has no hint"));
            assert_hint(hint);
        }
        EARLY_END.all().into_iter().chain([NO_TLS]).for_each(assert_hint);
    }

    #[test]
    fn every_warning_has_a_fix() {
        for code in ROWS.iter().filter(|row| row.3 == Meaning::LoggedIn).map(|row| row.2) {
            assert_ne!(of_warning(code), of_warning(""), "{code}");
        }
    }
}
