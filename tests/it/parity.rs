//! The kind `parity` against two web servers.

use serde_json::Value;

use crate::http::{check, only, verdict};
use crate::support::http::{HttpServer, page};
use crate::support::{Folder, dead_port, pilotfish, run};

/// A deployment that answers `/items` with this body, `/version` with a text, `/same` always alike.
fn deployment(status: u16, items: &'static str, cache: &'static str) -> HttpServer {
    HttpServer::start(move |asked| match asked.path().trim_start_matches("/base") {
        "/items" => page(status, &format!("Content-Type: application/json\r\nCache-Control: {cache}\r\n"), items),
        "/same" => page(200, "Content-Type: application/json\r\n", "{\"status\":\"ok\"}"),
        "/page" => page(200, "Content-Type: text/html\r\n", "<h1>hello</h1>"),
        _ => page(404, "", ""),
    })
}

const ITEMS: &str = r#"{"items":[{"id":1,"name":"s3cret-a","price":2.5}],"total":1,"at":"2026-11-30"}"#;

fn compared(left: &HttpServer, right: &HttpServer, keys: &str) -> Value {
    check("parity", &format!("left: \"{}\", right: \"{}\", {keys}", left.url(""), right.url("")))
}

#[test]
fn two_that_answer_alike_pass_in_silence() {
    let left = deployment(200, ITEMS, "no-store");
    let other =
        r#"{"at":"2026-12-01","total":2,"items":[{"price":3,"id":7,"name":"x"},{"id":8,"name":null,"price":1}]}"#;
    let right = deployment(200, other, "no-store");
    let report =
        compared(&left, &right, "requests: [/items, /same, /page], compare_headers: [content-type, cache-control]");
    assert_eq!(verdict(&report), "passed");
    let check = only(&report);
    assert_eq!(
        (check["degraded"].as_bool(), check["findings"].as_array().map(Vec::len)),
        (Some(false), Some(0)),
        "{check:#}"
    );
    assert_eq!((left.asked().len(), right.asked().len()), (3, 3));
    assert!(left.asked().iter().all(|asked| asked.line.starts_with("GET ")));
    let same = compared(&left, &left, "requests: [/items, /page], compare: values");
    assert_eq!(verdict(&same), "passed");
    let listed = compared(&left, &right, "requests: [/items], compare: values, ignore: [/at, /total, /items]");
    assert_eq!(verdict(&listed), "passed");
    // A path below the URL, and a status that both have and may have.
    let below =
        format!("left: \"{}/base/\", right: {{url: \"{}/base\"}}, requests: [/items]", left.url(""), right.url(""));
    assert_eq!(verdict(&check_keys(&below)), "passed");
    assert_eq!(verdict(&compared(&left, &right, "requests: [/gone], status: 404")), "passed");
}

fn check_keys(keys: &str) -> Value {
    check("parity", keys)
}

#[test]
fn each_difference_is_named_by_its_path() {
    let left = deployment(200, ITEMS, "no-store");
    let without = r#"{"items":[{"id":"1","name":"s3cret-b"}],"total":1,"at":"2026-11-30"}"#;
    let right = deployment(200, without, "max-age=60");
    let report = compared(&left, &right, "requests: [/items]");
    assert_eq!(
        verdict(&report),
        "assert parity_mismatch: GET /items: /items/*/price is missing on the right; GET /items: /items/*/id is a number on the \
         left and a text on the right"
    );
    let check = only(&report);
    assert_eq!(check["facts"]["differences"].as_array().map(Vec::len), Some(2), "{check:#}");
    assert!(check["failure"]["hint"].as_str().unwrap().contains("`ignore`"), "{check:#}");
    let values = compared(&left, &right, "requests: [/items], compare: values, ignore: [/items/*/id, /items/*/price]");
    assert_eq!(verdict(&values), "assert parity_mismatch: GET /items: /items/0/name is another text");
    assert!(!values.to_string().contains("s3cret"), "{values:#}");
    let headers = compared(&left, &right, "requests: [/items], compare_headers: [cache-control], ignore: [/items]");
    assert_eq!(
        verdict(&headers),
        "assert parity_mismatch: GET /items: header cache-control is \"no-store\" on the left and \"max-age=60\" on the right"
    );
    let more = deployment(200, r#"{"items":[],"total":3,"at":"2026-11-30"}"#, "no-store");
    let number = compared(&left, &more, "requests: [/items], compare: values, ignore: [/items]");
    assert_eq!(verdict(&number), "assert parity_mismatch: GET /items: /total is 1 on the left and 3 on the right");
}

#[test]
fn statuses_bodies_and_servers_that_are_not_there() {
    let left = deployment(200, ITEMS, "no-store");
    let broken = deployment(500, "{}", "no-store");
    let status = compared(&left, &broken, "requests: [/items]");
    assert_eq!(
        verdict(&status),
        "assert parity_mismatch: GET /items: the status is 200 on the left and 500 on the right"
    );
    let both = compared(&broken, &broken, "requests: [/items]");
    assert_eq!(verdict(&both), "assert http_status: GET /items: both answered 500, expected 200-399");
    let html = deployment(200, "<!doctype html>", "no-store");
    let page = compared(&left, &html, "requests: [/items]");
    assert_eq!(
        verdict(&page),
        "assert parity_mismatch: GET /items: the left answers with JSON, and the right with the body (15 bytes of application/json)"
    );
    let dead = dead_port();
    let gone =
        check_keys(&format!("left: \"{}\", right: \"http://127.0.0.1:{dead}\", requests: [/same]", left.url("")));
    assert!(verdict(&gone).starts_with("connect connect_refused: right: "), "{}", verdict(&gone));
    let large = HttpServer::always(200, "", &"[1]".repeat(100 * 1024));
    let too_large = compared(&large, &large, "requests: [/]");
    assert!(verdict(&too_large).contains("too_large: left: "), "{}", verdict(&too_large));
}

#[test]
fn it_gates_nothing_by_itself_and_its_keys_are_checked() {
    let folder = Folder::new();
    let of = |keys: &str| {
        let path = folder.write("c.yaml", format!("checks: [{{name: both, parity: {{{keys}}}}}]"));
        run(pilotfish().args(["config", "show", "-c", &path]))
    };
    let shown = of("left: \"http://a\", right: {env: RIGHT}, requests: [/x]");
    assert!(shown.stdout.contains("gates: []"), "{shown:?}");
    for (keys, says) in [
        ("left: \"http://a\", requests: [/x]", "the key right is missing"),
        ("left: \"http://a\", right: \"http://b\", requests: []", "name one to 16 paths"),
        ("left: \"http://a\", right: \"http://b\", requests: [x]", "requests[0]: expected a path that starts with /"),
        (
            "left: \"http://a\", right: {url: \"http://b\", method: POST}, requests: [/x]",
            "parity.right.method: unknown key",
        ),
        (
            "left: \"http://a\", right: \"http://b\", requests: [/x], ignore: [\"$.a[*]\"]",
            "ignore[0]: expected a JSON pointer",
        ),
        ("left: \"ftp://a\", right: \"http://b\", requests: [/x]", "parity.left.url: "),
    ] {
        let ran = of(keys);
        assert!(ran.code == 2 && format!("{}{}", ran.stdout, ran.stderr).contains(says), "{keys}: {ran:?}");
    }
}
