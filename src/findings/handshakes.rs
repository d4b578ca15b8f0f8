//! Servers that remember connections which end before their login.

use super::entry::Entry;
use crate::cause::Cause;
use crate::finding::{Finding, Severity};
use crate::outcome::{Aftermath, Evidence};

/// The catalogue of this family.
pub(super) const CODES: &[Entry] = &[MYSQL_HOST_BLOCK];

const MYSQL_HOST_BLOCK: Entry = Entry {
    code: "mysql_host_block",
    severity: Severity::Warning,
    cause: Cause::LoginRejected,
    meaning: "the check connects to MySQL or MariaDB and ends before the login: after `max_connect_errors` such \
              connections (default 100) the server blocks the address of this pod, for the app too (error 1129)",
    remedy: "use a `mysql` check, which logs in; or correct what keeps it from the login. pilotfish waits at least 5 min \
             from run to run",
};

/// Whether this run is one more that the server counts.
pub(super) fn judge(evidence: &Evidence) -> Option<Finding> {
    let message = "the server counts this connection as one without a login: after max_connect_errors of them (default \
                   100) it blocks this pod's address, for the app too; pilotfish waits at least 5 min until the next run";
    let fix = "use a mysql check with the app's user in place of one that only connects, or correct what keeps it from the \
               login";
    (evidence.aftermath == Aftermath::Unfinished).then(|| MYSQL_HOST_BLOCK.found(message, fix))
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::outcome::{Aftermath, Evidence};

    #[test]
    fn only_a_connection_that_the_server_counts_is_named() {
        for (aftermath, named) in [
            (Aftermath::Unfinished, true),
            (Aftermath::Nothing, false),
            (Aftermath::Finished, false),
            (Aftermath::Refused, false),
            (Aftermath::SessionLeft, false),
            (Aftermath::Locked, false),
        ] {
            let evidence = Evidence { aftermath, ..Evidence::default() };
            assert_eq!(judge(&evidence).is_some(), named, "{aftermath:?}");
        }
    }
}
