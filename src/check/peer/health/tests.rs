//! Documents as real programs answer them, and what is to be read out of each.

use super::{Reading, read};
use crate::check::words::Tone;

/// `good`, `warn: …`, `bad: …`, `silent`, `page`, `large`.
fn reading(media_type: &str, body: &str) -> String {
    match read(media_type, body.as_bytes()) {
        Reading::Health(health) => match health.tone {
            Tone::Good => "good".to_owned(),
            Tone::Warn => format!("warn: {}", health.in_words()),
            Tone::Bad => format!("bad: {}", health.in_words()),
        },
        Reading::Silent => "silent".to_owned(),
        Reading::Page => "page".to_owned(),
        Reading::NoJson => "no json".to_owned(),
        Reading::TooLarge => "large".to_owned(),
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
        (r#"{"status":"UNKNOWN"}"#, "silent"),
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
        (r#"{"status":200}"#, "silent"),
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
    assert_eq!(reading("", &format!("\u{feff}\n{spa}")), "page");
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
