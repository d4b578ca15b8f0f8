//! The catalogue of the findings on names.

use crate::cause::Cause;
use crate::finding::Severity;
use crate::findings::entry::Entry;

/// The catalogue of this family.
pub(in crate::findings) const CODES: &[Entry] = &[
    SEARCH_WASTED,
    SEARCH_STOPS_MUSL,
    SEARCH_HIJACK,
    PLACEHOLDER,
    PRIVATE_ENDPOINT_PUBLIC,
    AAAA_BREAKS_MUSL,
    AAAA_SILENT,
    TCP_BLOCKED,
    LOST_DATAGRAM,
    CONNTRACK_RACE,
    SERVER_SILENT,
    SERVERS_DIFFER,
    EXTERNAL_NAME_TLS,
    EXTERNAL_NAME_HOST,
    INGRESS_NAME,
];

pub(super) const SEARCH_WASTED: Entry = Entry {
    code: "dns_search_wasted",
    severity: Severity::Info,
    cause: Cause::DnsTimeout,
    meaning: "a full name was found only after every name of the search list was NXDOMAIN",
    remedy: "write it with a final dot, or set `dnsConfig` with `ndots: 2` for the pod",
};
pub(super) const SEARCH_STOPS_MUSL: Entry = Entry {
    code: "dns_search_stops_musl",
    severity: Severity::Warning,
    cause: Cause::DnsServerFailure,
    meaning: "glibc finds the name further down the search list, but musl (Alpine images) stops earlier and fails",
    remedy: "write the full name with a final dot, or remove the suffix that answers like this from the search list",
};
pub(super) const SEARCH_HIJACK: Entry = Entry {
    code: "dns_search_hijack",
    severity: Severity::Warning,
    cause: Cause::DnsAnswerMismatch,
    meaning: "a suffix of the search list answers for a public name, or (error) for one of the cluster: the check and the app \
              reach another machine",
    remedy: "write the name with a final dot, set `ndots: 1` or `2`, or remove the wildcard from that domain",
};
pub(super) const PLACEHOLDER: Entry = Entry {
    code: "dns_placeholder",
    severity: Severity::Error,
    cause: Cause::DnsAnswerMismatch,
    meaning: "the name server answers 0.0.0.0, :: or a loopback address for the name: a DNS filter blocks it, or its \
              record is a placeholder",
    remedy: "allow the name in the DNS filter, or correct its record",
};
pub(super) const PRIVATE_ENDPOINT_PUBLIC: Entry = Entry {
    code: "dns_private_endpoint_public",
    severity: Severity::Info,
    cause: Cause::DnsAnswerMismatch,
    meaning: "the name leads through the zone of a private endpoint (`privatelink`) and resolves to a public address here; a \
              warning where the connection fails, or is answered with 403",
    remedy: "if the private endpoint is meant, link its private DNS zone to the network of the cluster, and let CoreDNS ask \
             that network's name server",
};
pub(super) const AAAA_BREAKS_MUSL: Entry = Entry {
    code: "dns_aaaa_breaks_musl",
    severity: Severity::Warning,
    cause: Cause::DnsServerFailure,
    meaning: "the query for A is answered, the one for AAAA is an error: glibc resolves the name, musl (Alpine \
              images) does not",
    remedy: "let the name server answer AAAA with NOERROR and no records, or use a glibc image",
};
pub(super) const AAAA_SILENT: Entry = Entry {
    code: "dns_aaaa_silent",
    severity: Severity::Warning,
    cause: Cause::DnsTimeout,
    meaning: "the query for A is answered, the one for AAAA not in time: every lookup waits, and musl (Alpine images) \
              fails",
    remedy: "let the name server answer AAAA with NOERROR and no records",
};
pub(super) const TCP_BLOCKED: Entry = Entry {
    code: "dns_tcp_blocked",
    severity: Severity::Error,
    cause: Cause::DnsTimeout,
    meaning: "an answer did not fit into a datagram, and TCP port 53 of the name server does not work",
    remedy: "allow TCP 53 as well as UDP 53 in the NetworkPolicy and the firewall",
};
pub(super) const LOST_DATAGRAM: Entry = Entry {
    code: "dns_lost_datagram",
    severity: Severity::Warning,
    cause: Cause::DnsTimeout,
    meaning: "the first query got no answer in time, the second did: an app then waits 5 s (glibc) or 2.5 s (musl)",
    remedy: "if this happens often: use NodeLocal DNSCache, or `single-request-reopen` (glibc) against the conntrack \
             race",
};
pub(super) const CONNTRACK_RACE: Entry = Entry {
    code: "dns_conntrack_race",
    severity: Severity::Warning,
    cause: Cause::DnsTimeout,
    meaning: "queries for A and AAAA, sent at once from one socket as libcs do, lose an answer; from two sockets they \
              do not (`diagnose`)",
    remedy: "use NodeLocal DNSCache, or `single-request-reopen` in `dnsConfig.options` (glibc images)",
};
pub(super) const SERVER_SILENT: Entry = Entry {
    code: "dns_server_silent",
    severity: Severity::Warning,
    cause: Cause::DnsTimeout,
    meaning: "a name server of resolv.conf did not answer, but another one did: lookups that use it first wait for it \
              or fail",
    remedy: "repair it, or remove it from the node's or the pod's resolv.conf (`dnsConfig`)",
};
pub(super) const SERVERS_DIFFER: Entry = Entry {
    code: "dns_servers_differ",
    severity: Severity::Warning,
    cause: Cause::DnsServerFailure,
    meaning: "the name servers of one resolv.conf answer differently: what an app gets depends on their order and on \
              the libc",
    remedy: "list only servers that serve the same zones",
};
pub(super) const EXTERNAL_NAME_TLS: Entry = Entry {
    code: "external_name_tls",
    severity: Severity::Error,
    cause: Cause::TlsWrongName,
    meaning: "the name is an alias (an ExternalName Service?), and the certificate covers the name that it leads to",
    remedy: "use the real name in the URL, or set `server_name` to it",
};
pub(super) const EXTERNAL_NAME_HOST: Entry = Entry {
    code: "external_name_host",
    severity: Severity::Warning,
    cause: Cause::HttpStatus,
    meaning: "an ExternalName Service leads to a server that may know only its own name as Host",
    remedy: "use the real name in the URL, or set the header `Host` to it",
};
pub(super) const INGRESS_NAME: Entry = Entry {
    code: "ingress_name_in_pod",
    severity: Severity::Error,
    cause: Cause::DnsNotFound,
    meaning: "the name is one that a laptop's hosts file, Docker or minikube knows, but a pod does not",
    remedy: "use the Service name: `kubectl get svc`",
};
