//! Hints for failures of MySQL and MariaDB: the most likely cause and the one command or change that fixes it. General hints
//! cover names, addresses and certificates.

use super::code;
use crate::cause::Cause;
use crate::findings::Context;
use crate::outcome::{Detail, Evidence, Fault, Phase, StreamDetail, TlsDetail};
use crate::url::Host;

/// The hint for a fault, if MySQL has a specific one.
pub(super) fn hint(fault: &Fault, _: &Evidence, context: &Context<'_>) -> Option<String> {
    let text = match &fault.detail {
        Some(Detail::Protocol { code: code::OTHER, .. }) => of_cause(fault.cause),
        Some(Detail::Protocol { code, .. }) => of_code(code),
        Some(Detail::Tls(TlsDetail::NotOffered)) => Some(NO_TLS),
        Some(Detail::Stream(StreamDetail::Silent)) if fault.phase == Phase::Login => Some(SILENT),
        _ if fault.cause == Cause::ConnectRefused && is_localhost(context) => Some(LOCALHOST),
        _ => of_cause(fault.cause),
    };
    text.map(str::to_owned)
}

const NO_TLS: &str = "Enable TLS on the server (`ssl_cert`, `ssl_key`; MySQL 8 and MariaDB 11.4 create a certificate \
                      themselves), or set `sslmode: PREFERRED` if plain text is acceptable.";
const SILENT: &str = "MySQL speaks first, and this port says nothing. Check the port; if it is right, the server hangs, or a \
                      proxy in front of it has no backend.";
const LOCALHOST: &str = "For MySQL's clients `localhost` is a socket file: if the server runs in this pod, set `socket` to its \
                         path, or write 127.0.0.1 and start it with `--bind-address`, without `skip-networking`. If it runs in \
                         another pod, use the Service name.";

/// Whether the check connects to the name `localhost`.
fn is_localhost(context: &Context<'_>) -> bool {
    context
        .endpoints
        .iter()
        .any(|endpoint| matches!(&endpoint.host, Host::Name(_)) && endpoint.host.to_string() == "localhost")
}

/// The hint for an error of the server, or for a limit of pilotfish, by its code.
fn of_code(code: &str) -> Option<&'static str> {
    Some(match code {
        code::REJECTED => {
            "Set the Secret's password with `ALTER USER … IDENTIFIED BY …`: the database's volume keeps the password of its first \
             start. A wrong password, an unknown user and one for another host look alike: `SELECT user, host, plugin FROM mysql.user`."
        }
        code::REJECTED_IN_PLAIN => {
            "Set the Secret's password with `ALTER USER … IDENTIFIED BY …`: the database's volume keeps the password of its first \
             start. An unknown user, one for another host and a server that requires TLS look alike: for the last, set `sslmode: REQUIRED`."
        }
        code::NO_PASSWORD => {
            "The server rejects the user without a password. Set `password: {env: …}`, or add it to the URL, \
             percent-encoded."
        }
        code::SOCKET_USER => {
            "The user logs in only through the socket of its own machine (unix_socket, auth_socket). Create a user for the \
             app: `CREATE USER app IDENTIFIED BY …`."
        }
        code::DATABASE_DENIED => {
            "The login works. Run `GRANT … ON DATABASE.* TO USER`, or correct the database: without rights, a missing one \
             gets the same error."
        }
        code::NO_DATABASE => {
            "The login works, but the server has no such database. Run `CREATE DATABASE …`, or compare the name with `SHOW \
             DATABASES`; capital letters count on Linux."
        }
        code::FULL => {
            "`SHOW PROCESSLIST` shows which clients hold the connections. Lower their pool sizes, or raise \
             `max_connections`."
        }
        code::USER_FULL => {
            "The limit is of this user. Lower the pool sizes of its clients, or raise it: `ALTER USER … WITH \
             MAX_USER_CONNECTIONS n`."
        }
        code::HOST_BLOCKED => {
            "Find what connects without logging in (TCP probes, failed TLS), then unblock the address: `mysqladmin \
             flush-hosts`, in MySQL 8 `TRUNCATE TABLE performance_schema.host_cache`. Raise `max_connect_errors`."
        }
        code::HOST_DENIED => {
            "No user of the server accepts this address. Create one for the pod network: `CREATE USER app@'10.%' IDENTIFIED \
             BY …`, or app@'%'."
        }
        code::NO_METHOD => {
            "The server asks for a login method that current clients do not have. Give the user another one: `ALTER USER … \
             IDENTIFIED WITH caching_sha2_password BY …`."
        }
        code::NO_PLUGIN => {
            "Enable the plugin on the server (MySQL 8.4: `mysql_native_password=ON`), or give the user one that the server \
             has: `ALTER USER … IDENTIFIED WITH caching_sha2_password BY …`."
        }
        code::EXPIRED => {
            "Set a new password and put it into the Secret: `ALTER USER … IDENTIFIED BY …`. For users of apps, add `PASSWORD \
             EXPIRE NEVER`."
        }
        code::LOCKED => {
            "Run `ALTER USER … ACCOUNT UNLOCK` on the server. pilotfish asks again after 30 min, or at once with \
             `pilotfish ask --retry CHECK`."
        }
        code::BLOCKED => {
            "Correct the password of whoever sends a wrong one, then unlock the account: `ALTER USER … ACCOUNT UNLOCK`, in \
             MariaDB `FLUSH PRIVILEGES`. pilotfish asks again after 30 min."
        }
        code::WANTS_TLS => {
            "The server has `require_secure_transport` on. Set `sslmode: REQUIRED`, or VERIFY_IDENTITY with the `ca` of the \
             server; in the app's URL, the option of its client."
        }
        code::OFFLINE => {
            "An administrator or the provider set `offline_mode`, in which only administrators log in. Run `SET GLOBAL \
             offline_mode = OFF`."
        }
        code::STOPPING => "The server is stopping. Wait for its restart, and read its log if it does not come back.",
        code::STARTING => "The server does not accept logins yet. Wait; if it takes long, read its log.",
        code::HANDSHAKE => {
            "The server, or a proxy in front of it, does not speak the current protocol. Check the port, and read its log."
        }
        code::BACKEND => {
            "The proxy works, but no server behind it answers. Check its list of servers (ProxySQL: `SELECT * FROM \
             runtime_mysql_servers`)."
        }
        code::PLUGIN => {
            "pilotfish cannot log in as this user, though the app may. Create a user for the check: `CREATE USER probe \
             IDENTIFIED VIA mysql_native_password`, or with caching_sha2_password."
        }
        code::CLEAR_TEXT => {
            "Set `sslmode: VERIFY_IDENTITY`, and `ca` if the certificate is private. With `cleartext: encrypted` the \
             password also goes over TLS that is not verified."
        }
        code::CLEAR_TEXT_PLAIN => {
            "Set `sslmode: VERIFY_IDENTITY`, with `ca` if the certificate is private: the password itself is never sent \
             without TLS. For a server without TLS, set `server_public_key`."
        }
        code::PUBLIC_KEY => {
            "Set `sslmode: VERIFY_IDENTITY`: the password is longer than the key of the server can encrypt, or its key is \
             larger than 4096 bits."
        }
        code::TOO_OLD => "Update the server: it is older than MySQL 4.1, and pilotfish does not speak its protocol.",
        code::TOO_LONG => "Shorten `query`: it does not fit into one packet of the protocol.",
        code::X_PROTOCOL => "Port 33060 is MySQL's X protocol. Use the port of the classic protocol, usually 3306.",
        code::OTHER_ROLE => {
            "Point the target at the Service of the server that has this role, or wait until the failover ends: `SELECT \
             @@global.read_only` shows the role."
        }
        code::LOCAL_FILE => "Use a query that only reads from the server, such as SELECT.",
        _ => return None,
    })
}

fn of_cause(cause: Cause) -> Option<&'static str> {
    Some(match cause {
        Cause::MissingTable => {
            "Run the migrations, or correct the database in the URL: the table does not exist there. Capital letters count \
             on Linux."
        }
        Cause::PermissionDenied => {
            "The login works, but the user lacks a privilege. Run `GRANT … TO USER`; `SHOW GRANTS FOR USER` shows those \
             that it has."
        }
        Cause::BodyMismatch => {
            "The query works but returns another value. Run it with the mysql client as the same user and compare the \
             result with `expect`."
        }
        Cause::QueryFailed => "Look up the number of the error with `perror NUMBER`, and read the server's log.",
        Cause::TooLarge => "The query returns more than a probe needs. Limit it to one row (LIMIT 1).",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{LOCALHOST, NO_TLS, SILENT, code, of_cause, of_code};
    use crate::cause::Cause;
    use crate::check::mysql::errors::ROWS;
    use crate::outcome::assert_hint;

    /// Codes that come from this kind, not from the table of errors.
    const OWN: [&str; 11] = [
        code::PUBLIC_KEY,
        code::REJECTED_IN_PLAIN,
        code::NO_PASSWORD,
        code::PLUGIN,
        code::CLEAR_TEXT,
        code::CLEAR_TEXT_PLAIN,
        code::TOO_OLD,
        code::TOO_LONG,
        code::X_PROTOCOL,
        code::OTHER_ROLE,
        code::LOCAL_FILE,
    ];

    #[test]
    fn every_code_has_a_hint_that_fits() {
        let codes = ROWS.iter().map(|row| row.1).chain(OWN);
        let causes =
            [Cause::MissingTable, Cause::PermissionDenied, Cause::BodyMismatch, Cause::QueryFailed, Cause::TooLarge];
        let hints = codes.map(|code| of_code(code).unwrap_or_else(|| panic!("{code} has no hint")));
        let hints = hints.chain(causes.into_iter().filter_map(of_cause)).chain([NO_TLS, SILENT, LOCALHOST]);
        for hint in hints {
            assert_hint(hint);
        }
    }
}
