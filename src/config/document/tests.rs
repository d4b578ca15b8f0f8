use std::time::Duration;

use crate::config::fault::Refused;
use crate::config::plan::{DEFAULT_LISTEN, Gates, MinPassing, Origin, Plan};
use crate::config::source;
use crate::env::MapEnv;
use crate::net::dial::{AddressPolicy, Require};
use crate::slices::{Slices, at_once};

const FILE: &str = "a.yaml";

fn env(text: &str) -> MapEnv {
    MapEnv::with_vars(&[("DATABASE_URL", "postgres://app@db:5432/app")]).with_file(FILE, text.as_bytes())
}

fn read(text: &str) -> Result<Plan, Refused> {
    at_once(source::reload(&Origin::Given(FILE.into()), &env(text), &mut Slices::unlimited()))
}

fn plan(text: &str) -> Plan {
    read(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// Every fault, without the file's name.
fn faults(text: &str) -> Vec<String> {
    let text = read(text).err().map(|refused| refused.to_string()).unwrap_or_default();
    text.lines().map(|line| line.trim_start_matches("a.yaml:").to_owned()).collect()
}

const WHOLE: &str = r#"
listen: "127.0.0.1:9810"
defaults: {interval: 20s, failure_threshold: 5, success_threshold: 2}
serve:
  detail: full
  tls: {cert: /etc/tls/tls.crt, key: {file: /etc/tls/tls.key}}
  bearer_token: {file: /etc/token}
  probe_listen: "0.0.0.0:9811"
  drain: 25s
  fail_ready_on_sigterm: true
checks:
  - name: database
    postgres: {url: {env: DATABASE_URL}}
    gates: [startup, ready]
  - name: cache
    tcp: {address: "cache:6379"}
    interval: 3s
    failure_threshold: 1
    gates: []
    addresses: ipv6-only
    connect_timeout: 1s
    require: each
    min_passing: "50%"
    ready_ignores: [dns_timeout]
    labels: {team: shop, tier: 1}
  - name: app
    tcp: {address: "localhost:3000"}
    gates: [live, ready]
"#;

#[test]
fn a_whole_document_becomes_a_plan() {
    let plan = plan(WHOLE);
    assert_eq!(plan.listen, "127.0.0.1:9810".parse().unwrap());
    assert!(plan.serve.full_detail && plan.serve.fail_ready_on_sigterm);
    assert_eq!(plan.serve.tls.as_ref().unwrap().key.to_str(), Some("/etc/tls/tls.key"));
    assert_eq!(plan.serve.drain, Duration::from_secs(25));
    let [database, cache, app] = plan.checks.as_slice() else { panic!() };
    assert_eq!((database.kind, database.interval), ("postgres", Duration::from_secs(20)));
    assert_eq!((database.timeout, database.failure_threshold), (Duration::from_secs(5), 5));
    assert_eq!(database.gates, Gates { startup: true, ready: true, live: false });
    assert_eq!((cache.interval, cache.timeout), (Duration::from_secs(3), Duration::from_secs(3)));
    assert_eq!((cache.failure_threshold, cache.success_threshold), (1, 2));
    assert_eq!(cache.gates, Gates::default());
    assert_eq!(cache.rules.addresses, AddressPolicy::Ipv6Only);
    assert_eq!(cache.rules.require, Require::Each);
    assert_eq!(cache.rules.connect_timeout, Some(Duration::from_secs(1)));
    assert_eq!(cache.min_passing, MinPassing::Percent(50));
    assert_eq!(cache.ready_ignores[0].slug(), "dns_timeout");
    assert_eq!(cache.labels, [("team".to_owned(), "shop".to_owned()), ("tier".to_owned(), "1".to_owned())]);
    assert!(app.gates.live && !app.gates.startup);
}

#[test]
fn defaults_are_those_of_the_contract() {
    let plan = plan("checks: [{name: a, tcp: {address: 'h:1'}}]\n");
    assert_eq!((plan.listen, plan.serve.drain), (DEFAULT_LISTEN, Duration::from_secs(5)));
    let none = self::plan("serve: {drain: 0s}\nchecks: [{name: a, tcp: {address: 'h:1'}}]\n");
    assert_eq!(none.serve.drain, Duration::ZERO);
    let check = &plan.checks[0];
    assert_eq!((check.interval, check.timeout), (Duration::from_secs(10), Duration::from_secs(5)));
    assert_eq!((check.failure_threshold, check.success_threshold), (3, 1));
    assert_eq!(check.gates, Gates { startup: true, ready: false, live: false });
    assert_eq!((check.rules.require, check.min_passing), (Require::Any, MinPassing::All));
}

#[test]
fn every_fault_at_once_with_place_and_remedy() {
    let text = r#"listen: s3cret
defaults: {interval: 99ms, timeuot: 3s}
server: {}
serve: {detail: s3cret, tls: {cert: /a}, bearer_token: "", drain: 1}
checks:
  - name: Ready!
    postgres: {sslmod: require, url: {env: DATABASE_URL}}
  - name: ready
    tcp: {address: "h:1"}
    interval: 2s
    timeout: 3s
    connect_timeout: 4s
    min_passing: 1
  - name: a
    sqlserver: {url: x}
    labels: {le: x, "a-b": y, c: {env: X}}
  - name: a
    tcp: {address: "h:1"}
    dns: {name: h}
    gates: [startup, redy]
    ready_ignores: [dns_timeuot]
    success_threshold: 0
    clients: [nod@20]
  - tpc: {address: "h:1"}
  - tcp: {address: "h:1"}
  - name: b
  - s3cret
"#;
    let expected = [
        r#"1:9: listen: expected an address and a port, such as "[::]:9809" or "127.0.0.1:9809""#,
        "2:22: defaults.interval: expected at least 100ms, to limit the load on the target",
        "2:28: defaults.timeuot: unknown key, did you mean timeout?",
        "3:1: server: unknown key, did you mean serve?",
        "4:17: serve.detail: expected one of full",
        "4:30: serve.tls: the key key is missing",
        "4:56: serve.bearer_token: an empty token protects nothing",
        "4:67: serve.drain: expected a duration such as 500ms, 3s or 1m30s",
        "6:11: checks[0].name: expected 1 to 63 lower-case letters, digits and dashes, no dash first or last",
        "7:16: checks[0].postgres.sslmod: unknown key, did you mean sslmode?",
        "8:11: checks[1].name: startup, ready and live are the names of the gates: use another name",
        "11:14: checks[1].timeout: longer than the interval (2s): use a shorter time, or a longer interval",
        "12:22: checks[1].connect_timeout: longer than the timeout (3s): use a shorter time, or a longer timeout",
        "13:18: checks[1].min_passing: min_passing requires `require: each`: add it",
        "15:5: checks[2].sqlserver: this version has no sqlserver check: test its port with tcp: {address: \"host:port\"}; the kinds are KINDS",
        "16:14: checks[2].labels.le: this label is reserved, like check, gates, kind, le, quantile and every name that starts with __",
        "16:21: checks[2].labels.a-b: expected a label name: letters, digits and _, no digit first",
        "16:34: checks[2].labels.c: expected a literal string, because metrics show it to everyone",
        "17:11: checks[3].name: checks[2] in line 14 already has this name",
        "19:5: checks[3]: a check has only one kind, and this one already has tcp: write two checks",
        "20:22: checks[3].gates[1]: expected one of startup, ready, live, did you mean ready?",
        "21:21: checks[3].ready_ignores[0]: unknown cause, did you mean dns_timeout?",
        "22:24: checks[3].success_threshold: expected a whole number, 1 or more",
        "24:5: checks[4].tpc: unknown key, did you mean tcp?",
        "25:5: checks[5]: the key name is missing",
        "26:5: checks[6]: the kind is missing: write one of KINDS",
        "27:5: checks[7]: expected a mapping with a name and a kind",
    ];
    let kinds: Vec<&str> = crate::check::KINDS.iter().map(|kind| kind.name).collect();
    let mut found = faults(text);
    let clients = found
        .iter()
        .position(|fault| fault.starts_with("23:15: checks[3].clients[0]: unknown runtime, did you mean node@20?"))
        .unwrap();
    found.remove(clients);
    let expected = expected.map(|fault| fault.replace("KINDS", &kinds.join(", ")));
    assert_eq!(found, expected);
}

/// A URL right behind the kind is the first thing that comes to mind.
#[test]
fn a_kind_without_keys_is_told_what_they_look_like() {
    for (written, like) in
        [("http: \"http://s3cret\"", "url: \"https://"), ("tcp:", "{address: \""), ("listen: [1]", "{port: ")]
    {
        let faults = faults(&format!("checks:\n  - name: a\n    {written}\n"));
        assert!(faults.len() == 1 && faults[0].contains(&format!("expected a mapping, such as {like}")), "{faults:?}");
        assert!(!faults[0].contains("s3cret"), "{faults:?}");
    }
}

#[test]
fn no_checks_is_a_fault_that_says_what_to_write() {
    for text in ["", "# nothing\n", "---\n", "checks: []\n", "checks:\n", "checks: 3\n", "listen: '[::]:1'\n", "{}\n"] {
        let faults = faults(text);
        assert_eq!(faults.len(), 1, "{text}: {faults:?}");
        assert!(faults[0].contains("checks: [{name: database"), "{text}: {faults:?}");
        assert!(faults[0].starts_with("1:"), "{text}: {faults:?}");
    }
    assert_eq!(faults("[]\n"), ["1:1: expected a mapping"]);
}

#[test]
fn yaml_faults_and_those_of_the_plan_come_together() {
    let text =
        "checks:\n  - name: &a x\n    tcp: {address: \"h:1\"}\n    nmae: y\n    interval: 1s\n    interval: 2s\n";
    let found = faults(text);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("2:11: checks[0].name: anchors"), "{found:?}");
    assert!(found[1].starts_with("4:5: checks[0].nmae: unknown key, did you mean name?"), "{found:?}");
    assert!(found[2].starts_with("6:5: checks[0].interval: duplicate key"), "{found:?}");
}

#[test]
fn what_starts_later_gates_no_start_and_what_is_outside_no_life() {
    let check = |rest: &str| format!("checks:\n  - name: a\n    {rest}\n");
    let inside = faults(&check("tcp: {address: \"localhost:3000\"}"));
    assert!(inside[0].starts_with("2:5: checks[0].gates: a server in this pod starts after the gate"), "{inside:?}");
    plan(&check("tcp: {address: \"[::1]:3000\"}\n    starts_before: true"));
    plan(&check("tcp: {address: \"127.0.0.1:3000\"}\n    gates: [ready]"));
    let outside = faults(&check("tcp: {address: \"db:5432\"}\n    gates: [live]"));
    assert!(outside[0].starts_with("4:12: checks[0].gates: live allows only targets in this pod"), "{outside:?}");
    let outside = faults(&check("dns: {name: db}\n    gates: [live]"));
    assert!(outside[0].contains("live allows only"), "{outside:?}");
}

/// What the one check gates, whether gates are withheld, and the warning.
fn gates_with(keys: &str, values: &[(&str, &str)]) -> Result<(Gates, bool, Vec<String>), String> {
    let env = MapEnv::with_vars(values)
        .with_file("/secret", b"postgres://app:pw@[::1]/app")
        .with_file(FILE, format!("checks: [{{name: a, {keys}}}]").as_bytes());
    let plan = at_once(source::reload(&Origin::Given(FILE.into()), &env, &mut Slices::unlimited()));
    plan.map(|plan| (plan.checks[0].gates, plan.checks[0].withheld, plan.warnings)).map_err(|faults| faults.to_string())
}

#[test]
fn a_value_that_leads_to_loopback_is_no_fault_of_the_file() {
    let local = &[("URL", "postgres://app:pw@127.0.0.1:5432/app"), ("HOST", "localhost"), ("AT", "127.0.0.1:6379")][..];
    for keys in [
        "postgres: {url: {env: URL}}, gates: [startup, ready]",
        "postgres: {url: {env: URL}}",
        "postgres: {url: {file: /secret}}, gates: [startup, ready]",
        "redis: {host: '${HOST}'}",
        "tcp: {address: {env: AT}}, gates: [startup, live]",
        "tcp: {address: '${HOST}:5432'}",
    ] {
        let (gates, withheld, warnings) = gates_with(keys, local).unwrap();
        assert!(gates == Gates::default() && withheld, "{keys}: {gates:?}");
        let [warning] = &warnings[..] else { panic!("{keys}: {warnings:?}") };
        for part in ["not gating: loopback", "starts_before: true", "gates: [ready]"] {
            assert!(warning.contains(part), "{keys}: {warning}");
        }
        assert!(!warning.contains("127.0.0.1") && !warning.contains("pw"), "{warning}");
    }
    // Each of the two choices, and what leads elsewhere, is silent.
    let remote = &[("URL", "postgres://app:pw@db:5432/app"), ("PW", "127.0.0.1")][..];
    for (keys, values) in [
        ("postgres: {url: {env: URL}}, starts_before: true", local),
        ("postgres: {url: {env: URL}}, gates: [ready]", local),
        ("postgres: {url: {env: URL}}, gates: []", local),
        ("postgres: {url: {env: URL}}, gates: [startup, ready]", remote),
        ("postgres: {host: db, user: app, password: {env: PW}}", remote),
    ] {
        let (_, withheld, warnings) = gates_with(keys, values).unwrap();
        assert!(!withheld && warnings.is_empty(), "{keys}: {warnings:?}");
    }
    // What the file itself says is its fault, wherever the other values come from.
    for keys in [
        "postgres: {url: 'postgres://app@localhost/app', password: {env: PW}}",
        "redis: {host: 127.0.0.1, password: {file: /none}}",
    ] {
        let faults = gates_with(keys, remote).unwrap_err();
        assert!(faults.contains("starts after the gate"), "{keys}: {faults}");
    }
}

#[test]
fn live_is_withheld_where_nobody_can_tell_what_is_dialled() {
    let plan = plan("checks: [{name: a, tcp: {address: {env: NOT_SET}}, gates: [live, ready]}]\n");
    assert_eq!(plan.checks[0].gates, Gates { startup: false, ready: true, live: false });
    assert!(plan.warnings[0].starts_with("checks[0].gates: live is ignored"), "{:?}", plan.warnings);
}

#[test]
fn what_a_key_does_beyond_asking_is_a_warning() {
    let plan = self::plan(
        "checks: [{name: a, amqp: {host: mq, queue: jobs}}, {name: b, amqp: {host: mq, vhost: shop}}, {name: c, tcp: {address: 'mq:1'}}]\n",
    );
    assert_eq!(plan.warnings.len(), 1, "{:?}", plan.warnings);
    assert!(plan.warnings[0].starts_with("checks[0].amqp.queue: "), "{:?}", plan.warnings);
}

#[test]
fn a_value_that_is_not_there_is_no_fault() {
    let plan = plan(
        "checks: [{name: a, postgres: {url: {env: NOPE}}}, {name: b, postgres: {url: '${NOPE}', password: {file: /nope}}}]\n",
    );
    assert_eq!(plan.checks.len(), 2);
}

#[test]
fn the_identity_tells_what_changed() {
    let one = plan(WHOLE);
    let same = plan(&format!("# a comment\n{WHOLE}"));
    let other = plan(&WHOLE.replace("failure_threshold: 1", "failure_threshold: 7"));
    let made_of_it = WHOLE.replace("gates: []", "gates: [ready]").replace("team: shop", "team: till");
    let made_of_it = plan(&made_of_it.replace("[dns_timeout]", "[timeout]"));
    let defaults = plan(&WHOLE.replace("interval: 20s", "interval: 21s"));
    let ids = |plan: &Plan| plan.checks.iter().map(|check| check.identity).collect::<Vec<_>>();
    assert_eq!(ids(&one), ids(&same));
    assert_eq!(ids(&one), ids(&made_of_it), "what is made of the results is no part of it");
    assert_eq!(ids(&one)[0], ids(&other)[0]);
    assert_ne!(ids(&one)[1], ids(&other)[1]);
    let kinds = |plan: &Plan| plan.checks.iter().map(|check| check.kind_identity).collect::<Vec<_>>();
    for same in [&same, &other, &made_of_it, &defaults] {
        assert_eq!(kinds(&one), kinds(same), "kind and keys are the same");
    }
    // The check that sets its own interval does not change with the default.
    assert_ne!(ids(&one)[0], ids(&defaults)[0]);
    assert_eq!(ids(&one)[1], ids(&defaults)[1]);
}
