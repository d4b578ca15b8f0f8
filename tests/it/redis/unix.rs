//! Redis on a Unix socket.

use super::{check_keys, codes, failed, passed};
use crate::support::redis::{PASSWORD, Server};
use crate::support::{Folder, pilotfish, run};

#[test]
fn a_socket_is_named_in_every_way() {
    let folder = Folder::new();
    let path = folder.path().join("redis.sock").to_str().expect("the path is UTF-8").to_owned();
    let server = Server::with(&format!("requirepass {PASSWORD}\nunixsocket {path}\nuser app on >sesame ~* +@all"));
    server.cli(&["-n", "3", "SET", "flag", "x"]);
    for (keys, shown) in [
        (format!("{{host: '{path}', password: sesame}}"), ""),
        (format!("{{host: 'unix:{path}', password: sesame, role: primary}}"), ""),
        (format!("{{socket: '{path}', password: sesame}}"), ""),
        (format!("{{url: 'unix://:sesame@{path}?db=3', key_exists: flag}}"), ""),
        (format!("{{url: 'unix:{path}?database=3', password: sesame, key_exists: flag}}"), ""),
        (format!("{{url: 'redis+unix://app:sesame@{path}'}}"), ""),
        (format!("{{url: 'redis+socket://:sesame@{path}?virtual_host=3', key_exists: flag}}"), ""),
        (format!("{{url: 'redis-socket://:sesame@{path}?database=3', key_exists: flag}}"), ""),
        (format!("{{url: 'redis+socket://{path}', user: app, password: sesame, db: 3, key_exists: flag}}"), "app@"),
        (format!("{{url: 'redis://:sesame@nowhere.invalid/3', host: '{path}', key_exists: flag}}"), ""),
    ] {
        let check = check_keys(&keys);
        passed(&check, false);
        let database = if keys.contains("key_exists") { "/3" } else { "" };
        assert_eq!(check["target"], format!("redis+unix://{shown}{path}{database}"), "{keys}");
        assert_eq!(check["tries"][0]["address"], format!("unix:{path}"), "{check:#}");
        assert!(check["tries"][0]["family"].is_null() && codes(&check).is_empty(), "{keys}: {check:#}");
        assert!(!check.to_string().contains("sesame"), "{check:#}");
    }
    failed(&check_keys(&format!("{{host: '{path}', password: wrong}}")), "login", "password_rejected", "");
    failed(&check_keys(&format!("{{host: '{path}'}}")), "login", "password_missing", "");
    // Where the name of the variable tells whose socket it is, and as a TARGET.
    for variable in ["REDIS_URL", "APP_REDIS_URL", "VALKEY_URL"] {
        let target = format!("env:{variable}");
        let ran = run(pilotfish().env(variable, format!("unix://:{PASSWORD}@{path}?db=3")).args(["check", &target]));
        assert!(ran.code == 0 && ran.stdout.contains(&format!("redis+unix://{path}/3")), "{ran:?}");
    }
    let ran = run(pilotfish().args(["check", &format!("redis+unix://:{PASSWORD}@{path}?db=3")]));
    assert!(ran.code == 0 && !ran.stdout.contains("sesame"), "{ran:?}");
    // From a variable, and as a gate of the pod itself.
    let config = folder.write("c.yaml", "checks: [{name: cache, gates: [], redis: {url: {env: REDIS_URL}}}]");
    let url = format!("unix://:{PASSWORD}@{path}?db=3");
    let ran = run(pilotfish().env("REDIS_URL", &url).args(["check", "-c", &config]));
    assert!(ran.code == 0 && !ran.stdout.contains("sesame"), "{ran:?}");
    for (gates, code) in [("[live]", 0), ("[startup]", 2)] {
        let yaml = format!("checks: [{{name: cache, gates: {gates}, redis: {{host: '{path}', password: x}}}}]");
        let ran = run(pilotfish().args(["config", "check", "-c", &folder.write("gates.yaml", yaml)]));
        assert_eq!(ran.code, code, "{gates}: {ran:?}");
    }
    drop(server);
    let left = check_keys(&format!("{{host: '{path}', password: sesame}}"));
    let message = failed(&left, "connect", "connect_refused", "left over");
    assert_eq!(message, format!("nothing listens on the socket {path}"));
    let page = folder.write("d.yaml", format!("checks: [{{name: cache, gates: [], redis: {{host: '{path}'}}}}]"));
    let ran = run(pilotfish().args(["diagnose", "-c", &page, "--only", "cache"]));
    assert!(ran.code == 1 && ran.stdout.contains(&format!("unix:{path} refused")), "{ran:?}");
}

#[test]
fn a_socket_that_is_not_there() {
    let missing = check_keys("{host: 'unix:/nowhere/redis.sock'}");
    let message = failed(&missing, "connect", "file_missing", "mount the volume");
    assert_eq!(message, "the socket /nowhere/redis.sock does not exist");
    let folder = Folder::new();
    for keys in ["{host: 'unix:redis.sock'}", "{url: 'unix://:s3/cret@/run/redis.sock'}", "{url: 'unix:s3cret'}"] {
        let config = folder.write("c.yaml", format!("checks: [{{name: cache, gates: [], redis: {keys}}}]"));
        let ran = run(pilotfish().args(["config", "check", "-c", &config]));
        assert!(ran.code == 2 && !format!("{ran:?}").contains("s3"), "{ran:?}");
    }
}
