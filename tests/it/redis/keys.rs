//! A key that must exist.

use super::{check_keys, failed, passed};
use crate::support::redis::{PASSWORD, Server};

#[test]
fn a_key_is_there_or_not() {
    let server = Server::with(&format!(
        "requirepass {PASSWORD}\nuser bound on >sesame ~other:* +@all\nuser mute on >sesame ~* +@all -exists"
    ));
    server.cli(&["-n", "2", "SET", "flags: all", "x"]);
    let check =
        |keys: &str| check_keys(&format!("{{host: 127.0.0.1, port: {}, password: sesame, {keys}}}", server.port));
    passed(&check("db: 2, key_exists: 'flags: all'"), false);
    for keys in ["db: 1, key_exists: 'flags: all'", "db: 2, key_exists: flags", "key_exists: \"a\\r\\nFLUSHALL\""] {
        let message = failed(&check(keys), "assert", "not_found_on_server", "EXISTS KEY");
        assert!(!message.contains("flags"), "{message}");
    }
    assert_eq!(server.calls("flushall"), 0);
    failed(&check("user: bound, db: 2, key_exists: 'flags: all'"), "request", "permission_denied", "%R~KEY");
    failed(&check("user: mute, db: 2, key_exists: 'flags: all'"), "request", "permission_denied", "+exists");
    // Nobody read its value, and it was not used.
    assert_eq!(server.calls("get"), 0);
    server.cli(&["-n", "2", "DEL", "flags: all"]);
    failed(&check("db: 2, key_exists: 'flags: all'"), "assert", "not_found_on_server", "");
}
