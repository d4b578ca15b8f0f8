//! Our exchange and hickory's whole resolver, asked for the same names at the same faulty name servers: they agree wherever
//! hickory's has an answer. Where it has none, or another one on purpose, the tables say so with the reason.

mod resolver;

use std::time::Duration;

use hickory_resolver::proto::rr::Name;
use serde_json::Value;

use crate::support::dns::NameServer;
use crate::support::netns::Namespace;
use crate::support::{Folder, ran, run};

/// What the servers know.
const ZONE: &[&str] = &[
    "db.lab A = 10.0.0.1 | 10.0.0.2 | 10.0.0.3",
    "db.lab AAAA nodata",
    "six.lab AAAA = fd00::1 | fd00::2",
    "six.lab A nodata",
    "www.lab A cname a.lab b.lab db.lab = 10.0.0.1 | 10.0.0.2 | 10.0.0.3",
    "www.lab AAAA cname a.lab b.lab db.lab =",
    "www.lab CNAME = a.lab",
    "a.lab A cname b.lab db.lab = 10.0.0.1 | 10.0.0.2 | 10.0.0.3",
    "b.lab A cname db.lab = 10.0.0.1 | 10.0.0.2 | 10.0.0.3",
    "a.lab AAAA cname b.lab db.lab =",
    "b.lab AAAA cname db.lab =",
    "dangling.lab A cname gone.lab nxdomain",
    "half.lab A cname gone.lab =",
    "*.wild.lab A = 10.0.0.9",
    "a-label-of-63-bytes-which-is-as-many-as-a-label-of-dns-may-have.lab A = 10.0.0.4",
    "_pg._tcp.lab SRV = 0 5 5432 db.lab | 1 0 5433 six.lab",
    "lab MX = 10 mail.lab | 20 Mail2.LAB",
    "lab TXT = v=spf1 -all | a second one; with \"quotes\"",
    "lab NS = ns1.lab | ns2.lab",
    "lab SOA = ns1.lab admin.lab 7 3600 600 86400 30",
    r"odd.lab CNAME = a\.b\032\\\200c.lab",
    "1.0.0.10.in-addr.arpa PTR = db.lab | Six.Lab",
    "db.lab * nodata",
    "sick.lab * servfail",
    "closed.lab * refused",
    "* * nxdomain",
];

/// As long as a name may be: 253 bytes of text.
fn longest() -> String {
    [63, 63, 63, 57].map(|length| "n".repeat(length)).join(".") + ".lab"
}

/// Name, type, and what a healthy server lets both of them report.
const NAMES: &[(&str, &str, &str)] = &[
    ("db.lab", "A", "10.0.0.1 | 10.0.0.2 | 10.0.0.3"),
    ("Db.LAB", "A", "10.0.0.1 | 10.0.0.2 | 10.0.0.3"),
    ("db.lab.", "A", "10.0.0.1 | 10.0.0.2 | 10.0.0.3"),
    ("db.lab", "AAAA", "NODATA"),
    ("db.lab", "MX", "NODATA"),
    ("six.lab", "AAAA", "fd00::1 | fd00::2"),
    ("six.lab", "A", "NODATA"),
    ("www.lab", "A", "10.0.0.1 | 10.0.0.2 | 10.0.0.3"),
    ("www.lab", "AAAA", "NODATA"),
    ("www.lab", "CNAME", "a.lab"),
    ("dangling.lab", "A", "NXDOMAIN"),
    ("half.lab", "A", "NODATA"),
    ("gone.lab", "A", "NXDOMAIN"),
    ("gone.lab", "TXT", "NXDOMAIN"),
    ("x.y.wild.lab", "A", "10.0.0.9"),
    ("a-label-of-63-bytes-which-is-as-many-as-a-label-of-dns-may-have.lab", "A", "10.0.0.4"),
    ("_pg._tcp.lab", "SRV", "0 5 5432 db.lab | 1 0 5433 six.lab"),
    ("lab", "MX", "10 mail.lab | 20 mail2.lab"),
    ("lab", "TXT", "a second one; with \"quotes\" | v=spf1 -all"),
    ("lab", "NS", "ns1.lab | ns2.lab"),
    ("lab", "SOA", "ns1.lab admin.lab 7 3600 600 86400 30"),
    ("odd.lab", "CNAME", r"a\.b\032\\\200c.lab"),
    ("1.0.0.10.in-addr.arpa", "PTR", "db.lab | six.lab"),
    ("sick.lab", "A", "SERVFAIL"),
    ("closed.lab", "A", "REFUSED"),
];

/// How the servers behave: on 127.0.0.1, and on 127.0.0.2 if there is a second one. `zone` stands for the zone, words before
/// it for a change of every reply.
struct Scenario {
    name: &'static str,
    servers: &'static [&'static str],
    /// What ours reports where every server fails: the first failure.
    first_failure: Option<&'static str>,
    differs: &'static [Difference],
}

/// What hickory reports and ours does not.
struct Difference {
    /// `*` for every one.
    name: &'static str,
    hickory: &'static str,
    why: &'static str,
}

/// True of every scenario that says nothing else.
const ALWAYS: &[Difference] = &[Difference {
    name: "half.lab",
    hickory: "NXDOMAIN",
    why: "where an answer ends with a CNAME, hickory asks for its target; ours takes the server at its word",
}];

const GIVES_UP: &str = "hickory asks no second server once one has answered with an error code";
const ADDITIONAL: &str =
    "hickory takes an A record in the additional section for an answer, which it then does not give";

const SCENARIOS: &[Scenario] = &[
    Scenario::new("healthy", &["zone"]),
    Scenario::new("cut short over UDP, whole over TCP", &["short zone"]),
    Scenario::new("records in reverse order", &["reversed zone"]),
    Scenario {
        differs: &[
            Difference { name: "dangling.lab", hickory: "NODATA", why: ADDITIONAL },
            Difference { name: "half.lab", hickory: "NODATA", why: ADDITIONAL },
        ],
        ..Scenario::new("unknown types between, more in the other sections", &["dressed zone"])
    },
    Scenario::new("names with pointers", &["pointers zone"]),
    Scenario::new("in reverse order and with pointers", &["reversed pointers zone"]),
    Scenario::new("another id first", &["after-wrong-id zone"]),
    Scenario::new("another question first", &["after-wrong-question zone"]),
    Scenario {
        differs: &[Difference {
            name: "*",
            hickory: "FORMERR",
            why: "hickory does not ask again without EDNS; ours never uses it",
        }],
        ..Scenario::new("no extensions", &["no-edns zone"])
    },
    Scenario::new("the question's letters in the other case", &["other-case zone"]),
    Scenario::new("a slow first server", &["late 300 zone", "zone"]),
    Scenario {
        first_failure: Some("SERVFAIL"),
        differs: &[Difference { name: "*", hickory: "SERVFAIL", why: GIVES_UP }],
        ..Scenario::new("a first server that fails", &["* * servfail", "zone"])
    },
    Scenario {
        first_failure: Some("REFUSED"),
        differs: &[Difference { name: "*", hickory: "REFUSED", why: GIVES_UP }],
        ..Scenario::new("a lame first server", &["* * refused", "zone"])
    },
];

impl Scenario {
    const fn new(name: &'static str, servers: &'static [&'static str]) -> Self {
        Self { name, servers, first_failure: None, differs: &[] }
    }

    /// What ours and hickory shall report, of what a healthy server lets them report; and why they differ.
    fn expected(&self, name: &str, healthy: &str) -> (String, String, &'static str) {
        let ours = self.first_failure.filter(|_| ["SERVFAIL", "REFUSED"].contains(&healthy)).unwrap_or(healthy);
        let listed = self.differs.iter().chain(ALWAYS).find(|row| [name, "*"].contains(&row.name));
        let (theirs, why) = listed.map_or((ours, "they agree"), |row| (row.hickory, row.why));
        (ours.to_owned(), theirs.to_owned(), why)
    }
}

/// The script of a server.
fn script(behaviour: &str) -> String {
    let Some(words) = behaviour.strip_suffix("zone") else { return behaviour.to_owned() };
    let longest = format!("{} A = 10.0.0.5", longest());
    let rules = ZONE.iter().copied().chain([&longest[..]]);
    let change = |rule: &str| {
        let mut parts = rule.splitn(3, ' ');
        let mut next = || parts.next().expect("a rule has a name, a type and a reply");
        format!("{} {} {words}{}\n", next(), next(), next())
    };
    // The last rule is for every name.
    let mut rules: Vec<_> = rules.map(change).collect();
    rules.sort_by_key(|rule| rule.starts_with("* "));
    rules.concat()
}

/// Where both ask, and for what.
struct Question<'a> {
    servers: &'a [&'a str],
    search: &'a [&'a str],
    ndots: usize,
    /// hickory's time for one try.
    timeout: Duration,
    names: &'a [(&'a str, &'a str)],
}

impl Question<'_> {
    /// What pilotfish reports for each name, and hickory.
    fn ask(&self) -> Vec<(String, String)> {
        let namespace = Namespace::new();
        let search = if self.search.is_empty() { String::new() } else { format!("search {}\n", self.search.join(" ")) };
        let ips = ["127.0.0.1", "127.0.0.2"];
        let servers: String = self.servers.iter().zip(ips).map(|(_, ip)| format!("nameserver {ip}\n")).collect();
        namespace.resolv_conf(format!("{search}options ndots:{}\n{servers}", self.ndots));
        let running: Vec<_> = (self.servers.iter().zip(ips))
            .filter(|(behaviour, _)| !behaviour.is_empty())
            .map(|(behaviour, ip)| NameServer::inside(&namespace, ip, &script(behaviour)))
            .collect();
        let ours = self.ours(&namespace);
        let theirs = self.theirs(&namespace, &ips[..self.servers.len()]);
        drop(running);
        assert_eq!((ours.len(), theirs.len()), (self.names.len(), self.names.len()));
        ours.into_iter().zip(theirs).collect()
    }

    fn ours(&self, namespace: &Namespace) -> Vec<String> {
        let folder = Folder::new();
        let check = |(at, (name, record)): (usize, &(&str, &str))| {
            format!(
                "  - {{name: n{at}, interval: 30s, timeout: 20s, dns: {{name: '{name}', type: {record}, min_answers: 0}}}}\n"
            )
        };
        let checks: String = self.names.iter().enumerate().map(check).collect();
        let path = folder.write("pilotfish.yaml", format!("checks:\n{checks}"));
        let report = namespace.json(&["check", "-c", &path, "-o", "json"]);
        let reports = report["checks"].as_array().unwrap_or_else(|| panic!("{report}"));
        reports.iter().map(our_result).collect()
    }

    fn theirs(&self, namespace: &Namespace, servers: &[&str]) -> Vec<String> {
        let folder = Folder::new();
        let order = serde_json::json!({
            "servers": servers,
            "search": self.search,
            "ndots": self.ndots,
            "timeout": self.timeout.as_millis(),
            "names": self.names,
        });
        folder.write("order", order.to_string());
        let myself = std::env::current_exe().expect("a test knows its own file");
        let mut command = namespace.command(myself.to_str().expect("the path is UTF-8"));
        command
            .args(["--exact", "hickory::resolver::hickory_process", "--nocapture"])
            .env(resolver::ROLE, folder.path());
        let ran = run(&mut command);
        let results = std::fs::read_to_string(folder.path().join("results"));
        let results = results.unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        serde_json::from_str(&results).expect("a list of texts")
    }
}

/// What one check of pilotfish reports, in the words of [`NAMES`].
fn our_result(check: &Value) -> String {
    match check["failure"]["cause"].as_str() {
        None => records(check["facts"]["records"].as_array().into_iter().flatten().filter_map(Value::as_str)),
        Some("dns_not_found") => "NXDOMAIN".to_owned(),
        Some("dns_refused") => "REFUSED".to_owned(),
        Some("dns_server_failure")
            if check["failure"]["message"].as_str().is_some_and(|text| text.contains("SERVFAIL")) =>
        {
            "SERVFAIL".to_owned()
        }
        Some(other) => format!("{other}: {}", check["failure"]["message"]),
    }
}

/// Records as a set.
fn records(texts: impl IntoIterator<Item = impl Into<String>>) -> String {
    let mut texts: Vec<String> = texts.into_iter().map(Into::into).collect();
    texts.sort();
    if texts.is_empty() { "NODATA".to_owned() } else { texts.join(" | ") }
}

/// No answer comes later than this, however busy the machine.
const PATIENT: Duration = Duration::from_secs(30);

#[test]
fn both_report_the_same_from_faulty_servers() {
    let longest = longest();
    let names = || NAMES.iter().copied().chain([(&longest[..], "A", "10.0.0.5")]);
    let asked: Vec<_> = names().map(|(name, record, _)| (name, record)).collect();
    let mut wrong = Vec::new();
    for scenario in SCENARIOS {
        let question = Question { servers: scenario.servers, search: &[], ndots: 1, timeout: PATIENT, names: &asked };
        for ((name, record, healthy), (ours, theirs)) in names().zip(question.ask()) {
            let (expected, their_expected, why) = scenario.expected(name, healthy);
            if (&ours, &theirs) != (&expected, &their_expected) {
                let (scenario, wanted) = (scenario.name, format!("{expected}, {their_expected}: {why}"));
                wrong.push(format!("{scenario}: {name} {record}: {ours}, {theirs} instead of {wanted}"));
            }
        }
    }
    assert!(wrong.is_empty(), "(ours, hickory's)\n{}", wrong.join("\n"));
}

/// Name, what ours reports, and what hickory reports if it differs: its walk goes on after any error as well, but it reports
/// the last error, which hides what an earlier name told.
const SEARCHED: &[(&str, &str, Option<&str>)] = &[
    ("first", "10.0.1.1", None),
    ("second", "10.0.1.2", None),
    ("as-it-is", "10.0.1.3", None),
    ("two.dots.lab", "10.0.1.4", None),
    ("one.dot", "10.0.1.5", None),
    ("first.", "NXDOMAIN", None),
    ("absent", "NXDOMAIN", None),
    ("empty-then-found", "10.0.1.6", None),
    ("sick-then-found", "10.0.1.7", None),
    ("empty", "NODATA", Some("NXDOMAIN")),
    ("sick", "SERVFAIL", Some("NXDOMAIN")),
];

const SEARCH_ZONE: &str = "first.one.lab A = 10.0.1.1
first.two.lab A = 10.0.1.99
second.two.lab A = 10.0.1.2
as-it-is A = 10.0.1.3
two.dots.lab A = 10.0.1.4
two.dots.lab.one.lab A = 10.0.1.99
one.dot.one.lab A = 10.0.1.5
one.dot A = 10.0.1.99
empty-then-found.one.lab A nodata
empty-then-found.two.lab A = 10.0.1.6
sick-then-found.one.lab A servfail
sick-then-found.two.lab A = 10.0.1.7
empty.one.lab A nodata
sick.one.lab A servfail
";

#[test]
fn both_walk_the_search_list_alike() {
    let names: Vec<_> = SEARCHED.iter().map(|(name, ..)| (*name, "A")).collect();
    let search = ["one.lab", "two.lab"];
    let question = Question { servers: &[SEARCH_ZONE], search: &search, ndots: 2, timeout: PATIENT, names: &names };
    for ((name, ours, theirs), results) in SEARCHED.iter().zip(question.ask()) {
        assert_eq!(results, ((*ours).to_owned(), theirs.unwrap_or(ours).to_owned()), "{name}");
    }
}

#[test]
fn hickory_does_not_get_past_a_first_server_that_is_not_there() {
    // Its sockets are not connected, so it hears of no refusal, and its deadline is one for all servers of a try.
    let timeout = Duration::from_millis(100);
    let names = [("db.lab", "AAAA")];
    let question = Question { servers: &["", "zone"], search: &[], ndots: 1, timeout, names: &names };
    assert_eq!(question.ask(), [("NODATA".to_owned(), "request timed out".to_owned())]);
}

#[test]
fn neither_asks_for_a_name_that_is_too_long() {
    let server = NameServer::here("* A = 10.0.0.1");
    for (name, is_name) in [(longest(), true), (longest() + "x", false), ("x".repeat(64) + ".lab", false)] {
        assert_eq!(Name::from_ascii(&name).is_ok(), is_name, "{name}");
        let ran = ran(&["check", &format!("dns://{name}?server={}", server.address), "-o", "json"]);
        assert_eq!(ran.code == 0, is_name, "{name}: {ran:?}");
    }
    assert_eq!(server.asked().len(), 1, "{:?}", server.asked());
}
