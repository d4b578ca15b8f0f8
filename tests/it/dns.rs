//! The `dns` kind: every record type, the server of one's own, what is expected, against a scripted server and dnsmasq.

use crate::names::{cause, message, only, queries};
use crate::support::dns::NameServer;
use crate::support::{Folder, json, ran};

const ZONE: &str = "db.lab A = 10.0.0.1 | 10.0.0.2
db.lab AAAA = fd00::1
db.lab MX = 10 mail.lab | 20 Mail2.lab
db.lab TXT = v=spf1 -all
db.lab * nodata
_pg._tcp.lab SRV = 0 5 5432 db.lab
www.lab CNAME = db.lab
www.lab A cname db.lab = 10.0.0.1
lab NS = ns1.lab | ns2.lab
lab SOA = ns1.lab admin.lab 7 3600 600 86400 30
1.0.0.10.in-addr.arpa PTR = db.lab
";

/// The report of `check` on a URL that names the server.
fn ask(server: &NameServer, target: &str) -> serde_json::Value {
    let mark = if target.contains('?') { '&' } else { '?' };
    json(&["check", &format!("{target}{mark}server={}", server.address), "-o", "json"])
}

#[test]
fn every_record_type() {
    let server = NameServer::here(ZONE);
    for (target, records) in [
        ("dns://db.lab", &["10.0.0.1", "10.0.0.2"][..]),
        ("dns://db.lab?type=aaaa", &["fd00::1"]),
        ("dns://db.lab?type=MX", &["10 mail.lab", "20 mail2.lab"]),
        ("dns://db.lab?type=TXT", &["v=spf1 -all"]),
        ("dns://_pg._tcp.lab?type=SRV", &["0 5 5432 db.lab"]),
        ("dns://www.lab?type=CNAME", &["db.lab"]),
        ("dns://www.lab", &["10.0.0.1"]),
        ("dns://lab?type=NS", &["ns1.lab", "ns2.lab"]),
        ("dns://lab?type=SOA", &["ns1.lab admin.lab 7 3600 600 86400 30"]),
        ("dns://10.0.0.1?type=PTR", &["db.lab"]),
    ] {
        let report = ask(&server, target);
        assert_eq!(cause(&report), "passed", "{target}: {report}");
        assert_eq!(only(&report)["facts"]["records"], serde_json::json!(records), "{target}");
        let phases = only(&report)["phases"].as_object().expect("phases are recorded");
        assert_eq!(phases.keys().collect::<Vec<_>>(), ["resolve", "assert"], "it only resolves");
    }
}

#[test]
fn a_server_of_ones_own_is_asked_for_the_name_as_it_is() {
    let server = NameServer::here(ZONE);
    let report = ask(&server, "dns://nope.lab");
    assert_eq!(queries(&report), [format!("A nope.lab. udp NXDOMAIN @{}", server.address)]);
    assert_eq!(cause(&report), "dns_not_found");
    assert_eq!(only(&report)["target"], format!("dns://nope.lab @{}", server.address));
    let report = ask(&server, "dns://www.lab?type=AAAA");
    assert_eq!(cause(&report), "dns_not_found");
    let nobody = crate::support::free_port();
    let report = json(&["check", &format!("dns://db.lab?server=127.0.0.1:{nobody}"), "-o", "json"]);
    assert_eq!(cause(&report), "dns_timeout");
    assert!(message(&report).contains("connection refused"), "{report}");
}

#[test]
fn no_record_of_the_type() {
    let server = NameServer::here("www.lab A nodata\nwww.lab MX nodata");
    let report = ask(&server, "dns://www.lab");
    assert_eq!((cause(&report), &only(&report)["failure"]["phase"]), ("dns_no_address", &"resolve".into()));
    let report = ask(&server, "dns://www.lab?type=MX");
    assert_eq!((cause(&report), &only(&report)["failure"]["phase"]), ("dns_answer_mismatch", &"assert".into()));
    assert_eq!(message(&report), "www.lab has 0 MX records, expected at least 1");
}

/// The report of a configuration with one check that has these keys.
fn configured(keys: &str) -> serde_json::Value {
    let folder = Folder::new();
    let path =
        folder.write("pilotfish.yaml", format!("checks:\n  - name: names\n    gates: [ready]\n    dns: {keys}\n"));
    json(&["check", "-c", &path, "-o", "json"])
}

#[test]
fn what_is_expected() {
    let server = NameServer::here(ZONE);
    let server = server.address;
    for (keys, expected) in [
        ("expect: [10.0.0.2]", "passed"),
        ("expect: [10.0.0.2, 10.0.0.1], min_answers: 2", "passed"),
        ("min_answers: 3", "dns_answer_mismatch"),
        ("expect: [10.0.0.9]", "dns_answer_mismatch"),
        ("type: MX, expect: [20 MAIL2.lab.]", "passed"),
        ("type: NS, min_answers: 0", "passed"),
        ("type: TXT, expect: [v=spf1 ~all]", "dns_answer_mismatch"),
    ] {
        let report = configured(&format!("{{name: db.lab, server: \"{server}\", {keys}}}"));
        assert_eq!(cause(&report), expected, "{keys}: {report}");
    }
    let report = configured(&format!("{{name: db.lab, server: \"{server}\", expect: [10.0.0.9, 10.0.0.1]}}"));
    assert_eq!(message(&report), "the A records of db.lab lack 10.0.0.9; received: 10.0.0.1, 10.0.0.2");
}

#[test]
fn a_name_that_must_not_resolve() {
    let server = NameServer::here("db.lab A = 10.0.0.1\nempty.lab A nodata\nno.lab * refused\nbroken.lab * servfail");
    let server = server.address;
    for (name, code, expected) in [
        ("gone.lab", "NXDOMAIN", "passed"),
        ("gone.lab", "nxdomain", "passed"),
        ("no.lab", "REFUSED", "passed"),
        ("broken.lab", "SERVFAIL", "passed"),
        ("db.lab", "NOERROR", "passed"),
        ("gone.lab", "NOERROR", "dns_not_found"),
        ("db.lab", "NXDOMAIN", "dns_answer_mismatch"),
        ("empty.lab", "NXDOMAIN", "dns_answer_mismatch"),
        ("no.lab", "NXDOMAIN", "dns_answer_mismatch"),
        ("broken.lab", "NXDOMAIN", "dns_answer_mismatch"),
        ("gone.lab", "REFUSED", "dns_answer_mismatch"),
    ] {
        let report = configured(&format!("{{name: {name}, server: \"{server}\", expect_rcode: {code}}}"));
        assert_eq!(cause(&report), expected, "{name} {code}: {report}");
        if expected == "passed" {
            assert_eq!(only(&report)["findings"], serde_json::json!([]), "{name} {code}");
        }
    }
    let report = configured(&format!("{{name: db.lab, server: \"{server}\", expect_rcode: NXDOMAIN}}"));
    assert_eq!(message(&report), "the name server answered NOERROR for db.lab, expected NXDOMAIN");
    // Silence is no answer.
    let nobody = crate::support::free_port();
    let report = configured(&format!("{{name: db.lab, server: \"127.0.0.1:{nobody}\", expect_rcode: NXDOMAIN}}"));
    assert_eq!(cause(&report), "dns_timeout");
}

#[test]
fn faults_of_the_file_name_place_and_key() {
    let folder = Folder::new();
    for (keys, said) in [
        ("{name: a b}", "checks[0].dns.name: the host contains an invalid character"),
        ("{name: 10.0.0.1}", "PTR"),
        ("{name: db, type: HINFO}", "one of A, AAAA"),
        ("{name: db, expect: [fd00::1]}", "checks[0].dns.expect[0]: expected an IPv4 address"),
        ("{name: db, server: dns.lab}", "10.96.0.10:53"),
        ("{nam: db}", "name"),
        ("{name: db, expect_rcode: NODATA}", "expected NOERROR, NXDOMAIN, REFUSED or SERVFAIL"),
        ("{name: db, expect_rcode: NXDOMAIN, min_answers: 2}", "has no records: remove one of the two"),
    ] {
        let path = folder.write("pilotfish.yaml", format!("checks:\n  - name: names\n    dns: {keys}\n"));
        let ran = ran(&["check", "-c", &path]);
        assert_eq!(ran.code, 2, "{keys}: {ran:?}");
        assert!(ran.stderr.contains(said), "{keys}: {ran:?}");
    }
}
