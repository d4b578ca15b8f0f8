//! Findings of real servers wherever words are few: `/status`, the log, metrics, termination messages, `ask`, the short
//! reports; and `fail_on`.

use serde_json::Value;

use crate::support::ca::{Ca, DAY, Leaf};
use crate::support::nginx::Nginx;
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, dead_port, pilotfish, ran, run, until};

/// A server whose certificate ends in five days.
struct Shop {
    _nginx: Nginx,
    folder: Folder,
    check: String,
}

impl Shop {
    fn start() -> Self {
        let folder = Folder::new();
        let authority = Ca::root("Shop Root");
        let ca = folder.write("ca.crt", &authority.pem);
        let leaf = Leaf { from: -85 * DAY, until: 5 * DAY + 600, ..Leaf::server("shop", &["localhost"]) };
        let (_nginx, port) = Nginx::https(&authority.issue(&leaf), &[], "");
        let check = format!("{{name: shop, tls: {{address: \"localhost:{port}\", ca: \"{ca}\"}}, gates: [ready]");
        Self { _nginx, folder, check }
    }

    /// A configuration with that check, and more keys of it.
    fn yaml(&self, more: &str) -> String {
        format!("checks:\n  - {}, interval: 1s{more}}}\n", self.check)
    }

    fn file(&self, more: &str) -> String {
        self.folder.write("shop.yaml", self.yaml(more))
    }
}

fn runs(sidecar: &Sidecar) -> u32 {
    let metrics = sidecar.get("/metrics").body;
    let line = metrics.lines().find(|line| line.starts_with("pilotfish_check_runs_total{")).expect("it is counted");
    line.rsplit(' ').next().and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn what_passes_with_a_finding_says_so() {
    let shop = Shop::start();
    let sidecar = Sidecar::start(&shop.yaml(""));
    sidecar.until_status("/readyz", 200);
    let metrics = sidecar.get("/metrics").body;
    let series = r#"pilotfish_finding{check="shop",code="tls_expires_soon",severity="warning"} 1"#;
    assert!(metrics.lines().any(|line| line == series), "{metrics}");
    let status: Value = serde_json::from_str(&sidecar.get("/status").body).expect("it is JSON");
    let finding = &status["checks"]["shop"][0]["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&"tls_expires_soon".into(), &"warning".into()));
    assert!(finding["message"].as_str().is_some_and(|message| message.contains("5 days")), "{finding}");
    assert!(finding["fix"].as_str().is_some_and(|fix| fix.contains("renew")), "{finding}");
    let before = runs(&sidecar);
    until("three more runs ended", || runs(&sidecar) >= before + 3);
    let lines: Vec<String> = sidecar.log().into_iter().filter(|line| line.contains("\"check\":\"shop\"")).collect();
    let [line] = &lines[..] else { panic!("one line, not one for each run: {lines:#?}") };
    let line: Value = serde_json::from_str(line).expect("a line of the log is JSON");
    assert_eq!((&line["level"], &line["verdict"]), (&"WARN".into(), &"up".into()), "{line}");
    assert!(line["findings"].as_str().is_some_and(|text| text.starts_with("tls_expires_soon: ")), "{line}");
    let asked = ran(&["ask", "--url", &format!("http://{}", sidecar.address)]);
    assert_eq!((asked.code, asked.stdout.as_str()), (0, "ok\n"));

    let report = ran(&["check", "-c", &shop.file("")]);
    assert_eq!(report.code, 0, "{report:?}");
    assert!(report.stdout.contains("\n    warning tls_expires_soon: the certificate of CN=shop"), "{report:?}");
    let page = ran(&["diagnose", "-c", &shop.file("")]);
    assert_eq!(page.code, 0, "{page:?}");
    let head = "\nFindings\n  ~ warning tls_expires_soon\n    the certificate of CN=shop expires in 5 days";
    assert!(page.stdout.contains(head) && page.stdout.contains("    Fix: renew it now"), "{}", page.stdout);
}

#[test]
fn fail_on_makes_a_failure_of_it() {
    let shop = Shop::start();
    let fail_on = ", fail_on: [tls_expires_soon]";
    let log = shop.folder.write("termination", "");
    let ran = run(pilotfish().args(["check", "-c", &shop.file(fail_on), "-o", "json", "--termination-log", &log]));
    assert_eq!(ran.code, 1, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    let failure = &report["checks"][0]["failure"];
    assert_eq!((&failure["phase"], &failure["cause"]), (&"assert".into(), &"tls_expired".into()), "{failure}");
    assert!(failure["message"].as_str().is_some_and(|text| text.starts_with("tls_expires_soon: the ")));
    let message = std::fs::read_to_string(&log).expect("it was written");
    let lines: Vec<&str> = message.lines().collect();
    assert!(lines[0].starts_with("shop: tls_expired: the finding tls_expires_soon. Fix: renew it"), "{message}");
    assert!(lines[1].starts_with("shop: warning tls_expires_soon: renew it now"), "{message}");

    let sidecar = Sidecar::start(&shop.yaml(&format!("{fail_on}, failure_threshold: 1")));
    until("it is down", || {
        sidecar
            .get("/readyz?verbose")
            .body
            .contains("[-]shop failed: tls_expired: the finding tls_expires_soon. Fix: renew it")
    });
    assert_eq!(sidecar.status("/readyz"), 503);
    let misspelled = run(pilotfish().args(["config", "check", "-c", &shop.file(", fail_on: [certificate_expires]")]));
    assert!(misspelled.code == 2 && misspelled.stderr.contains("tls_expires_soon"), "{misspelled:?}");
}

#[test]
fn ask_and_the_log_name_fact_and_fix_in_words_that_stay() {
    let dead = dead_port();
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: api, tcp: {{address: \"localhost:{dead}\"}}, gates: [ready], interval: 1s}}\n"
    ));
    until("it was tried", || sidecar.get("/status").body.contains("localhost_in_pod"));
    let ask = || ran(&["ask", "api", "--url", &format!("http://{}", sidecar.address)]).stdout;
    let first = ask();
    let fact = format!("api: connect_refused: localhost:{dead} refused the connection. Fix: Use the Service name");
    assert!(first.starts_with(&fact) && first.len() <= 201, "{first}");
    let before = runs(&sidecar);
    until("two more runs ended", || runs(&sidecar) >= before + 2);
    assert_eq!(ask(), first, "each new text would be a new event");
    let line = sidecar.log().into_iter().find(|line| line.contains("\"cause\":\"connect_refused\""));
    let line: Value = serde_json::from_str(&line.expect("it was logged")).expect("a line of the log is JSON");
    assert_eq!(line["message"], first.trim_end(), "the same sentence");
    for key in ["check", "verdict", "phase", "hint", "observed"] {
        assert!(line[key].is_string(), "{key}: {line}");
    }
    assert!(line["findings"].as_str().is_some_and(|text| text.starts_with("localhost_in_pod: ")), "{line}");
    let refused = sidecar.log().iter().filter(|line| line.contains("connect_refused")).count();
    assert!(refused <= 2, "one line when it is first seen, one when it is down: {:#?}", sidecar.log());
}

/// A password whose Secret ends in a newline, put together into a URL: the fix is told once, and is about the newline.
#[test]
fn a_newline_in_a_part_of_a_url_is_told_once() {
    let url = "postgres://app:s3cret\n@127.0.0.1:1/app";
    for (command, times) in [("check", 1), ("diagnose", 1)] {
        let ran = run(pilotfish().args([command, "env:DATABASE_URL"]).env("DATABASE_URL", url));
        assert_eq!(ran.code, 1, "{ran:?}");
        let words = ran.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains("secret_whitespace") && words.contains("a newline at the end of its password"),
            "{words}"
        );
        assert_eq!(words.matches("printf %s instead of echo").count(), times, "{command}: {words}");
        assert!(!words.contains("%0A") && !words.contains("s3cret"), "{words}");
    }
}

/// A Secret is changed while the container runs: the mounted file has the new value, the variable the old one.
#[test]
fn a_variable_that_the_mounted_file_has_overtaken() {
    let folder = Folder::new();
    let file = folder.write("password", "hunter2");
    let rule = format!("{{name: DB_PASSWORD, equals: {{file: {file}}}}}");
    let yaml = format!(
        "listen: \"127.0.0.1:0\"\nchecks: [{{name: secret, env: {{variables: [{rule}]}}, gates: [], interval: 200ms}}]\n"
    );
    let mut command = pilotfish();
    command.env("DB_PASSWORD", "hunter2").args(["serve", "-c", &folder.write("c.yaml", yaml)]);
    let sidecar = Sidecar::spawn(command, Folder::new());
    let check = || {
        let status: Value = serde_json::from_str(&sidecar.get("/status").body).expect("it is JSON");
        status["checks"]["secret"][0].clone()
    };
    until("it is as it should be", || check()["verdict"] == "up");
    folder.write("password", "sesame");
    until("it is overtaken", || check()["findings"][0]["code"] == "secret_stale_env");
    let seen = check().to_string();
    assert!(seen.contains("restart the pod (kubectl rollout restart)"), "{seen}");
    assert!(!seen.contains("hunter2") && !seen.contains("sesame"), "{seen}");
}
