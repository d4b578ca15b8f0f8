//! The `file` kind against real files: present, readable, young enough, with the right text and certificates that last.

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::support::ca::{Ca, DAY, Leaf};
use crate::support::{Folder, json, need, pilotfish, run};

/// The one check of a report of these keys.
fn check(keys: &str) -> Value {
    let folder = Folder::new();
    let config = folder.write("c.yaml", format!("checks: [{{name: secret, gates: [], file: {keys}}}]"));
    json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
}

#[track_caller]
fn failed(check: &Value, cause: &str, hint: &str) -> String {
    let failure = &check["failure"];
    assert_eq!((failure["phase"].as_str(), failure["cause"].as_str()), (Some("assert"), Some(cause)), "{check:#}");
    assert!(failure["hint"].as_str().is_some_and(|text| text.contains(hint)), "{hint:?} is not in the hint: {check:#}");
    failure["message"].as_str().expect("a message").to_owned()
}

#[test]
fn a_file_is_there_or_not() {
    let folder = Folder::new();
    let path = folder.write("token", "sesame");
    let good = check(&format!("{{path: {path}}}"));
    assert_eq!((good["result"].as_str(), good["target"].as_str()), (Some("pass"), Some(&*format!("file:{path}"))));
    for target in [format!("file:{path}"), format!("file://{path}")] {
        assert_eq!(run(pilotfish().args(["check", &target])).code, 0, "{target}");
    }
    failed(&check(&format!("{{path: {path}x}}")), "file_missing", "Mount the Secret");
    failed(&check(&format!("{{path: {path}/x}}")), "file_missing", "Mount the Secret");
    let message =
        failed(&check(&format!("{{path: {}}}", folder.path().display())), "file_invalid", "one file for each key");
    assert!(message.ends_with("not a regular file"), "{message}");
    // A FIFO would block whoever opens it.
    let fifo = folder.path().join("fifo");
    assert!(Command::new(need("mkfifo", "coreutils")).arg(&fifo).status().expect("mkfifo").success());
    failed(&check(&format!("{{path: {}}}", fifo.display())), "file_invalid", "");
}

/// A kubelet swaps a link when a Secret changes: what it leads to counts.
#[test]
fn a_mounted_secret_is_a_link() {
    let folder = Folder::new();
    let real = folder.write("..2026_data", "sesame");
    let link = folder.path().join("token");
    symlink(&real, &link).expect("a link");
    let keys = format!("{{path: {}, contains: sesame, max_age: 1h}}", link.display());
    assert_eq!(check(&keys)["result"], "pass");
    std::fs::remove_file(real).expect("it is there");
    failed(&check(&keys), "file_missing", "");
}

#[test]
fn a_file_that_this_user_may_not_read() {
    let folder = Folder::new();
    let path = folder.write("token", "sesame");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("it is ours");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    let config = folder.write("c.yaml", format!("checks: [{{name: secret, gates: [], file: {{path: {path}}}}}]"));
    let mut command = Command::new(need("setpriv", "util-linux"));
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    // Root may read everything, unless it gives that up.
    if is_root {
        command.args(["--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]);
    }
    command.args([crate::support::PILOTFISH, "check", "-o", "json", "-c", &config]);
    let ran = run(&mut command);
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    let message = failed(&report["checks"][0].take(), "file_invalid", "");
    assert!(message.contains("Permission denied"), "{message}");
}

#[test]
fn content_and_age() {
    let folder = Folder::new();
    let path = folder.write("settings", "mode = prod\npassword = hunter2\n");
    assert_eq!(check(&format!("{{path: {path}, contains: 'mode = prod'}}"))["result"], "pass");
    let other = check(&format!("{{path: {path}, contains: 'sesame-and-more'}}"));
    failed(&other, "file_invalid", "Compare the key of the Secret");
    let shown = other.to_string();
    assert!(!shown.contains("sesame") && !shown.contains("hunter"), "{shown}");
    assert_eq!(check(&format!("{{path: {path}, max_age: 1h}}"))["result"], "pass");
    let old = SystemTime::now() - Duration::from_secs(3 * 86_400);
    std::fs::File::options().write(true).open(&path).expect("it is ours").set_modified(old).expect("a time");
    let message = failed(&check(&format!("{{path: {path}, max_age: 2d}}")), "file_invalid", "subPath");
    assert!(message.contains("3d ago; at most 2d are allowed"), "{message}");
    assert_eq!(check(&format!("{{path: {path}, max_age: 4d}}"))["result"], "pass");
}

#[test]
fn only_the_start_of_a_large_file_is_read() {
    let folder = Folder::new();
    let path = folder.write("model", "needle".to_owned() + &"x".repeat(3 * 1024 * 1024) + "end");
    assert_eq!(check(&format!("{{path: {path}}}"))["result"], "pass");
    assert_eq!(check(&format!("{{path: {path}, contains: needle}}"))["result"], "pass");
    failed(&check(&format!("{{path: {path}, contains: xend}}")), "probe_limit", "");
    failed(&check(&format!("{{path: {path}, pem_min_days_valid: 1}}")), "probe_limit", "");
}

#[test]
fn every_certificate_must_last() {
    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let leaf = |until| root.issue(&Leaf { until, ..Leaf::server("db.lab", &["db.lab"]) }).cert;
    let (long, short) = (leaf(90 * DAY), leaf(5 * DAY + 3600));
    let ended = root.issue(&Leaf { from: -9 * DAY, until: -3 * DAY, ..Leaf::server("old.lab", &["old.lab"]) }).cert;
    let early = root.issue(&Leaf { from: DAY, until: 90 * DAY, ..Leaf::server("new.lab", &["new.lab"]) }).cert;
    let check = |text: &str, days: u32| {
        let path = folder.write("tls.crt", text);
        check(&format!("{{path: {path}, pem_min_days_valid: {days}}}"))
    };
    assert_eq!(check(&long, 30)["result"], "pass");
    assert_eq!(check(&format!("{long}{short}"), 5)["result"], "pass");
    let message = failed(&check(&format!("{long}{short}"), 6), "tls_expired", "cert-manager");
    assert!(message.contains("db.lab") && message.contains("at least 6 days are required"), "{message}");
    let message = failed(&check(&format!("{long}{ended}"), 0), "tls_expired", "cert-manager");
    assert!(message.contains("old.lab") && message.contains("expired 3 days ago"), "{message}");
    failed(&check(&early, 0), "file_invalid", "Compare the clock");
    failed(&check("no certificate", 0), "file_invalid", "");
    let damaged = long.replace("MII", "MIX");
    failed(&check(&damaged, 0), "file_invalid", "");
}
