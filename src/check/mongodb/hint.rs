//! Hints for failures of MongoDB: the most likely cause and the one command or change that fixes it. General hints cover
//! names, addresses and certificates.

use super::code;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};

/// The hint for a fault, if MongoDB has a specific one.
pub(super) fn hint(fault: &Fault, _: &Evidence, _: &Context<'_>) -> Option<String> {
    let text = match &fault.detail {
        Some(Detail::Protocol { code, .. }) => of_error(code).or_else(|| of_set(code)),
        Some(Detail::Tls(TlsDetail::Reset)) => Some(CLOSED_TLS),
        None if fault.phase == Phase::Tls && fault.cause == Cause::ConnectionClosed => Some(CLOSED_TLS),
        Some(Detail::Stream(StreamDetail::Silent)) if fault.phase == Phase::Tls => Some(SILENT_TLS),
        _ => None,
    };
    text.map(str::to_owned)
}

const CLOSED_TLS: &str = "MongoDB without TLS closes such a connection, and so does one that has reached `maxIncomingConnections`. \
                          Remove `tls=true`, or set `net.tls.mode` on the server; its log shows which it is.";

const SILENT_TLS: &str = "A server without TLS may wait in silence. Check the port, and remove `tls=true` from the URL if the server \
                          speaks plain text.";

/// The hint for an error of the server, or for a limit of pilotfish, by its code.
fn of_error(code: &str) -> Option<&'static str> {
    Some(match code {
        code::REJECTED => {
            "Set the Secret's password with `db.changeUserPassword`: the database's volume keeps the password of its first \
             start. Also check `authSource`, the database in which `db.createUser` was run; often it is `admin`."
        }
        code::NO_SUCH_USER => {
            "Set `authSource` (key `auth_source`) to the database in which `db.createUser` was run, often `admin`. If that is \
             right, create the user, or correct the password."
        }
        code::NO_PASSWORD => {
            "Set `password: {file: …}`, or write `mongodb://USER:PASSWORD@HOST` with the password percent-encoded."
        }
        code::NOT_LOGGED_IN => {
            "Set a user and a password: `mongodb://USER:PASSWORD@HOST/?authSource=admin`, or the keys `user` and `password`. The \
             server has `security.authorization` on."
        }
        code::X509_REJECTED => {
            "Create a user in `$external` whose name is the certificate's subject as `openssl x509 -subject -nameopt RFC2253` \
             shows it. Remove the user from the URL, or make it equal to that."
        }
        code::NOT_ALLOWED => {
            "Add this pod's address to the access list of the server (Atlas: Network Access), or give the user a role that exists."
        }
        code::MECHANISM => {
            "Enable the method on the server (`authenticationMechanisms`), or set `authMechanism` to one that the user has: \
             `db.getUser(USER)` shows its mechanisms."
        }
        code::FULL => {
            "Lower the pool sizes of the clients (`maxPoolSize`), or raise `maxIncomingConnections`: \
             `db.serverStatus().connections` shows how many there are."
        }
        code::THROTTLED => "Wait, or raise the request units of the account: the app's requests are limited, too.",
        code::STOPPING => "The server is stopping. Wait for its restart, and read its log if it does not come back.",
        code::STARTING => {
            "Wait until the member has caught up: `rs.status()` in mongosh shows its state. If it stays, read its log."
        }
        code::NOT_PRIMARY => "Wait until the election ends: `rs.status()` in mongosh shows the state of each member.",
        code::BACKEND => {
            "The server works, but a shard or a service behind it does not answer. Check it with `sh.status()` in mongosh."
        }
        code::TOO_OLD => {
            "Update the server, or check its port with `tcp`: pilotfish speaks the protocol of MongoDB 3.6 and later."
        }
        code::OTHER => "Look up the number of the error in MongoDB's list of error codes, and read the server's log.",
        code::CLOSED_PLAIN => {
            "A server that requires TLS closes plain connections: add `tls=true` to the URL. One that has reached \
             `maxIncomingConnections` does so, too; its log shows which it is."
        }
        code::WANTS_TLS => "Add `tls=true` to the URL, or set `tls: {}`, here and in the app.",
        code::PLAIN_UNVERIFIED => {
            "Set `tls: {ca: …}` and remove `tlsInsecure`: PLAIN sends the password itself. With `cleartext: encrypted` it also \
             goes over TLS that is not verified."
        }
        code::PLAIN_WITHOUT_TLS => {
            "Add `tls=true` to the URL, with `tls: {ca: …}` if the certificate is private: PLAIN sends the password itself, \
             which never goes without TLS."
        }
        code::NOT_SPOKEN => {
            "pilotfish cannot log in by this method, though the app may. Create a user with a password for the check, or \
             check the port with `tcp` or `tls`."
        }
        code::ENCRYPTED_KEY => {
            "Set `tls: {cert: …, key: …}` with a key that is not encrypted: `openssl pkey -in FILE -out KEY` decrypts it."
        }
        code::FEW_ROUNDS => {
            "Raise `scramSHA256IterationCount` on the server to 4096 or more and set the password again: drivers reject fewer. \
             For another server, set `min_scram_iterations`."
        }
        code::MANY_ROUNDS => {
            "Lower `scramSHA256IterationCount` on the server (default 15000) and set the password of the user again."
        }
        code::UNPROVEN => {
            "Check the host and the certificate: whoever answers does not know the password, so it is not the server that is \
             meant, or a proxy is in between."
        }
        code::X509_WITHOUT_CERT => "Set `tls: {cert: …, key: …}`, or `tlsCertificateKeyFile` in the URL.",
        code::NO_SRV => {
            "Copy the host again from the provider: a mongodb+srv URL needs SRV records of `_mongodb._tcp.HOST`. For a server \
             without them, write `mongodb://HOST:27017`."
        }
        code::SRV_DOMAIN => {
            "Let the SRV records name servers in the same domain as the URL's host: drivers reject others."
        }
        code::SRV_PORT => "Remove the port, or write `mongodb://` in place of `mongodb+srv://`.",
        code::TXT => "Leave one TXT record there, with `authSource`, `replicaSet` and `loadBalanced` alone.",
        _ => return None,
    })
}

/// The hint for what replica sets show, by its code.
fn of_set(code: &str) -> Option<&'static str> {
    Some(match code {
        code::OTHER_SET => {
            "Correct `replicaSet` in the URL (key `replica_set`), or the host: `rs.conf()._id` in mongosh is the name of the set."
        }
        code::NOT_A_SET => {
            "Remove `replicaSet` from the URL, or start the server with `replication.replSetName` and run `rs.initiate()`."
        }
        code::IS_MONGOS => {
            "Remove `replicaSet` from the URL: clients of a sharded cluster connect to a mongos without it."
        }
        code::NOT_INITIATED => {
            "Run `rs.initiate()` in mongosh on one member. In Kubernetes, check the job or the operator that does this."
        }
        code::IS_SECONDARY => {
            "Remove `directConnection=true` and list the members in the URL, or point the target at the primary: `rs.status()` \
             shows it."
        }
        code::IS_PRIMARY => "Point the target at a secondary, or set `role: any`.",
        code::IS_ARBITER => "Point the target at a member that holds data: `rs.status()` in mongosh lists the members.",
        code::RECOVERING => {
            "Wait until the member has caught up: `rs.status()` in mongosh shows STARTUP2, RECOVERING or ROLLBACK. If it stays, \
             read its log; it may need a new initial sync."
        }
        code::NO_PRIMARY => {
            "Start the members that are down: without a majority of the votes there is no primary. `rs.status()` in mongosh shows \
             the state of each member."
        }
        code::NO_SECONDARY => {
            "Start a secondary, or set `role: any`: `rs.status()` in mongosh shows the state of each member."
        }
        code::NO_MEMBER => "Start a member that holds data: `rs.status()` in mongosh shows the state of each member.",
        code::MEMBER_NAMES => {
            "Give the members names that every client resolves, such as POD.SERVICE.NAMESPACE.svc.cluster.local: `rs.conf()` shows \
             them, `rs.reconfig()` changes them. Or set `directConnection=true`."
        }
        code::MEMBER_LOOPBACK => {
            "The set was initiated with localhost. Change `members[n].host` to a name that every client resolves: `rs.conf()` \
             shows it, `rs.reconfig()` changes it."
        }
        code::MEMBER_UNREACHABLE => {
            "Check that the member runs and that a NetworkPolicy allows its port: clients connect to the names in `rs.conf()`, \
             not to the host of the URL."
        }
        code::NO_SECONDARIES => "Set `role: any`, or point the target at a replica set.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{CLOSED_TLS, SILENT_TLS, code, of_error, of_set};
    use crate::outcome::assert_hint;

    #[test]
    fn every_code_has_a_hint_that_fits() {
        let codes = code::OF_SERVERS.iter().chain(code::OWN);
        let of = |code: &&str| of_error(code).or_else(|| of_set(code)).unwrap_or_else(|| panic!("{code} has no hint"));
        for hint in codes.map(of).chain([CLOSED_TLS, SILENT_TLS]) {
            assert_hint(hint);
        }
    }
}
