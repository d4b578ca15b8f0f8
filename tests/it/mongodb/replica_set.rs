//! Replica sets: roles, members that this pod does not reach, and sets that are not what was asked for.

use bson::rawdoc;

use super::{check, check_keys, failed, passed, warnings};
use crate::support::dead_port;
use crate::support::mongodb::scripted::{Script, Scripted, member};
use crate::support::mongodb::{Options, Server};

/// A set of three: the first is the primary.
fn set() -> (Vec<Scripted>, Vec<String>) {
    let members: Vec<Scripted> = (0..3).map(|_| Scripted::start(Script::default())).collect();
    let names: Vec<String> = members.iter().map(Scripted::address).collect();
    for (index, server) in members.iter().enumerate() {
        become_member(server, if index == 0 { "primary" } else { "secondary" }, Some(&names[0]), &names);
    }
    (members, names)
}

fn become_member(server: &Scripted, state: &str, primary: Option<&str>, names: &[String]) {
    let hosts: Vec<&str> = names.iter().map(String::as_str).collect();
    server.become_like(Script { hello: member(state, &server.address(), primary, &hosts), ..Script::default() });
}

fn url(host: &str, rest: &str) -> String {
    format!("mongodb://app:sesame@{host}/?authSource=admin{rest}")
}

/// How many logins a server has seen.
fn logins(server: &Scripted) -> usize {
    server.commands().iter().filter(|name| *name == "saslStart").count()
}

#[test]
fn the_login_is_made_at_the_member_with_the_role() {
    let (members, names) = set();
    let all = || members.iter().map(logins).collect::<Vec<_>>();
    for host in &names {
        let found = check(&url(host, ""));
        passed(&found);
        assert_eq!(
            (&found["facts"]["server_state"], &found["facts"]["replica_set"]),
            (&"primary".into(), &"rs0".into())
        );
    }
    assert_eq!(all(), [3, 0, 0]);
    passed(&check(&url(&names[1], "&replicaSet=rs0&readPreference=secondary")));
    passed(&check(&url(&names[0], "&readPreference=secondary")));
    assert_eq!(all(), [3, 2, 0], "the first of the others");
    let direct = check(&url(&names[2], "&directConnection=true"));
    passed(&direct);
    assert_eq!(direct["facts"]["server_state"], "secondary");
    assert_eq!(all(), [3, 2, 1]);
    // The other members got a hello, and nothing else.
    let others: Vec<String> = members[2].commands().into_iter().filter(|name| name != "hello").collect();
    assert_eq!(others, ["saslStart", "saslContinue", "ping", "buildInfo"]);
}

#[test]
fn the_role_that_a_server_must_have() {
    let (_members, names) = set();
    let keys =
        |host: &str, rest: &str| check_keys(&format!("{{url: '{}'{rest}}}", url(host, "&directConnection=true")));
    failed(&keys(&names[1], ", role: primary"), "assert", "read_only", "directConnection");
    failed(&keys(&names[0], ", role: secondary"), "assert", "query_failed", "secondary");
    passed(&keys(&names[1], ", role: secondary"));
    passed(&keys(&names[0], ", role: primary"));
}

#[test]
fn a_set_without_a_primary() {
    let (members, names) = set();
    for server in &members[1..] {
        become_member(server, "secondary", None, &names);
    }
    let mut seeds = names.clone();
    seeds[0] = format!("127.0.0.1:{}", dead_port());
    for server in &members[1..] {
        become_member(server, "secondary", None, &seeds);
    }
    let message = failed(&check(&url(&names[1], "")), "assert", "not_enough_replicas", "rs.status()");
    assert!(message.starts_with("the replica set rs0 has no primary: "), "{message}");
    assert!(message.contains(&format!("{} is a secondary", names[2])) && message.contains("refused"), "{message}");
    // An app that reads from secondaries works on.
    let any = check(&url(&names[1], "&readPreference=secondaryPreferred"));
    assert_eq!((&any["result"], &any["degraded"]), (&"pass".into(), &true.into()), "{any:#}");
    assert!(warnings(&any).contains("cannot be reached"), "{any:#}");
}

#[test]
fn a_primary_that_this_pod_does_not_reach() {
    let (members, names) = set();
    let gone = format!("127.0.0.1:{}", dead_port());
    let announced = vec![gone.clone(), names[1].clone()];
    become_member(&members[1], "secondary", Some(&gone), &announced);
    let message = failed(&check(&url(&names[1], "")), "assert", "advertised_unreachable", "localhost");
    assert!(message.contains(&gone) && message.contains("refused"), "{message}");
    // The seed is the primary itself, which announces another name.
    let hosts: Vec<&str> = announced.iter().map(String::as_str).collect();
    members[1].become_like(Script { hello: member("primary", &gone, Some(&gone), &hosts), ..Script::default() });
    for rest in ["&replicaSet=rs0", "&directConnection=false"] {
        failed(&check(&url(&names[1], rest)), "assert", "advertised_unreachable", "localhost");
    }
    passed(&check(&url(&names[1], "&directConnection=true")));
    // Java's driver stays with the one host of such a URL, most others do not.
    let unclear = check(&url(&names[1], ""));
    assert_eq!((&unclear["result"], &unclear["degraded"]), (&"pass".into(), &true.into()), "{unclear:#}");
    assert!(warnings(&unclear).contains("most drivers connect to it"), "{unclear:#}");
}

#[test]
fn a_secondary_that_is_down_is_a_warning() {
    let (members, names) = set();
    let hosts = vec![names[0].clone(), names[1].clone(), format!("127.0.0.1:{}", dead_port())];
    become_member(&members[0], "primary", Some(&names[0]), &hosts);
    let degraded = check(&url(&names[0], ""));
    assert_eq!((&degraded["result"], &degraded["degraded"]), (&"pass".into(), &true.into()), "{degraded:#}");
    assert!(warnings(&degraded).contains("members of the replica set cannot be reached"), "{degraded:#}");
    become_member(&members[1], "recovering", Some(&names[0]), &names);
    become_member(&members[0], "primary", Some(&names[0]), &names);
    let recovering = check(&url(&names[0], ""));
    assert!(warnings(&recovering).contains("is neither primary nor secondary"), "{recovering:#}");
}

#[test]
fn sets_that_are_not_what_was_asked_for() {
    let (members, names) = set();
    let message = failed(&check(&url(&names[0], "&replicaSet=rs1")), "assert", "not_found_on_server", "rs.conf()");
    assert_eq!(message, "the server belongs to the replica set rs0, not to rs1");
    let odd = &members[2];
    let with = |hello, rest: &str| {
        odd.become_like(Script { hello, ..Script::default() });
        check(&url(&names[2], rest))
    };
    let alone = || rawdoc! { "isWritablePrimary": true };
    let mongos = || rawdoc! { "isWritablePrimary": true, "msg": "isdbgrid" };
    failed(&with(alone(), "&replicaSet=rs0"), "assert", "not_found_on_server", "rs.initiate()");
    failed(&with(mongos(), "&replicaSet=rs0"), "assert", "not_found_on_server", "sharded");
    let router = with(mongos(), "");
    passed(&router);
    assert_eq!(router["facts"]["server_state"], "mongos");
    failed(&with(rawdoc! { "isreplicaset": true }, ""), "assert", "not_enough_replicas", "rs.initiate()");
    failed(&with(alone(), "&readPreference=secondary"), "assert", "query_failed", "role: any");
    let arbiter = member("arbiter", &names[2], Some(&names[0]), &[&names[0], &names[1]]);
    failed(&with(arbiter.clone(), "&directConnection=true"), "assert", "query_failed", "holds data");
    passed(&with(arbiter, ""));
    let recovering = member("", &names[2], None, &[]);
    failed(&with(recovering, "&directConnection=true"), "login", "starting_up", "STARTUP2");
}

#[test]
fn the_one_member_of_a_real_set() {
    let server = Server::start(&Options { set: "rs0", ..Options::default() });
    let found = check(&server.url("app:sesame@", "/admin?replicaSet=rs0"));
    assert_eq!(found["facts"]["replica_set"], "rs0", "{found:#}");
    passed(&found);
    failed(&check(&server.url("app:sesame@", "/admin?replicaSet=rs1")), "assert", "not_found_on_server", "");
}
