//! Documents as real programs answer them, and what is to be read out of each.

mod products;

use super::judge;
use crate::check::peer::document;
use crate::check::peer::reading::{Reading, Unreadable};
use crate::check::words::Tone;

/// `good`, `warn: …`, `bad: …`, `silent`, or why it is unreadable.
fn reading(media_type: &str, body: impl AsRef<[u8]>) -> String {
    let unreadable = |why: &Unreadable| match why {
        Unreadable::Word(place) => format!("unknown word: {place}"),
        Unreadable::Binary => "binary".to_owned(),
        Unreadable::Page => "page".to_owned(),
        Unreadable::Markup => "xml".to_owned(),
        Unreadable::NoJson => "no json".to_owned(),
        Unreadable::TooLarge => "large".to_owned(),
        Unreadable::Packed(_) | Unreadable::Stream => "of the head".to_owned(),
    };
    let body = body.as_ref();
    match judge(media_type, body, document::read(body)) {
        Reading::Health(health) => match (health.tone, health.unknown()) {
            (Tone::Good, Some(place)) => format!("unknown word: {place}"),
            (Tone::Good, None) => "good".to_owned(),
            (Tone::Warn, _) => format!("warn: {}", health.as_message()),
            (Tone::Bad, _) => format!("bad: {}", health.as_message()),
        },
        Reading::Silent => "silent".to_owned(),
        Reading::Unreadable(why) => unreadable(&why),
    }
}

fn table(rows: &[(&str, &str)]) {
    for (body, expected) in rows {
        assert_eq!(reading("application/json", body), *expected, "{body}");
    }
}

#[test]
fn health_json() {
    table(&[
        (r#"{"status":"pass"}"#, "good"),
        (
            r#"{"status":"PASS","version":"1","checks":{"db:connections":[{"componentId":"a","status":"pass"}]}}"#,
            "good",
        ),
        (r#"{"status":"ok"}"#, "good"),
        (r#"{"status":"up"}"#, "good"),
        (r#"{"status":"warn"}"#, "warn: the peer reports: warn"),
        (
            r#"{"status":"warn","checks":{"disk:utilization":[{"status":"warn"}]},"output":"x"}"#,
            "warn: disk:utilization: warn",
        ),
        (r#"{"status":"fail","output":"secret"}"#, "bad: the peer reports: fail"),
        (r#"{"status":"error"}"#, "bad: the peer reports: error"),
        (
            r#"{"status":"pass","checks":{"db:responseTime":[{"status":"pass"},{"status":"fail","output":"pw=x"}]}}"#,
            "bad: db:responseTime: fail",
        ),
        (
            r#"{"status":"fail","checks":{"a:b":[{"status":"fail"}],"c:d":[{"status":"down"}],"e:f":[{"status":"warn"}]}}"#,
            "bad: a:b: fail, c:d: down",
        ),
    ]);
}

#[test]
fn spring_actuator() {
    table(&[
        (r#"{"status":"UP","groups":["liveness","readiness"]}"#, "good"),
        (
            r#"{"status":"UP","components":{"db":{"status":"UP","details":{"database":"PostgreSQL","validationQuery":"isValid()"}},
            "diskSpace":{"status":"UP","details":{"total":1,"free":1,"threshold":1,"path":"/.","exists":false}},"ping":{"status":"UP"}}}"#,
            "good",
        ),
        (
            r#"{"status":"DOWN","components":{"db":{"status":"DOWN","details":{"error":"org.postgresql.util.PSQLException: FATAL"}},"ping":{"status":"UP"}}}"#,
            "bad: db: DOWN",
        ),
        (
            r#"{"status":"DOWN","components":{"db":{"status":"DOWN","components":{"main":{"status":"UP"},"audit":{"status":"DOWN"}}}}}"#,
            "bad: db.audit: DOWN",
        ),
        (
            r#"{"status":"OUT_OF_SERVICE","components":{"readinessState":{"status":"OUT_OF_SERVICE"}}}"#,
            "bad: readinessState: OUT_OF_SERVICE",
        ),
        (r#"{"status":"DOWN"}"#, "bad: the peer reports: DOWN"),
        // "UNKNOWN indicators are ignored" by the aggregate; where nothing else is known, nobody can tell.
        (r#"{"status":"UNKNOWN"}"#, "unknown word: status"),
        (r#"{"status":"UP","components":{"discoveryComposite":{"status":"UNKNOWN"}}}"#, "good"),
        // Spring Boot 2.0 and 1.x.
        (r#"{"status":"DOWN","details":{"rabbit":{"status":"DOWN","details":{"error":"x"}}}}"#, "bad: rabbit: DOWN"),
        (r#"{"status":"UP","redis":{"status":"UP","version":"7.0"},"configServer":{"status":"UP"}}"#, "good"),
        (
            r#"{"status":"UP","components":{"circuitBreakers":{"status":"UNKNOWN","details":{"a":{"status":"CIRCUIT_OPEN","details":{"state":"OPEN"}}}},
            "vault":{"status":"UP","details":{"standby":false,"sealed":false}}}}"#,
            "good",
        ),
    ]);
}

#[test]
fn asp_net() {
    for (body, expected) in [
        ("Healthy", "good"),
        ("Degraded", "warn: the peer reports: Degraded"),
        ("Unhealthy", "bad: the peer reports: Unhealthy"),
        ("Unhealthy\r\n", "bad: the peer reports: Unhealthy"),
    ] {
        assert_eq!(reading("text/plain", body), expected);
    }
    table(&[
        (r#""Unhealthy""#, "bad: the peer reports: Unhealthy"),
        (
            r#"{"status":"Healthy","totalDuration":"00:00:00.1","entries":{"npgsql":{"data":{"open":false},"duration":"00:00","status":"Healthy","tags":[]}}}"#,
            "good",
        ),
        (
            r#"{"status":"Unhealthy","entries":{"npgsql":{"data":{},"description":"Failed to connect","exception":"error","status":"Unhealthy","tags":["ready"]},
            "redis":{"data":{},"status":"Healthy"}}}"#,
            "bad: npgsql: Unhealthy",
        ),
        (
            r#"{"status":"Degraded","results":{"queue":{"status":"Degraded","description":"slow"}}}"#,
            "warn: queue: Degraded",
        ),
        (r#"{"status":"Unhealthy","results":[{"name":"db","status":"Unhealthy"}]}"#, "bad: db: Unhealthy"),
    ]);
}

#[test]
fn other_frameworks() {
    table(&[
        // MicroProfile.
        (
            r#"{"status":"DOWN","checks":[{"name":"Database","status":"DOWN","data":{"connection":"x"}},{"name":"Kafka","status":"UP"}]}"#,
            "bad: Database: DOWN",
        ),
        // Terminus tells it under `error` and under `details`.
        (
            r#"{"status":"error","info":{"redis":{"status":"up"}},"error":{"db":{"status":"down","message":"x"}},"details":{"redis":{"status":"up"},"db":{"status":"down","message":"x"}}}"#,
            "bad: db: down",
        ),
        (r#"{"cluster_name":"es","status":"red","timed_out":false}"#, "bad: the peer reports: red"),
        (r#"{"cluster_name":"es","status":"yellow"}"#, "warn: the peer reports: yellow"),
        (r#"[{"service":"a","healthy":true},{"service":"b","healthy":false}]"#, "bad: b.healthy: false"),
        (r#"{"healthy":false}"#, "bad: the peer reports: healthy: false"),
        (r#"{"ok":true}"#, "good"),
        (r#"{"success":true,"data":{"database":"down"}}"#, "bad: database: down"),
        ("true", "good"),
        ("false", "bad: the peer reports: false"),
    ]);
}

#[test]
fn a_part_that_is_down_is_named() {
    table(&[
        (r#"{"status":"healthy","database":"connected"}"#, "good"),
        (r#"{"status":"healthy","database":"disconnected"}"#, "bad: database: disconnected"),
        (r#"{"status":"unhealthy","database":"disconnected"}"#, "bad: database: disconnected"),
        (r#"{"database":"Not Connected"}"#, "bad: database: Not Connected"),
        (r#"{"status":"ok","database":"error: could not connect to 10.0.0.7 as app"}"#, "bad: database: error"),
        (r#"{"status":"ok","database":false}"#, "bad: database: false"),
        (r#"{"status":"ok","dbConnected":false}"#, "bad: dbConnected: false"),
        (r#"{"status":"ok","DBConnected":false}"#, "bad: DBConnected: false"),
        (r#"{"status":"ok","redis_ok":false}"#, "bad: redis_ok: false"),
        (r#"{"status":"ok","services":{"mailer":false,"queue":true}}"#, "bad: mailer: false"),
        (r#"{"status":"ok","dependencies":{"payments-api":"unreachable"}}"#, "bad: payments-api: unreachable"),
        (r#"{"status":"ok","payments-api":"unavailable"}"#, "bad: payments-api: unavailable"),
        (r#"{"status":"ok","database":{"status":"down"}}"#, "bad: database: down"),
        (r#"{"status":"ok","database":{"connected":false}}"#, "bad: database.connected: false"),
        (
            r#"{"status":"ok","database":{"primary":"connected","replica":"disconnected"}}"#,
            "bad: database.replica: disconnected",
        ),
        (
            r#"{"status":"ok","database":{"status":"ok","replica":"disconnected"}}"#,
            "bad: database.replica: disconnected",
        ),
        (r#"{"status":{"database":"down"}}"#, "bad: database: down"),
        (
            r#"{"status":"ok","checks":{"a":"fail","b":"fail","c":"fail","d":"fail","e":"fail","f":"fail","g":"fail","h":"fail"}}"#,
            "bad: a: fail, b: fail, c: fail, d: fail, e: fail, f: fail, and 2 more",
        ),
    ]);
}

#[test]
fn a_warning_of_the_whole_outweighs_its_parts() {
    table(&[
        (r#"{"status":"degraded","cache":"down"}"#, "warn: cache: down"),
        (
            r#"{"status":"ok","components":{"search":{"status":"degraded","components":{"index":{"status":"down"}}}}}"#,
            "warn: search.index: down, search: degraded",
        ),
        (r#"{"status":"ok","cache":"degraded"}"#, "warn: cache: degraded"),
    ]);
}

#[test]
fn no_false_alarm() {
    for body in [
        r#"{"status":"ok","debug":false,"maintenance":false}"#,
        r#"{"status":"ok","maintenance_mode":"down"}"#,
        r#"{"status":"ok","version":"down-under"}"#,
        r#"{"status":"ok","version":"down"}"#,
        r#"{"status":"ok","log_level":"error","logLevel":"critical","logging":"error","log":{"level":"error"}}"#,
        r#"{"status":"ok","last_status":"down","previousState":"failed","lastBackup":{"status":"failed"}}"#,
        r#"{"status":"ok","last_backup_ok":false}"#,
        r#"{"status":"ok","on_failure":"fail","restartPolicy":"on-failure","default":"down"}"#,
        r#"{"status":"ok","config":{"database":false,"redis":"down"},"features":{"redis":false,"kafka":false}}"#,
        r#"{"status":"ok","cache":false,"mail":false,"queue":false,"signup":false,"sign_up":false,"update_available":false}"#,
        r#"{"status":"ok","error":null,"errors":[],"error_count":0,"error":false}"#,
        r#"{"status":"ok","message":"error","description":"down","note":"failed","reason":"timeout"}"#,
        r#"{"status":"ok","checks":{"maintenance":false}}"#,
        r#"{"status":"ok","leader":false,"standby":false,"sealed":false,"read_only":false,"isPrimary":false}"#,
        r#"{"status":"ok","circuit":"closed","state_machine":"stopped","worker":"disabled","queue":"empty"}"#,
        r#"{"status":"ok","mode":"offline","type":"error","env":"down"}"#,
        r#"{"status":"ok","hostname":"down","uptime":3,"timestamp":"2026-11-20T09:00:00Z"}"#.replace("\"down\"", "\"down.example\"").as_str(),
        r#"{"status":"ok","database":null,"redis":"","mysql":"unknown","pg":"disabled"}"#,
        r#"{"status":"ok","jobs":[{"id":1,"status":"failed"}],"history":[{"status":"down"}]}"#,
    ] {
        assert_eq!(reading("application/json", body), "good", "{body}");
    }
    table(&[
        (r#"{"name":"api","version":"1.2.3"}"#, "silent"),
        (r#"{"data":[{"id":1,"state":"failed"}]}"#, "silent"),
        ("{}", "silent"),
        ("[]", "silent"),
        ("0", "silent"),
        ("null", "silent"),
        (r#"{"status":200}"#, "good"),
        (r#"{"status":0,"message":"success"}"#, "silent"),
        ("pong", "silent"),
        ("", "silent"),
        ("{\"status\":\"down\"", "no json"),
        ("{'status': 'ok'}", "no json"),
        ("\u{feff}{\"status\":\"ok\"}", "good"),
        ("OK", "good"),
    ]);
}

#[test]
fn pages() {
    let spa =
        "<!DOCTYPE html><html><head><script type=\"module\" src=\"/a.js\"></script></head><div id=root></div></html>";
    assert_eq!(reading("text/html; charset=utf-8", spa), "page");
    assert_eq!(reading("", format!("\u{feff}\n{spa}")), "page");
    // Rails answers /up with a green page.
    let rails = "<!DOCTYPE html><html><body style=\"background-color: green\"></body></html>";
    assert_eq!(reading("text/html", rails), "silent");
    for (body, expected) in [
        ("<html><body>OK</body></html>", "good"),
        ("<html><body>\n<h1>Unhealthy</h1></body></html>", "bad: the peer reports: Unhealthy"),
        ("<html><head><title>Health</title></head><body><p>Up</p></body></html>", "silent"),
        (
            "<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>",
            "page",
        ),
        ("<html><head><title>Sign in</title></head><body><form></form></body></html>", "page"),
        ("<html", "silent"),
    ] {
        assert_eq!(reading("text/html", body), expected, "{body}");
    }
    assert_eq!((reading("text/plain", "{ready"), reading("", "{ready")), ("silent".to_owned(), "silent".to_owned()));
}

#[test]
fn whatever_comes_it_ends() {
    let deep = format!("{}1{}", "{\"checks\":".repeat(100), "}".repeat(100));
    assert_eq!(reading("application/json", &deep), "silent");
    let wide = format!("[{}1]", "{\"status\":\"down\"},".repeat(20_000));
    assert_eq!(reading("application/json", &wide), "large");
}

#[test]
fn a_word_that_means_down_in_any_spelling() {
    table(&[
        (r#"{"status":"KO"}"#, "bad: the peer reports: KO"),
        (r#"{"status":"NOK"}"#, "bad: the peer reports: NOK"),
        (r#"{"status":"stopped"}"#, "bad: the peer reports: stopped"),
        (r#"{"status":"notReady"}"#, "bad: the peer reports: notReady"),
        (r#"{"status":"NotReady"}"#, "bad: the peer reports: NotReady"),
        (r#"{"status":"not ready"}"#, "bad: the peer reports: not ready"),
        (r#"{"status":"NOT_READY"}"#, "bad: the peer reports: NOT_READY"),
        (r#"{"status":"UnHealthy"}"#, "bad: the peer reports: UnHealthy"),
        (r#"{"status":"outOfService"}"#, "bad: the peer reports: outOfService"),
        (r#"{"status":"failed to connect"}"#, "bad: the peer reports: failed to connect"),
        (r#"{"status":"Could not connect to db: timeout"}"#, "bad: the peer reports: Could not connect"),
        (r#"{"status":"The service is not healthy"}"#, "bad: the peer reports: not healthy"),
        (r#"{"status":"False"}"#, "bad: the peer reports: status: false"),
        (r#"{"status":false}"#, "bad: the peer reports: status: false"),
        (r#"{"Status":"no"}"#, "bad: the peer reports: Status: false"),
        (r#"{"status":"503"}"#, "bad: the peer reports: status: 503"),
        (r#"{"status":503,"database":"disconnected"}"#, "bad: database: disconnected"),
        (r#"{"healthy":"false"}"#, "bad: the peer reports: healthy: false"),
        (r#"{"isHealthy":"False"}"#, "bad: the peer reports: isHealthy: false"),
        (r#"{"healthy":0}"#, "bad: the peer reports: healthy: 0"),
        (r#"{"ready":"not ready"}"#, "bad: the peer reports: ready: not ready"),
        (r#"{"up":"down"}"#, "bad: the peer reports: up: down"),
        (r#"{"live":false}"#, "bad: the peer reports: live: false"),
        // etcd.
        (r#"{"health":"false","reason":"RAFT NO LEADER"}"#, "bad: the peer reports: health: false"),
        (r#"{"health":"true","reason":""}"#, "good"),
        // Patroni, Zammad, Consul's list of checks.
        (r#"{"state":"start failed","role":"replica"}"#, "bad: the peer reports: start failed"),
        (r#"{"state":"running","role":"master","timeline":1}"#, "good"),
        (
            r#"{"healthy":false,"message":"Channel: Email::Account out","issues":["x"],"actions":[]}"#,
            "bad: the peer reports: healthy: false",
        ),
        (
            r#"[{"Node":"a","CheckID":"service:redis","Name":"Redis check","Status":"critical","Output":"","ServiceName":"redis"}]"#,
            "bad: Redis check: critical",
        ),
        (r#"{"checks":{"db":"False","cache":"true"}}"#, "bad: db: false"),
        (r#"{"checks":{"db":"KO","cache":"OK"}}"#, "bad: db: KO"),
        (r#"{"checks":[{"name":"db","status":503},{"name":"cache","status":200}]}"#, "bad: db: 503"),
        (r#"{"status":"ok","database":"False"}"#, "bad: database: false"),
        (r#"{"status":"ok","database":"failed to connect"}"#, "bad: database: failed to connect"),
        (r#"{"status":"ok","kafka_status":"error"}"#, "bad: kafka_status: error"),
        (r#"{"status":"ok","stripe":"ok","openai":"error"}"#, "bad: openai: error"),
        (r#"{"postgres":"up","payments":"down"}"#, "bad: payments: down"),
        (r#""KO""#, "bad: the peer reports: KO"),
    ]);
    for (media_type, body, expected) in [
        ("text/plain", "KO", "bad: the peer reports: KO"),
        ("text/plain", "notReady\n", "bad: the peer reports: notReady"),
        ("text/plain", "Service is not ready", "bad: the peer reports: not ready"),
        ("text/plain", "False", "bad: the peer reports: false"),
        ("text/plain", "All systems operational", "good"),
        ("text/plain", "Prometheus Server is Healthy.", "silent"),
        ("application/json", "OK", "good"),
        ("application/xml", "<health><status>DOWN</status></health>", "bad: the peer reports: DOWN"),
        ("text/plain", "[+]ping ok\n[-]etcd failed: reason withheld\nreadyz check failed", "bad: etcd: failed"),
        ("text/plain", "[+]ping ok\n[+]log ok\nreadyz check passed", "good"),
    ] {
        assert_eq!(reading(media_type, body), expected, "{body}");
    }
}

#[test]
fn what_cannot_be_read_is_never_passed_over() {
    for body in [
        r#"{"status":"DB_MIGRATION_NEEDED"}"#,
        r#"{"status":"dbMigrationNeeded"}"#,
        r#"{"status":"WAITING_FOR_LICENSE","version":"1.2"}"#,
        r#"{"status":"RUNNING_READ_ONLY"}"#,
        r#"{"status":404}"#,
        r#"{"status":"2"}"#,
        r#"{"status":"en panne"}"#,
        r#"{"status":"ausgefallen","uptime":3}"#,
    ] {
        assert_eq!(reading("application/json", body), "unknown word: status", "{body}");
    }
    table(&[
        (r#"{"health":"OKTA_DEGRADED"}"#, "unknown word: health"),
        (r#"{"status":"ok","checks":[{"name":"db","status":"DB_MIGRATION_NEEDED"}]}"#, "unknown word: db"),
        (r#"{"status":"FANCY","database":"connected"}"#, "unknown word: status"),
        (r#"{"status":"FANCY","database":"disconnected"}"#, "bad: database: disconnected"),
        (r#"{"status":"ok","lag":NaN}"#, "no json"),
        ("{\"status\":\"ok\"}\n{\"status\":\"down\"}", "no json"),
        ("service busy", "no json"),
    ]);
    let utf16 = |text: &str, mark: &[u8]| {
        mark.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>()
    };
    for (media_type, body, expected) in [
        ("application/json", utf16(r#"{"status":"DOWN"}"#, b"\xff\xfe"), "binary"),
        ("application/json; charset=utf-16le", utf16(r#"{"status":"DOWN"}"#, b""), "binary"),
        ("text/plain; charset=utf-16", b"\xfe\xff\0D\0O\0W\0N".to_vec(), "binary"),
        ("application/json", b"\xff\xfe\0\0{\0\0\0}\0\0\0".to_vec(), "binary"),
        ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "binary"),
        ("application/json", b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), "binary"),
        ("application/grpc", b"\0\0\0\0\x02\x08\x02".to_vec(), "binary"),
        ("application/x-protobuf", b"\x08\x02".to_vec(), "binary"),
        ("text/plain; charset=iso-8859-1", b"cass\xe9".to_vec(), "silent"),
        ("text/plain", b"DB_MIGRATION_NEEDED".to_vec(), "unknown word: "),
        ("text/plain", b"Service Unavailable".to_vec(), "bad: the peer reports: Service Unavailable"),
        ("text/html", b"{'status': 'DOWN'}".to_vec(), "page"),
        ("text/plain", b"{'status': 'DOWN'}".to_vec(), "no json"),
        ("application/xml", b"<?xml version=\"1.0\"?><h><db>up</db><cache>down</cache></h>".to_vec(), "xml"),
    ] {
        assert_eq!(reading(media_type, &body), expected, "{media_type} {}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn a_word_counts_only_under_a_key_that_means_health() {
    for body in [
        r#"{"status":"ok","priority":"critical"}"#,
        r#"{"status":"ok","severity":"critical"}"#,
        r#"{"status":"ok","tier":"critical","importance":"critical","class":"critical"}"#,
        r#"{"status":"ok","serviceTier":"critical","business_criticality":"critical","impact":"error"}"#,
        r#"{"status":"UP","components":{"db":{"status":"UP","severity":"critical"},"cache":{"status":"UP","tier":"failed"}}}"#,
        r#"{"status":"ok","checks":[{"name":"db","status":"ok","severity":"critical","level":"error"}]}"#,
        r#"{"status":"ok","checks":{"db":"ok","priority":"critical"}}"#,
        r#"{"status":"ok","update":{"available":false}}"#,
        r#"{"status":"ok","updates":{"available":false,"latest":"1.2"}}"#,
        r#"{"status":"ok","latest":"1.2","available":false}"#,
        r#"{"status":"ok","newVersion":{"available":false}}"#,
        r#"{"status":"ok","release":{"ready":false},"upgrade":{"status":"failed"}}"#,
        r#"{"status":"ok","job":{"id":7,"status":"failed"}}"#,
        r#"{"status":"success","data":{"order":{"id":1,"status":"failed"}}}"#,
        r#"{"status":"ok","results":[{"id":1,"title":"buy milk","status":"failed"}]}"#,
        r#"{"status":"ok","order_status":"failed","lastDeployment":"failed","jobs":{"nightly":"failed"}}"#,
        r#"{"status":"ok","services":[{"id":1,"name":"haircut","price":20,"status":"unavailable"}]}"#,
        r#"{"status":"ok","error":"timeout","theme":"dead","shape":"broken"}"#,
        r#"{"status":"ok","trend":"down","arrow":"left"}"#,
        r#"{"status":"ok","connected":0,"ready":0,"available":0}"#,
        r#"{"status":"ok","user":{"name":"x","available":false}}"#,
        r#"{"success":true,"data":{"seats":{"available":false}}}"#,
    ] {
        assert_eq!(reading("application/json", body), "good", "{body}");
    }
    for body in [
        r#"[{"id":1,"title":"buy milk","status":"failed"}]"#,
        r#"[{"id":1,"title":"buy milk","status":"done"},{"id":2,"title":"run","status":"error"}]"#,
        r#"[{"name":"nightly","status":"failed"},{"name":"weekly","status":"success"}]"#,
        r#"{"count":1,"next":null,"results":[{"id":1,"status":"failed"}]}"#,
        r#"{"items":[{"sku":"x","available":false}]}"#,
        r#"{"id":1,"title":"buy milk","status":"failed"}"#,
        r#"{"id":1,"title":"buy milk","status":"open_for_review"}"#,
        r#"{"title":"Service Unavailable","status":503,"type":"about:blank"}"#,
        r#"{"username":"x","currentVersion":"1","available":false}"#,
        r#"{"priority":"critical"}"#,
        r#"{"theme":"down"}"#,
    ] {
        assert_eq!(reading("application/json", body), "silent", "{body}");
    }
}

#[test]
fn a_document_may_be_nested_deeply() {
    let nest = |inside: &str, depth: usize| format!("{}{inside}{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for depth in [100, 127, 128, 129, 500, 50_000] {
        let ok = format!(r#"{{"status":"ok","trace":{}}}"#, nest("1", depth));
        assert_eq!(reading("application/json", &ok), "good", "{depth}");
        let down = format!(r#"{{"trace":{},"status":"down"}}"#, nest("[1]", depth));
        assert_eq!(reading("application/json", &down), "bad: the peer reports: down", "{depth}");
    }
}

#[test]
fn what_wraps_a_status_is_about_the_whole() {
    table(&[
        (r#"{"health":{"status":"DOWN"}}"#, "bad: the peer reports: DOWN"),
        (r#"{"health":{"status":"UP"}}"#, "good"),
        (r#"{"data":{"healthy":false},"took":3}"#, "bad: the peer reports: healthy: false"),
        (r#"{"status":{"ok":false}}"#, "bad: the peer reports: ok: false"),
        (r#"{"success":true,"data":{"status":"down"}}"#, "bad: data: down"),
        (r#"{"status":"success","data":{"id":7,"status":"failed"}}"#, "good"),
        (r#"{"data":{"id":7,"title":"x","status":"failed"}}"#, "silent"),
    ]);
}

/// As their sources and documentation have it: GitLab, Harbor, Airflow, Kong, Redpanda, Grafana, Vault, Mattermost, Airbyte.
#[test]
fn servers_of_the_field() {
    for body in [
        r#"{"status":"ok","master_check":[{"status":"ok"}],"db_check":[{"status":"ok"}]}"#,
        r#"{"AndroidLatestVersion":"","status":"OK","database_status":"OK","filestore_status":"OK"}"#,
        r#"{"status":"healthy","components":[{"name":"redis","status":"healthy"},{"name":"trivy","status":"healthy"}]}"#,
        r#"{"metadatabase":{"status":"healthy"},"scheduler":{"status":"healthy"},"triggerer":{"status":null}}"#,
        r#"{"database":{"reachable":true},"memory":{"workers_lua_vms":[]},"server":{"connections_active":1}}"#,
        r#"{"is_healthy":true,"unhealthy_reasons":[],"nodes_down":[],"leaderless_partitions":[],"controller_id":0}"#,
        r#"{"commit":"x","database":"ok","version":"10"}"#,
        r#"{"status":"ok","components":{"batch":{"status":"IDLE"},"cron":{"status":"PAUSED"},"x":{"status":"N/A"}}}"#,
        r#"{"status":"ok","nodes":{"up":0,"total":0},"jobs":{"ok":0,"failed":0},"pool":{"alive":0,"idle":0}}"#,
        r#"{"status":"ok","services":{"email":"not configured","sms":"disabled","cache":"redis"}}"#,
        r#"{"status":"ok","error":"connection refused","db":{"status":"ok","last_failure":"timeout"}}"#,
    ] {
        assert_eq!(reading("application/json", body), "good", "{body}");
    }
    table(&[
        (r#"{"initialized":true,"sealed":false,"standby":false,"version":"1.15"}"#, "good"),
        (r#"{"up":0,"down":0}"#, "silent"),
        (r#"{"health":100,"mana":50}"#, "silent"),
        (r#"{"result":false}"#, "silent"),
        (r#"{"metadatabase":{"status":"unhealthy"},"scheduler":{"status":"healthy"}}"#, "bad: metadatabase: unhealthy"),
        (r#"{"database":{"reachable":false},"memory":{}}"#, "bad: database.reachable: false"),
        (r#"{"is_healthy":false,"unhealthy_reasons":["nodes_down"]}"#, "bad: the peer reports: is_healthy: false"),
        (
            r#"{"status":"unhealthy","components":[{"name":"redis","status":"unhealthy","error":"x"}]}"#,
            "bad: redis: unhealthy",
        ),
        (r#"{"status":"ok","services":[{"name":"db","status":"error"}]}"#, "bad: db: error"),
        (
            r#"{"components":[{"id":"1","name":"API","status":"major_outage","created_at":"2014"}]}"#,
            "bad: API: major_outage",
        ),
        (r#"{"unhealthy":true}"#, "bad: the peer reports: unhealthy: true"),
        (r#"{"status":"ok","degraded":true}"#, "warn: the peer reports: degraded: true"),
        (r#"{"isDatabaseUp":false}"#, "bad: isDatabaseUp: false"),
        (r#"{"status":"500 Internal Server Error"}"#, "bad: the peer reports: status: 500"),
        (r#"{"available":false}"#, "bad: the peer reports: available: false"),
    ]);
}

#[test]
fn what_else_names_a_part_that_is_down() {
    table(&[
        (r#"{"app":"down"}"#, "bad: app: down"),
        (r#"{"app":"stopped"}"#, "bad: app: stopped"),
        (r#"{"app":"up"}"#, "good"),
        (r#"{"data":{"status":"DOWN"}}"#, "bad: the peer reports: DOWN"),
        (r#"{"result":{"healthy":false}}"#, "bad: the peer reports: healthy: false"),
        (r#"{"checks":{"db":0}}"#, "bad: db: 0"),
        (r#"{"checks":{"db":"0"}}"#, "bad: db: 0"),
        (r#"{"checks":{"db":"1"}}"#, "good"),
        (r#"{"checks":{"db":1,"cache":0}}"#, "bad: cache: 0"),
        (r#"{"checks":{"db":1,"latency":0}}"#, "silent"),
        (r#"{"checks":{"db":12,"cache":0}}"#, "silent"),
        (r#"{"checks":{"errors":0,"failed":0}}"#, "silent"),
        (r#"{"unhealthy":["db"]}"#, "bad: db: unhealthy"),
        (r#"{"status":"ok","unhealthy":["db"]}"#, "bad: db: unhealthy"),
        (r#"{"status":"ok","unhealthy":[]}"#, "good"),
        (r#"{"healthy":["a"],"unhealthy":[]}"#, "silent"),
        (r#"{"failed":["db"]}"#, "bad: db: failed"),
        (r#"{"failed":["stripe"]}"#, "unknown word: failed"),
        (r#"{"failed_checks":["db"],"status":"ok"}"#, "bad: db: failed"),
        (r#"{"status":"ok","failing_services":[{"name":"smtp"}]}"#, "bad: smtp: failed"),
        (r#"{"status":"ok","failed_jobs":["db"]}"#, "good"),
        (r#"{"status":"ok","failed":["a.txt"]}"#, "good"),
        (r#"{"failures":{"db":"timeout"}}"#, "bad: db: failed"),
        (r#"{"failures":{}}"#, "silent"),
        (r#"{"errors":[]}"#, "silent"),
        (r#"{"error":"none"}"#, "silent"),
        (r#"{"error":"false","name":"api"}"#, "silent"),
        (r#"{"status":"ok","offline":["camera 1"],"disconnected":["client-7"]}"#, "good"),
        (r#"{"disconnected":["redis"]}"#, "bad: redis: disconnected"),
        (r#"{"errors":["db is down"]}"#, "unknown word: errors"),
        (r#"{"errors":[{"message":"x"}],"data":null}"#, "unknown word: errors"),
        (r#"{"status":"ok","errors":["x"]}"#, "good"),
        (r#"{"error":"database connection failed"}"#, "unknown word: error"),
        (r#"{"success":false}"#, "bad: the peer reports: success: false"),
        (r#"{"success":0}"#, "unknown word: success"),
        (r#"{"ready":"no"}"#, "bad: the peer reports: ready: false"),
        (r#"{"ready":0}"#, "unknown word: ready"),
        (r#"{"alive":0}"#, "bad: the peer reports: alive: 0"),
        (r#"{"alive":1}"#, "good"),
    ]);
}

#[test]
fn more_words_that_mean_down() {
    table(&[
        (r#"{"status":"SERVICE_UNAVAILABLE"}"#, "bad: the peer reports: SERVICE_UNAVAILABLE"),
        (r#"{"status":"Internal Server Error"}"#, "bad: the peer reports: Internal Server Error"),
        (r#"{"status":"Faulted"}"#, "bad: the peer reports: Faulted"),
        (r#"{"status":"inactive"}"#, "bad: the peer reports: inactive"),
        (r#"{"status":"refused"}"#, "bad: the peer reports: refused"),
        (r#"{"status":"exception"}"#, "bad: the peer reports: exception"),
        (r#"{"status":"not responding"}"#, "bad: the peer reports: not responding"),
        (r#"{"status":"temporarily unavailable"}"#, "bad: the peer reports: temporarily unavailable"),
        (r#"{"status":"uninitialized"}"#, "bad: the peer reports: uninitialized"),
        (r#"{"status":"down for maintenance"}"#, "bad: the peer reports: down"),
        (r#"{"status":"❌"}"#, "bad: the peer reports: ❌"),
        (r#"{"status":"✓"}"#, "good"),
        (r#"{"status":"up and running"}"#, "good"),
        (r#"{"status":"completed"}"#, "good"),
        (r#"{"status":"suspended"}"#, "unknown word: status"),
        (r#"{"status":"DEGRADED_DOWN"}"#, "unknown word: status"),
        (r#"{"status":"closed"}"#, "unknown word: status"),
    ]);
}

#[test]
fn work_that_is_stopped_and_what_is_beside_health_is_no_alarm() {
    for body in [
        r#"{"status":"ok","queues":{"mail":{"state":"stopped"}}}"#,
        r#"{"status":"ok","queue":{"state":"stopped"}}"#,
        r#"{"status":"ok","consumers":{"a":{"status":"stopped"}}}"#,
        r#"{"status":"ok","consumer":{"state":"stopped"}}"#,
        r#"{"status":"ok","circuitBreakers":{"db":{"state":"CLOSED"}}}"#,
        r#"{"status":"ok","circuitBreaker":{"state":"OPEN"}}"#,
        r#"{"status":"ok","circuit_breaker":"closed"}"#,
        r#"{"status":"ok","breakers":{"db":{"status":"CLOSED"}}}"#,
        r#"{"status":"ok","features":{"x":{"status":"stopped"}}}"#,
        r#"{"status":"ok","feature_x":{"enabled":false,"status":"off"}}"#,
        r#"{"status":"ok","maintenance":{"status":"inactive"}}"#,
        r#"{"status":"ok","maintenanceWindow":{"status":"closed"}}"#,
        r#"{"status":"ok","scheduler":{"state":"stopped"}}"#,
        r#"{"status":"ok","scheduler":{"status":"stopped"}}"#,
        r#"{"status":"ok","scheduler":"stopped"}"#,
        r#"{"status":"ok","scheduler":{"running":false}}"#,
        r#"{"status":"ok","scheduler":{"status":"paused"}}"#,
        r#"{"status":"ok","workers":{"w1":{"state":"stopped"}}}"#,
        r#"{"status":"ok","cron":{"status":"failed"}}"#,
        r#"{"status":"ok","thresholds":{"db":"critical"}}"#,
        r#"{"status":"ok","thresholds":{"db":{"status":"critical"}}}"#,
        r#"{"status":"ok","token":"expired"}"#,
        r#"{"status":"ok","token":{"valid":false,"status":"failed"}}"#,
        r#"{"status":"ok","token":"dead"}"#,
        r#"{"status":"ok","limits":{"x":{"status":"failed"}}}"#,
        r#"{"status":"ok","previous":{"status":"down"}}"#,
        r#"{"status":"ok","previous_status":"down"}"#,
        r#"{"status":"ok","last_incident":{"status":"down","severity":"critical"}}"#,
        r#"{"status":"ok","incidents":[{"status":"down"}]}"#,
        r#"{"status":"ok","incidents":[{"name":"x","status":"major_outage"}]}"#,
        r#"{"status":"ok","incident":{"status":"down"}}"#,
        r#"{"status":"ok","history":{"status":"down"}}"#,
        r#"{"status":"ok","config":{"status":"down"}}"#,
        r#"{"status":"ok","versions":{"a":"down"}}"#,
        r#"{"status":"ok","links":{"down":"/x"}}"#,
        r#"{"status":"ok","meta":{"status":"error"}}"#,
        r#"{"status":"ok","log_level":"error"}"#,
        r#"{"status":"ok","level":"critical"}"#,
        r#"{"status":"ok","severity":"critical"}"#,
        r#"{"status":"ok","lastError":null}"#,
        r#"{"status":"ok","lastError":"connection refused"}"#,
        r#"{"status":"ok","last_error":{"status":"failed"}}"#,
        r#"{"status":"ok","lastFailure":{"state":"failed"}}"#,
        r#"{"status":"ok","error_count":0}"#,
        r#"{"status":"ok","replication":{"state":"standby"}}"#,
        r#"{"status":"ok","replica":{"state":"standby"}}"#,
        r#"{"status":"ok","alerts":[{"state":"firing","severity":"critical"}]}"#,
        r#"{"status":"ok","alerts":{"state":"critical"}}"#,
        r#"{"status":"ok","examples":{"status":"down"}}"#,
        r#"{"status":"ok","expected":{"status":"down"}}"#,
        r#"{"status":"ok","ci":{"status":"failed"}}"#,
        r#"{"status":"ok","build":{"status":"failed"}}"#,
        r#"{"status":"ok","deployment":{"status":"failed"}}"#,
        r#"{"status":"ok","backup":{"status":"failed"}}"#,
        r#"{"status":"ok","last_backup":{"ok":false}}"#,
        r#"{"status":"ok","backup":"failed"}"#,
        r#"{"status":"ok","migration":{"status":"failed"}}"#,
        r#"{"status":"ok","migrations":"error"}"#,
        r#"{"status":"ok","leader":{"healthy":true},"session":{"active":false}}"#,
        r#"{"status":"ok","license":{"status":"expired"}}"#,
        r#"{"status":"ok","license":{"valid":false}}"#,
        r#"{"status":"ok","database":{"state":"standby"}}"#,
        r#"{"status":"ok","database":{"pool":{"idle":0,"active":0}}}"#,
        r#"{"status":"ok","dependencies":{"mail":{"status":"disabled"}}}"#,
        r#"{"status":"ok","dependencies":{"mail":"disabled","sms":"inactive"}}"#,
        r#"{"status":"ok","dependencies":{"mail":{"status":"inactive"}}}"#,
        r#"{"status":"ok","dependencies":{"cb":{"status":"closed"}}}"#,
        r#"{"status":"ok","components":{"cb":{"status":"CIRCUIT_CLOSED"}}}"#,
        r#"{"status":"ok","checks":{"maintenance":"off","debug":"disabled"}}"#,
        r#"{"status":"ok","checks":{"maintenance":{"status":"inactive"}}}"#,
        r#"{"status":"UP","details":{"db":{"status":"UP","details":{"error":null}}}}"#,
        r#"{"status":"ok","nodes":[{"name":"a","status":"down"}]}"#,
        r#"{"status":"ok","replicas":[{"name":"r1","status":"down"}]}"#,
        r#"{"status":"ok","clients":{"a":"offline"}}"#,
        r#"{"status":"ok","devices":[{"name":"x","status":"offline"}]}"#,
        r#"{"status":"ok","sensors":{"front_door":{"status":"offline"}}}"#,
        r#"{"status":"ok","printer":"offline"}"#,
        r#"{"status":"ok","player":"dead"}"#,
        r#"{"status":"ok","network":{"mode":"offline"}}"#,
        r#"{"status":"ok","errors":{}}"#,
        r#"{"data":{"health":"ok"},"errors":[]}"#,
        r#"{"status":"ok","website":"https://x"}"#,
        r#"{"app":{"name":"shop","status":"ok"},"system":{"memory":{"free":0}}}"#,
        r#"{"application":"billing","status":"UP"}"#,
    ] {
        assert_eq!(reading("application/json", body), "good", "{body}");
    }
    table(&[
        (r#"{"status":"ok","queues":{"mail":{"status":"down"}}}"#, "bad: queues.mail: down"),
        (r#"{"status":"ok","scheduler":{"status":"unhealthy"}}"#, "bad: scheduler: unhealthy"),
        (r#"{"status":"ok","replication":{"state":"stopped"}}"#, "bad: replication: stopped"),
        (r#"{"status":"ok","dependencies":{"mail":{"status":"stopped"}}}"#, "bad: mail: stopped"),
    ]);
}

#[test]
fn texts() {
    for (body, expected) in [
        ("database: down", "bad: database: down"),
        ("db=DOWN", "bad: db: DOWN"),
        ("db: ok\ncache: down", "bad: cache: down"),
        ("database: ok", "good"),
        ("status: ok\nversion: 1.2.3\nuptime: 3 days", "good"),
        ("redis=disconnected, db=connected", "bad: redis: disconnected"),
        ("Redis: PONG\nPostgres: FAILED", "bad: Postgres: FAILED"),
        ("Redis: PONG\nPostgres: OK", "good"),
        ("db unreachable", "bad: db: unreachable"),
        ("Database connection failed", "bad: Database: connection failed"),
        ("[-]etcd failed", "bad: etcd: failed"),
        ("healthy=false", "bad: the peer reports: healthy: false"),
        ("healthy=true", "good"),
        ("name: billing\nversion: 1\nlog_level: error", "silent"),
        ("# HELP up x\nup 1", "silent"),
        ("200 OK", "silent"),
        ("OK.", "good"),
        ("up and running", "good"),
        ("All systems go", "good"),
        ("I'm alive", "good"),
        ("healthy!", "good"),
        ("pong", "silent"),
        ("Healthy", "good"),
        ("Service is running", "good"),
        ("yes", "good"),
        ("✓", "good"),
        ("✅", "good"),
        ("alive", "good"),
        ("true", "good"),
        ("1", "silent"),
        ("success", "good"),
        ("Hello World", "silent"),
        ("Up and running!", "good"),
        ("It works!", "good"),
        ("Works", "good"),
        ("Server is up", "good"),
        ("API is up and running", "good"),
        ("API running", "good"),
        ("API is working", "good"),
        ("Server running on port 8000", "silent"),
        ("Backend is up and healthy", "good"),
        ("Welcome to the API", "silent"),
        ("Everything is fine", "good"),
        ("Everything's ok", "good"),
        ("Alive and kicking", "good"),
        ("Still alive", "good"),
        ("HEALTHY 200", "silent"),
        ("status ok", "good"),
        ("OK: 3 checks", "good"),
        ("OK - 12 ms", "good"),
        ("OK v1.2.3", "silent"),
        ("billing-api 1.2.3", "silent"),
        ("v1.2.3", "silent"),
        ("1.2.3", "silent"),
        ("I am healthy", "good"),
        ("hello", "silent"),
        ("test", "unknown word: "),
        ("Done", "good"),
        ("good", "good"),
        ("0", "silent"),
        (":)", "silent"),
        ("👍", "good"),
        ("no errors", "silent"),
        ("No problems found", "silent"),
        ("nothing to report", "unknown word: "),
        ("ok true", "silent"),
        ("All good", "good"),
        ("all good!", "good"),
        ("Alright", "good"),
        ("LGTM", "unknown word: "),
        ("online", "good"),
        ("2026-11-30T02:00:00Z", "silent"),
        ("GOOD", "good"),
        ("Imok", "silent"),
        ("Prometheus Server is Healthy.", "silent"),
        ("Prometheus Server is Ready.", "silent"),
        ("ready", "good"),
        ("Ready to serve", "good"),
        ("ready to accept connections", "good"),
        ("Nothing is down", "silent"),
        ("Not healthy", "bad: the peer reports: Not healthy"),
        ("Server is not up", "bad: the peer reports: not up"),
        ("not running", "bad: the peer reports: not running"),
        ("Service is down", "bad: the peer reports: down"),
        ("db down", "bad: db: down"),
        ("database down", "bad: database: down"),
        ("Unable to reach database", "bad: the peer reports: Unable to reach"),
        ("Service Unavailable", "bad: the peer reports: Service Unavailable"),
        ("SERVICE_UNAVAILABLE", "bad: the peer reports: SERVICE_UNAVAILABLE"),
        ("under maintenance", "warn: the peer reports: under maintenance"),
        ("WARN", "warn: the peer reports: WARN"),
        ("CRITICAL - db down", "bad: the peer reports: CRITICAL"),
        ("503", "unknown word: "),
        ("503 Service Unavailable", "bad: the peer reports: 503"),
        ("500", "unknown word: "),
        ("0 of 3 up", "silent"),
        ("ERROR", "bad: the peer reports: ERROR"),
        ("false", "bad: the peer reports: false"),
        ("no", "bad: the peer reports: false"),
        ("404 page not found", "unknown word: "),
        ("Not Found", "unknown word: "),
        ("unknown", "unknown word: "),
        ("starting", "warn: the peer reports: starting"),
        ("Starting up", "warn: the peer reports: Starting up"),
        ("warming up", "warn: the peer reports: warming up"),
        ("healthy but degraded", "unknown word: "),
        ("OK (db down)", "unknown word: "),
        ("❌", "bad: the peer reports: ❌"),
        ("Nothing is down, 0 errors", "silent"),
        ("Server up, waiting for database", "unknown word: "),
        ("Ingester not ready: waiting for 15s after being ready", "unknown word: "),
        ("all checks passed", "silent"),
        ("OK\nall checks passed", "good"),
        ("cache ok, db down", "bad: db: down"),
        ("app: DOWN", "bad: app: DOWN"),
        ("OK (0 failed)", "good"),
        ("ok, 3 up, 0 down", "good"),
        ("log_level: error", "silent"),
        ("Error: none", "silent"),
        ("Errors: 0", "silent"),
        ("OK, errors: 0", "good"),
        ("Server is running with no issues", "silent"),
        ("Last check: failed", "silent"),
        ("Uptime: 3 days, Status: OK", "good"),
        ("Uptime: 3 days, Status: KO", "bad: the peer reports: KO"),
        ("db down, no connection", "unknown word: "),
        ("512", "unknown word: "),
    ] {
        assert_eq!(reading("text/plain", body), expected, "{body}");
    }
}

#[test]
fn thousands_of_parts_that_are_down_take_time_that_grows_with_their_number() {
    let parts = |entry: &dyn Fn(usize) -> String| (0..9_900).map(entry).collect::<Vec<_>>().join(",");
    let few = |entry: &dyn Fn(usize) -> String| (0..3_300).map(entry).collect::<Vec<_>>().join(",");
    let id = |index: usize| index.wrapping_mul(2_654_435_761) % 0xffff_ffff;
    for body in [
        format!("{{\"status\":\"DOWN\",\"checks\":{{{}}}}}", parts(&|n| format!("\"db-{n}\":\"down\""))),
        format!(
            "{{\"status\":\"DOWN\",\"checks\":{{{}}}}}",
            parts(&|n| format!("\"{}{:08x}\":\"down\"", "a1b-".repeat(17), id(n)))
        ),
        format!("{{\"status\":\"warn\",\"checks\":{{{}}}}}", parts(&|n| format!("\"db-{n}\":false"))),
        format!("[{}]", few(&|n| format!("{{\"name\":\"q{n}\",\"status\":\"down\"}}"))),
        format!("{{{}}}", parts(&|n| format!("\"db_{n}\":\"disconnected\""))),
        format!("{{\"status\":\"DOWN\",\"checks\":{{{}}}}}", parts(&|_| "\"db\":\"down\"".to_owned())),
    ] {
        let started = crate::slices::cpu_time_of_this_thread();
        if let Reading::Health(health) = judge("application/json", body.as_bytes(), document::read(body.as_bytes())) {
            assert!(health.as_message().len() < 1024 && health.statement().len() < 200, "{}", &body[..80]);
        }
        let took = crate::slices::cpu_time_of_this_thread() - started;
        assert!(took < std::time::Duration::from_millis(2000), "{took:?}: {}", &body[..80]);
    }
}

#[test]
fn bad_news_behind_a_good_word_or_in_a_message_is_never_silent() {
    table(&[
        (r#"{"status":"ok (db down)"}"#, "unknown word: status"),
        (r#"{"status":"UP, but redis is unreachable"}"#, "unknown word: status"),
        (r#"{"status":"ok","message":"database connection failed"}"#, "good"),
        (r#"{"message":"database connection failed"}"#, "unknown word: message"),
        (r#"{"msg":"Redis is not reachable","code":7}"#, "unknown word: msg"),
        (r#"{"message":"Service is down"}"#, "unknown word: message"),
        // The healthy twins.
        (r#"{"status":"ok (no errors)"}"#, "good"),
        (r#"{"status":"OK - all systems operational"}"#, "good"),
        (r#"{"message":"Hello World"}"#, "silent"),
        (r#"{"message":"no errors"}"#, "silent"),
        (r#"{"message":"The API is running"}"#, "silent"),
        (r#"{"msg":"pong"}"#, "silent"),
    ]);
}

#[test]
fn a_part_that_is_told_twice_is_one_however_many_there_are() {
    let others = (0..100).map(|n| format!("\"db{n}\":\"down\"")).collect::<Vec<_>>().join(",");
    let twice = format!("{{\"status\":\"error\",\"error\":{{{others}}},\"details\":{{{others}}}}}");
    assert!(
        reading("application/json", &twice).ends_with("db5: down, and 94 more"),
        "{}",
        reading("application/json", &twice)
    );
    // Of two parts with one name, the one in an object that is only degraded is a warning, and the other is not.
    let mixed =
        r#"{"checks":{"a":{"status":"degraded","checks":{"x":"down"}},"b":{"status":"down","checks":{"x":"down"}}}}"#;
    assert!(
        reading("application/json", mixed).starts_with("bad: b.x: down")
            || reading("application/json", mixed).contains("x: down")
    );
}
