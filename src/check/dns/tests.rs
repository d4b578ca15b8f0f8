//! DnsKeys, URLs and the comparison; the exchange itself is tested against real name servers.

use super::{Dns, DnsKeys, Wanted, from_url};
use crate::check::Check as _;
use crate::config::node;
use crate::env::MapEnv;
use crate::net::resolve::RecordType;
use crate::value::Value;

/// Reads keys as the configuration does: JSON is YAML too.
fn keys(json: serde_json::Value) -> Result<DnsKeys, String> {
    let read = node::parse(&json.to_string()).and_then(|node| node::read(&node));
    read.map_err(|problems| problems.iter().map(|problem| format!("{}: {}\n", problem.path, problem.message)).collect())
}

fn wanted(json: serde_json::Value) -> Result<Wanted, crate::outcome::Fault> {
    let env = MapEnv::with_vars(&[("NAME", "db.example.com"), ("TYPE", "mx"), ("BAD", "s3cret value")])
        .with_file("/server", b"10.0.0.53\n");
    Dns::DnsKeys(keys(json).unwrap()).wanted(&env)
}

#[test]
fn keys_and_their_defaults() {
    let plain = wanted(serde_json::json!({"name": "DB.example.com"})).unwrap();
    assert_eq!(
        (plain.name.as_str(), plain.record, plain.server, plain.least),
        ("db.example.com", RecordType::A, None, 1)
    );
    let full = wanted(serde_json::json!({
        "name": {"env": "NAME"}, "type": {"env": "TYPE"}, "server": {"file": "/server"},
        "expect": ["10  Mail.example.com."], "min_answers": "2",
    }))
    .unwrap();
    assert_eq!((full.record, full.server, full.least), (RecordType::Mx, Some("10.0.0.53:53".parse().unwrap()), 2));
    assert_eq!(full.expect[0].0, "10 mail.example.com");
    assert_eq!(
        wanted(serde_json::json!({"name": "x", "server": "[fd00::a]:5353"})).unwrap().server.unwrap().port(),
        5353
    );
}

#[test]
fn an_address_is_asked_for_by_its_reverse_name() {
    let name = |text: &str| wanted(serde_json::json!({"name": text, "type": "PTR"})).unwrap().name;
    assert_eq!(name("10.1.2.3"), "3.2.1.10.in-addr.arpa.");
    assert_eq!(name("fd00::1"), format!("1.{}d.f.ip6.arpa.", "0.".repeat(29)));
    assert!(from_url("dns://10.1.2.3").unwrap_err().contains("PTR"));
}

#[test]
fn wrong_keys_are_faults_of_the_file() {
    for (json, said) in [
        (serde_json::json!({"name": "x", "type": "HINFO"}), "expected one of A, AAAA"),
        (serde_json::json!({"name": "x", "server": "dns.example.com"}), "10.96.0.10:53"),
        (serde_json::json!({"name": "x", "server": "10.0.0.1:0"}), "10.96.0.10:53"),
        (serde_json::json!({"name": "x", "min_answers": "257"}), "from 0 to 256"),
        (serde_json::json!({"name": "x", "types": "A"}), "types: unknown key, did you mean type?"),
        (serde_json::json!({"type": "A"}), "name"),
    ] {
        let error = keys(json).unwrap_err();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn literals_that_can_never_work_are_faults_at_their_place() {
    let problems = |yaml: &str| {
        let problems = super::parse(&node::parse(yaml).unwrap()).err().unwrap_or_default();
        let show = |problem: &node::Problem| {
            format!("{}:{}: {}: {}", problem.span.line, problem.span.column, problem.path, problem.message)
        };
        problems.iter().map(show).collect::<Vec<_>>()
    };
    assert!(problems(super::KIND.example).is_empty());
    assert!(problems("{name: {env: X}, type: {env: Y}, expect: [x]}").is_empty(), "known at a run only");
    assert_eq!(problems("name: a b"), ["1:7: name: the host contains an invalid character"]);
    assert_eq!(
        problems("name: 10.0.0.1\ntype: AAAA\nexpect:\n  - fd00::1\n  - 10.0.0.1\n"),
        [
            "1:7: name: an address has only PTR records: set the type to PTR, or write a name",
            "5:5: expect[1]: expected an IPv6 address, because the type is AAAA",
        ]
    );
    assert_eq!(problems("{name: db, server: dns.lab, min_answers: 257}").len(), 2);
}

#[test]
fn what_a_variable_holds_is_a_failed_outcome_and_never_shown() {
    for json in [
        serde_json::json!({"name": {"env": "BAD"}}),
        serde_json::json!({"name": "x", "type": {"env": "BAD"}}),
        serde_json::json!({"name": "x", "server": {"env": "BAD"}}),
        serde_json::json!({"name": "x", "min_answers": {"env": "BAD"}}),
    ] {
        let fault = wanted(json).unwrap_err();
        assert_eq!(fault.cause.slug(), "variable_invalid");
        assert!(fault.message.contains("BAD") && !fault.message.contains("s3cret"), "{}", fault.message);
    }
    assert_eq!(wanted(serde_json::json!({"name": {"env": "NOPE"}})).unwrap_err().cause.slug(), "variable_missing");
    let expecting = wanted(serde_json::json!({"name": "x", "type": "TXT", "expect": [{"env": "BAD"}]})).unwrap();
    let message = expecting.judge(&["other".to_owned()]).unwrap_err().message;
    assert!(message.contains("the variable BAD") && !message.contains("s3cret"), "{message}");
}

#[test]
fn urls() {
    let url = from_url("dns://_db._tcp.example.com?type=srv&server=10.0.0.1").unwrap();
    assert_eq!((url.name.as_str(), url.record), ("_db._tcp.example.com", RecordType::Srv));
    assert_eq!(url.server, Some("10.0.0.1:53".parse().unwrap()));
    assert_eq!(from_url("dns://db.").unwrap().name, "db.");
    for (text, said) in [
        ("dns://db:53", "no port"),
        ("dns://a,b", "one name"),
        ("dns://db/path", "no path"),
        ("dns://u:s3cret@db", "no user"),
        ("dns://db?typ=A", "?type="),
        ("dns://db?type=s3cret", "expected one of"),
        ("dns://db?server=s3cret", "server: expected"),
    ] {
        let problem = from_url(text).unwrap_err();
        assert!(problem.contains(said) && !problem.contains("s3cret"), "{text}: {problem}");
    }
}

#[test]
fn targets_show_what_is_asked() {
    let target = |url: &str| Dns::Url(Value::literal(url)).prepare(&MapEnv::default()).target;
    assert_eq!(target("dns://db.lab"), "dns://db.lab");
    assert_eq!(target("dns://db.lab?type=MX&server=10.0.0.1"), "dns://db.lab MX @10.0.0.1:53");
    assert_eq!(target("dns://db.lab?type=s3cret"), "dns from the configuration");
    assert_eq!(Dns::Url(Value::Env("X".into())).prepare(&MapEnv::default()).target, "dns from the variable X");
}

#[test]
fn records_are_compared_as_what_they_are() {
    let judge = |record: &str, expect: &[&str], least: &str, found: &[&str]| {
        let json = serde_json::json!({"name": "db", "type": record, "expect": expect, "min_answers": least});
        let found: Vec<String> = found.iter().map(|text| (*text).to_owned()).collect();
        wanted(json).unwrap().judge(&found).map_err(|mismatch| (mismatch.statement, mismatch.message))
    };
    assert_eq!(judge("A", &["10.0.0.1"], "1", &["10.0.0.2", "10.0.0.1"]), Ok(()));
    assert_eq!(judge("AAAA", &["FD00:0::1"], "1", &["fd00::1"]), Ok(()));
    assert_eq!(judge("NS", &["NS1.Example.com."], "1", &["ns1.example.com"]), Ok(()));
    assert_eq!(judge("MX", &[], "0", &[]), Ok(()));
    assert!(judge("TXT", &["Some Text"], "1", &["some text"]).is_err());
    assert_eq!(
        judge("A", &["10.0.0.9", "10.0.0.2"], "1", &["10.0.0.1", "10.0.0.2"]).unwrap_err(),
        (
            "the A records of db lack 10.0.0.9".to_owned(),
            "the A records of db lack 10.0.0.9; received: 10.0.0.1, 10.0.0.2".to_owned()
        )
    );
    for (least, found, statement, message) in [
        ("1", &[][..], "db has no MX record", "db has 0 MX records, expected at least 1"),
        ("3", &["10 a"], "db has fewer than 3 MX records", "db has 1 MX record, expected at least 3"),
    ] {
        let expected = (statement.to_owned(), message.to_owned());
        assert_eq!(judge("MX", &[], least, found).unwrap_err(), expected);
    }
}

/// The endpoint of the check is the name server: the line said that its address does not exist.
#[test]
fn a_failure_is_about_the_name_that_was_asked_for() {
    use crate::cause::Cause;
    use crate::outcome::{Fault, Phase};
    let wanted = wanted(serde_json::json!({"name": "db.example.com", "type": "AAAA", "server": "10.0.0.53"})).unwrap();
    for (cause, statement) in [
        (Cause::DnsNotFound, Some("the name db.example.com does not exist")),
        (Cause::DnsNoAddress, Some("db.example.com has no AAAA record")),
        (Cause::DnsTimeout, Some("no name server answered for db.example.com")),
        (Cause::LocalLimit, None),
    ] {
        assert_eq!(wanted.stating(Fault::new(Phase::Resolve, cause, "")).statement.as_deref(), statement);
    }
}
