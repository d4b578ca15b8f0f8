//! The findings about other runtimes: their codes and what each means.

use crate::cause::Cause;
use crate::finding::Severity;
use crate::findings::entry::Entry;

/// Every finding of this family.
pub(in crate::findings) const CODES: &[Entry] = &[NODE_CONNECT_CUT, NODE_CONNECT_BORDERLINE, IPV6_DEAD, ADDRESS_DEAD];

pub(super) const NODE_CONNECT_CUT: Entry = Entry {
    code: "node_connect_cut",
    severity: Severity::Error,
    cause: Cause::ConnectTimeout,
    meaning: "addresses answer, but more slowly than Node waits for each of several addresses, so Node gives up and \
              fails",
    remedy: "set NODE_OPTIONS=--network-family-autoselection-attempt-timeout to more than the slowest address takes \
             (Node 20.13, 22.1 or later), or --no-network-family-autoselection, or use Node 25.2 or later",
};
pub(super) const NODE_CONNECT_BORDERLINE: Entry = Entry {
    code: "node_connect_borderline",
    severity: Severity::Warning,
    cause: Cause::ConnectTimeout,
    meaning: "addresses answer within 15 ms of the time that Node waits for each of several addresses, so it connects \
              only sometimes",
    remedy: "set NODE_OPTIONS=--network-family-autoselection-attempt-timeout well above what the addresses take",
};
pub(super) const IPV6_DEAD: Entry = Entry {
    code: "ipv6_dead",
    severity: Severity::Warning,
    cause: Cause::ConnectTimeout,
    meaning: "IPv6 addresses of the name have a route here but do not work; runtimes that try them before IPv4 wait \
              or fail",
    remedy: "allow IPv6, or remove the route or the AAAA records; until then, give the client a connect timeout",
};
pub(super) const ADDRESS_DEAD: Entry = Entry {
    code: "address_dead",
    severity: Severity::Warning,
    cause: Cause::ConnectTimeout,
    meaning: "one address of the name does not work, but others do; runtimes that try it first wait or fail",
    remedy: "find out why that address does not answer, or remove it from the name; until then, give the client a \
             connect timeout",
};
