use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ProbeQuery, Question, RouteResponse, Surface, answer};
use crate::cause::Cause;
use crate::metrics::Process;
use crate::outcome::{Outcome, Phase};
use crate::serve::access::Access;
use crate::state::{CheckView, Snapshot};
use crate::testing::{NONE, READY, fail, pass, snapshot, view};
use crate::verdict::Verdict::{Down, Up};

const STRANGER: Access = Access { detail: false, names: true, guarded: true };
const FRIEND: Access = Access { detail: true, names: true, guarded: true };
const WITHOUT_TOKEN: Access = Access { detail: false, names: false, guarded: false };

fn state() -> Arc<Snapshot> {
    let mut refused = fail(Phase::Connect, Cause::ConnectRefused);
    refused.evidence.facts.excerpt = Some("EXCERPT".into());
    let database = view("database", READY, Down, Some(refused));
    Arc::new(snapshot(vec![view("cache", NONE, Up, Some(pass())), database]))
}

fn well() -> Arc<Snapshot> {
    Arc::new(snapshot(vec![view("cache", READY, Up, Some(pass()))]))
}

fn asked(snapshot: &Arc<Snapshot>, method: &str, target: &str, access: Access) -> RouteResponse {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let question = Question { method, path, query, wants_page: false, surface: Surface::Everything, access };
    answer(&question, snapshot, Instant::now(), Process::default)
}

fn got(snapshot: &Arc<Snapshot>, target: &str, access: Access) -> (u16, String) {
    let answer = asked(snapshot, "GET", target, access);
    (answer.status.as_u16(), answer.body.into_text())
}

#[test]
fn probes_say_ok_or_what_failed() {
    for (target, status, body) in [
        ("/livez", 200, "ok"),
        ("/livez/", 200, "ok"),
        ("/healthz", 200, "ok"),
        ("/startupz", 200, "ok"),
        ("/readyz", 503, "[-]database failed: reason withheld\nreadyz check failed\n"),
        ("/readyz/cache", 200, "ok"),
        ("/readyz/database", 503, "[-]database failed: reason withheld\nreadyz check failed\n"),
        ("/readyz?verbose", 503, "[-]database failed: reason withheld\nreadyz check failed\n"),
        ("/readyz?exclude=database", 200, "ok"),
        ("/readyz?verbose=1&exclude=data%62ase", 200, "[+]database excluded: ok\nreadyz check passed\n"),
        ("/healthz?verbose", 200, "[+]heartbeat ok\nhealthz check passed\n"),
        ("/readyz/cache?verbose", 200, "[+]cache ok\nreadyz check passed\n"),
        ("/readyz/nope", 404, "there is no check \"nope\"; there are: cache, database\n"),
    ] {
        assert_eq!(got(&state(), target, STRANGER), (status, body.to_owned()), "{target}");
    }
    let detailed = "[-]database failed: connect_refused: seen. Fix: do this\nreadyz check failed\n";
    assert_eq!(got(&state(), "/readyz", FRIEND), (503, detailed.to_owned()));
}

#[test]
fn the_token_guards_all_but_the_bare_probes() {
    for target in ["/metrics", "/status", "/readyz?verbose", "/livez?verbose", "/readyz/cache?verbose"] {
        let answer = asked(&state(), "GET", target, WITHOUT_TOKEN);
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{target}");
        assert_eq!(answer.extra.map(|(name, _)| name.to_string()), Some("www-authenticate".to_owned()));
        assert!(!answer.body.into_text().contains("database"), "{target}");
    }
    assert_eq!(got(&state(), "/livez", WITHOUT_TOKEN), (200, "ok".to_owned()));
    assert_eq!(got(&state(), "/readyz", WITHOUT_TOKEN), (503, "readyz check failed\n".to_owned()));
    let (status, body) = got(&state(), "/readyz/nope", WITHOUT_TOKEN);
    assert_eq!((status, &*body), (404, "there is no check \"nope\"\n"));
}

#[test]
fn unknown_paths_and_other_methods_are_told_what_there_is() {
    for target in ["/", "/nope"] {
        let body = got(&state(), target, STRANGER).1;
        for path in ["/livez", "/healthz", "/startupz", "/readyz", "/readyz/NAME", "/metrics", "/status", "?exclude="] {
            assert!(body.contains(path), "{target}: {path}");
        }
    }
    assert_eq!(got(&state(), "/nope", STRANGER).0, 404);
    assert_eq!(got(&state(), "/readyz/a/b", STRANGER).0, 404);
    assert_eq!(got(&state(), "*", STRANGER).0, 404);
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "get"] {
        let answer = asked(&state(), method, "/readyz", STRANGER);
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(answer.extra.map(|(_, value)| value), Some("GET, HEAD"));
        assert!(answer.body.into_text().contains("/readyz"));
    }
    assert_eq!(asked(&state(), "HEAD", "/livez", STRANGER).status, StatusCode::OK);
}

#[test]
fn the_probe_listener_knows_the_probe_paths_alone() {
    for (path, status) in [("/livez", 200), ("/readyz", 503), ("/", 200), ("/metrics", 404), ("/status", 404)] {
        let question =
            Question { method: "GET", path, query: None, wants_page: true, surface: Surface::Probes, access: FRIEND };
        let answer = answer(&question, &state(), Instant::now(), Process::default);
        assert_eq!(answer.status.as_u16(), status, "{path}");
        assert!(!answer.body.into_text().contains("/metrics"), "{path}");
    }
}

#[test]
fn a_query_is_read_within_bounds() {
    let read = |query: &str| ProbeQuery::read(query);
    assert_eq!(read(""), ProbeQuery::default());
    assert_eq!(read("x&y=1&&=&verbosely"), ProbeQuery::default());
    assert_eq!(read("exclude=a&exclude=b&exclude=").exclude, ["a", "b"]);
    assert_eq!(read("exclude=%zz").exclude, ["%zz"], "broken encoding stays as it is");
    assert_eq!(read(&"exclude=a&".repeat(10_000)).exclude.len(), 256);
}

fn status(snapshot: &Arc<Snapshot>, access: Access) -> (u16, Value) {
    let answer = asked(snapshot, "GET", "/status", access);
    assert_eq!(answer.media_type, "application/health+json");
    (answer.status.as_u16(), serde_json::from_str(&answer.body.into_text()).unwrap())
}

#[test]
fn status_for_strangers_is_names_and_verdicts() {
    let expected = json!({
        "status": "fail", "version": "1", "releaseId": env!("CARGO_PKG_VERSION"),
        "gates": {"live": true, "ready": false, "startup": true},
        "checks": {
            "cache": [{"status": "pass", "verdict": "up"}],
            "database": [{"status": "fail", "verdict": "down"}],
        },
    });
    assert_eq!(status(&state(), STRANGER), (503, expected));
}

#[test]
fn status_for_friends_has_the_outcome_under_its_own_keys_and_no_excerpt() {
    let (_, shown) = status(&state(), FRIEND);
    let database = &shown["checks"]["database"][0];
    assert_eq!(database["gates"], json!(["ready"]));
    assert_eq!(database["since"], "2026-11-20T09:00:00Z");
    assert_eq!(database["output"], "connect_refused: seen. Fix: do this");
    assert_eq!(database["failure"]["cause"], "connect_refused");
    assert_eq!((&database["name"], &database["result"]), (&json!("database"), &json!("fail")));
    assert!(!shown.to_string().contains("EXCERPT"));
    assert_eq!(shown["checks"]["cache"][0]["failure"], Value::Null);
    assert_eq!(shown["config"]["last_reload_successful"], true);
}

#[test]
fn status_before_the_first_run_and_while_something_is_amiss() {
    let new = Arc::new(snapshot(vec![view("new", NONE, crate::verdict::Verdict::Unknown, None)]));
    let (code, shown) = status(&new, FRIEND);
    let entry = &shown["checks"]["new"][0];
    assert_eq!((code, &shown["status"], &entry["status"]), (200, &json!("warn"), &json!("warn")));
    assert_eq!(
        (&entry["name"], &entry["target"], &entry["result"]),
        (&json!("new"), &json!("tcp://db:5432"), &Value::Null)
    );
    let degraded = CheckView { degraded: true, ..view("a", READY, Up, Some(Outcome { degraded: true, ..pass() })) };
    assert_eq!(status(&Arc::new(snapshot(vec![degraded])), STRANGER).1["status"], "warn");
    let (code, shown) = status(&well(), STRANGER);
    assert_eq!((code, &shown["status"]), (200, &json!("pass")));
    let stopping = Arc::new(Snapshot { shutting_down: true, ..(*well()).clone() });
    assert_eq!(status(&stopping, STRANGER).1["notes"], json!(["shutting down"]));
}

#[test]
fn metrics_have_their_media_type() {
    let answer = asked(&state(), "GET", "/metrics", STRANGER);
    assert_eq!(answer.media_type, "text/plain; version=0.0.4; charset=utf-8");
    assert!(answer.body.into_text().contains("pilotfish_gate{gate=\"ready\"} 0\n"));
}
