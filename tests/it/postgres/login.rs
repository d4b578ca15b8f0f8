//! Ways to log in, and how a run looks from the server's side.

use std::process::Command;

use super::{check, check_variable, encoded, failed, passed, polite};
use crate::support::ca::{Ca, Leaf};
use crate::support::postgres::{Cluster, Options, PASSWORD};
use crate::support::{Folder, json, need, pilotfish, run};

#[test]
fn scram_over_plain_text() {
    let cluster = Cluster::plain();
    let check = check(&cluster.url());
    passed(&check);
    assert_eq!(check["target"], format!("postgres://app@127.0.0.1:{}/app", cluster.port));
    assert_eq!(check["facts"]["auth_method"], "scram-sha-256");
    assert_eq!(
        check["facts"]["server_version"],
        cluster.sql("SHOW server_version").split(' ').next().unwrap_or_default()
    );
    assert_eq!(check["facts"]["role"], "primary");
}

/// The server prepares what it hashes by SASLprep, and takes it as it is where that forbids it: Unicode of after 3.2,
/// private characters, both directions in one word. Whoever prepares another way is refused.
#[test]
fn passwords_beyond_ascii_are_prepared_as_the_server_prepares_them() {
    let cluster = Cluster::plain();
    let passwords = [
        ("a soft hyphen", "pass\u{ad}word"),
        ("spaces of other kinds", "a\u{a0}b\u{3000}c"),
        ("compatible forms", "\u{ff50}\u{ff57}\u{2168}\u{fb01}"),
        ("an accent apart", "pe\u{301}ncil"),
        ("a mark of direction", "a\u{200f}b\u{ad}"),
        ("an emoji", "\u{1f600}pw"),
        ("an emoji, and an accent apart", "e\u{301}\u{1f600}"),
        ("an emoji of several", "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}"),
        ("an emoji in colour", "\u{26a1}\u{fe0f}key"),
        ("an older one in colour", "\u{2764}\u{fe0f}key"),
        ("private use", "\u{e000}\u{a0}"),
        ("unassigned", "\u{378}\u{a0}"),
        ("a control character", "\u{7f}\u{a0}"),
        ("one of the upper ones", "\u{85}\u{a0}"),
        ("a tag", "\u{e0061}\u{ad}"),
        ("not a character", "\u{fdd0}\u{ad}"),
        ("right to left", "\u{5d0}\u{ad}\u{5d1}"),
        ("both directions", "\u{5d0}\u{ad}x\u{5d1}"),
        ("a digit at the end of right to left", "\u{627}\u{ad}1"),
        ("composed by it alone", "\u{627}\u{653}x"),
        ("nothing but what goes", "\u{ad}\u{200d}"),
    ];
    let roles = passwords.iter().enumerate().map(|(at, (_, password))| {
        assert!(!password.contains('\''));
        format!("CREATE ROLE \"role{at}\" LOGIN PASSWORD '{password}';")
    });
    cluster.sql(&roles.collect::<String>());
    let targets: Vec<String> = passwords
        .iter()
        .enumerate()
        .map(|(at, (_, password))| format!("postgres://role{at}:{}@127.0.0.1:{}/app", encoded(password), cluster.port))
        .collect();
    let args: Vec<&str> = ["check", "-o", "json"].into_iter().chain(targets.iter().map(String::as_str)).collect();
    let report = json(&args);
    let wrong: Vec<&str> = passwords
        .iter()
        .zip(report["checks"].as_array().expect("the checks"))
        .filter(|(_, check)| check["result"] != "pass")
        .map(|((what, _), _)| *what)
        .collect();
    assert_eq!(wrong, [""; 0], "{report:#}");
}

/// A cluster with a certificate for 127.0.0.1, and the CA's file.
fn encrypted(hba: &str, settings: &[(&str, &str)]) -> (Cluster, Folder, String, Ca) {
    let ca = Ca::root("lab");
    let pair = ca.issue(&Leaf::server("db", &["127.0.0.1"]));
    let tls = Some((pair.cert.as_str(), pair.key.as_str()));
    let cluster = Cluster::start(&Options { hba, settings, tls, client_ca: Some(&ca.pem), ..Options::default() });
    let folder = Folder::new();
    let path = folder.write("ca.pem", &ca.pem);
    (cluster, folder, path, ca)
}

#[test]
fn every_method_over_tls() {
    let (cluster, _folder, ca, _) = encrypted("hostssl all all 127.0.0.1/32 scram-sha-256", &[]);
    cluster.sql("SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD 'sesame'");
    let url = |user: &str, more: &str| {
        format!(
            "postgres://{user}:{PASSWORD}@127.0.0.1:{}/app?sslmode=verify-full&sslrootcert={ca}{more}",
            cluster.port
        )
    };
    let bound = check(&url("app", "&channel_binding=require"));
    passed(&bound);
    assert_eq!(bound["facts"]["auth_method"], "scram-sha-256-plus");
    assert_eq!(bound["facts"]["tls_version"], "TLSv1.3");
    assert_eq!(check(&url("app", ""))["facts"]["auth_method"], "scram-sha-256-plus", "preferred");
    assert_eq!(check(&url("app", "&channel_binding=disable"))["facts"]["auth_method"], "scram-sha-256");
    for (method, user, fact) in [("md5", "old", "md5"), ("password", "app", "password"), ("trust", "app", "trust")] {
        cluster.set_hba(&format!("hostssl all all 127.0.0.1/32 {method}"));
        let plain = check(&url(user, ""));
        passed(&plain);
        assert_eq!(plain["facts"]["auth_method"], fact);
        let message = failed(&check(&url(user, "&channel_binding=require")), "login", "auth_unsupported");
        assert!(message.contains("channel binding is required"), "{message}");
    }
    polite(&cluster.log());
}

#[test]
fn logins_over_tls_leave_nothing_behind() {
    let (cluster, _folder, ca, _) = encrypted("hostssl all all 127.0.0.1/32 scram-sha-256", &[]);
    let url = |password: &str| {
        format!("postgres://app:{password}@127.0.0.1:{}/app?sslmode=verify-full&sslrootcert={ca}", cluster.port)
    };
    passed(&check(&url(PASSWORD)));
    failed(&check(&url("wrong")), "login", "password_rejected");
    let log = || cluster.log();
    crate::support::until("the session has ended", || log().contains("disconnection: "));
    polite(&log());
    nothing_waits(&cluster);
}

#[test]
fn by_a_client_certificate() {
    let (cluster, folder, root, ca) = encrypted("hostssl all all 127.0.0.1/32 cert", &[]);
    let url = |more: &str| {
        format!("postgres://app@127.0.0.1:{}/app?sslmode=verify-full&sslrootcert={root}{more}", cluster.port)
    };
    let with = |name: &str, pair: &crate::support::ca::Pair| {
        let (cert, key) = pair.write(&folder, name, &[]);
        check(&url(&format!("&sslcert={cert}&sslkey={key}")))
    };
    let right = with("app", &ca.issue(&Leaf::client("app")));
    passed(&right);
    assert_eq!(right["facts"]["auth_method"], "cert");
    let message = failed(&check(&url("")), "tls", "tls_client_cert_required");
    assert!(message.contains("requires a valid client certificate (28000)"), "{message}");
    let others = ca.issue(&Leaf::client("other"));
    failed(&with("other", &others), "login", "login_rejected");
    // Without TLS there is no rule at all: what decides, and what the hint is of, is the connection over TLS.
    let (cert, key) = others.write(&folder, "preferred", &[]);
    for mode in ["prefer", "allow"] {
        let of = |more: &str| check(&format!("postgres://app@127.0.0.1:{}/app?sslmode={mode}{more}", cluster.port));
        let other = of(&format!("&sslrootcert={root}&sslcert={cert}&sslkey={key}"));
        let message = failed(&other, "login", "login_rejected");
        assert!(message.contains("with TLS: certificate authentication failed"), "{message}");
        assert!(message.contains("without: no pg_hba.conf entry"), "{message}");
        assert!(other["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("Its CN must be")), "{other:#}");
        let none = of("");
        failed(&none, "tls", "tls_client_cert_required");
        assert!(none["failure"]["hint"].as_str().is_some_and(|hint| !hint.contains("ssl = on")), "{none:#}");
    }
    let stranger = with("stranger", &Ca::root("stranger").issue(&Leaf::client("app")));
    assert_eq!(stranger["result"], "fail", "{stranger:#}");
    assert_eq!(stranger["failure"]["phase"], "tls", "{stranger:#}");
}

/// What `openssl x509 -req` makes where nobody names extensions, as in PostgreSQL's own manual.
#[test]
fn certificates_of_x509_version_1_are_taken_where_nobody_verifies_them() {
    let folder = Folder::new();
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    let script = format!(
        "openssl req -x509 {new} -keyout root.key -out root.crt -subj /CN=root && openssl req {new} -keyout app.key -out app.csr \
         -subj /CN=app && openssl x509 -req -in app.csr -CA root.crt -CAkey root.key -set_serial 1 -out app.crt"
    );
    need("openssl", "openssl");
    let made = run(Command::new("sh").current_dir(folder.path()).args(["-c", &script]));
    assert_eq!(made.code, 0, "{made:?}");
    let made = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("it was made");
    let (ca, cert, key) = (made("root.crt"), made("app.crt"), made("app.key"));
    // The server has the same one: with `require` nobody verifies it.
    let tls = Some((cert.as_str(), key.as_str()));
    let hba = "hostssl all all 127.0.0.1/32 cert";
    let cluster = Cluster::start(&Options { hba, tls, client_ca: Some(&ca), ..Options::default() });
    let at = folder.path().display();
    let login = |user: &str| {
        let port = cluster.port;
        check(&format!(
            "postgres://{user}@127.0.0.1:{port}/app?sslmode=require&sslcert={at}/app.crt&sslkey={at}/app.key"
        ))
    };
    passed(&login("app"));
    let other = login("postgres");
    failed(&other, "login", "login_rejected");
    assert!(other["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("Its CN must be")), "{other:#}");
}

#[test]
fn the_password_never_leaves_in_clear_text() {
    let (cluster, _folder, ca, _) = encrypted("host all all 127.0.0.1/32 password", &[]);
    let url = |mode: &str| format!("postgres://app:{PASSWORD}@127.0.0.1:{}/app?{mode}", cluster.port);
    for mode in ["sslmode=disable", "sslmode=allow", "sslmode=prefer", "sslmode=require"] {
        let message = failed(&check(&url(mode)), "login", "probe_limit");
        assert!(message.contains("in clear text") && message.ends_with("it was not sent"), "{mode}: {message}");
    }
    assert!(!cluster.log().contains("connection authenticated"), "{}", cluster.log());
    for mode in ["require", "verify-ca", "verify-full"] {
        let check = check(&url(&format!("sslmode={mode}&sslrootcert={ca}")));
        passed(&check);
        assert_eq!(check["facts"]["auth_method"], "password");
    }
    // Only the three that could trust the server have sent anything.
    assert_eq!(cluster.log().matches("connection authenticated").count(), 3, "{}", cluster.log());
    polite(&cluster.log());
}

/// LDAP, PAM, RADIUS and IAM all ask like `password` does.
#[test]
fn with_cleartext_encrypted_the_password_goes_over_any_tls_and_never_without() {
    let (cluster, folder, ..) = encrypted("host all all 127.0.0.1/32 password", &[]);
    let with = |cluster: &Cluster, mode: &str, password: &str| {
        let config = folder.write(
            "pilotfish.yaml",
            format!(
                "checks:\n  - name: db\n    gates: []\n    postgres: {{host: 127.0.0.1, port: {}, user: app, password: {password}, \
                 sslmode: {mode}, cleartext: encrypted}}\n",
                cluster.port
            ),
        );
        json(&["check", "-o", "json", "-c", &config])["checks"][0].take()
    };
    for mode in ["allow", "prefer", "require"] {
        let check = with(&cluster, mode, PASSWORD);
        passed(&check);
        assert_eq!(
            (&check["facts"]["auth_method"], &check["facts"]["tls_verified"]),
            (&"password".into(), &false.into())
        );
    }
    // What came of it over TLS decides, not that it may not go without.
    for mode in ["allow", "prefer", "require"] {
        failed(&with(&cluster, mode, "wrong"), "login", "password_rejected");
    }
    let rejected = cluster.log().matches("password authentication failed").count();
    let message = failed(&with(&cluster, "disable", PASSWORD), "login", "probe_limit");
    assert!(message.ends_with("the connection is not encrypted: it was not sent"), "{message}");
    let without_tls = Cluster::start(&Options { hba: "host all all 127.0.0.1/32 password", ..Options::default() });
    for mode in ["allow", "prefer"] {
        let message = failed(&with(&without_tls, mode, PASSWORD), "login", "probe_limit");
        assert!(message.contains("the connection is not encrypted: it was not sent"), "{mode}: {message}");
    }
    failed(&with(&without_tls, "require", PASSWORD), "tls", "tls_unsupported");
    assert!(!without_tls.log().contains("connection authenticated"), "{}", without_tls.log());
    assert_eq!(rejected, 3, "each run is one login: {}", cluster.log());
}

#[test]
fn a_run_is_one_login_and_says_goodbye() {
    let cluster = Cluster::plain();
    let target = cluster.url();
    let many: Vec<&str> = vec![&target; 30];
    let ran = run(pilotfish().args(["check", "-o", "json"]).args(&many));
    assert_eq!(ran.code, 0, "{ran:?}");
    cluster.until_logged("disconnection: ");
    let log = || cluster.log();
    crate::support::until("every session has ended", || log().matches("disconnection: ").count() == 30);
    assert_eq!(log().matches("connection authenticated").count(), 30);
    assert_eq!(log().matches("connection authorized").count(), 30);
    polite(&log());
    nothing_waits(&cluster);
}

/// No socket of ours is in TIME_WAIT (state 06): whoever closes first keeps it, and that is the server.
fn nothing_waits(cluster: &Cluster) {
    let remote = format!(":{:04X} 06", cluster.port);
    let sockets = std::fs::read_to_string("/proc/net/tcp").expect("the kernel tells");
    assert!(!sockets.contains(&remote), "{sockets}");
}

#[test]
fn a_rejected_password_is_tried_once() {
    let (cluster, _folder, _, _) = encrypted("host all all 127.0.0.1/32 scram-sha-256", &[]);
    for mode in ["disable", "allow", "prefer", "require"] {
        let before = cluster.log().matches("password authentication failed").count();
        let url = format!("postgres://app:wrong@127.0.0.1:{}/app?sslmode={mode}", cluster.port);
        let message = failed(&check(&url), "login", "password_rejected");
        assert_eq!(message, "password authentication failed for user \"app\" (28P01)");
        assert_eq!(cluster.log().matches("password authentication failed").count(), before + 1, "sslmode={mode}");
    }
    polite(&cluster.log());
}

#[test]
fn a_missing_password_or_user_is_said() {
    let cluster = Cluster::plain();
    for url in ["postgres://app@127.0.0.1", "postgres://app:@127.0.0.1"] {
        let message = failed(&check(&format!("{url}:{}/app", cluster.port)), "login", "password_missing");
        assert_eq!(message, "the server requires a password for \"app\", but none is set");
    }
    let message =
        failed(&check_variable(&format!("postgres://127.0.0.1:{}/app", cluster.port)), "assert", "probe_limit");
    assert!(message.starts_with("no user"), "{message}");
    polite(&cluster.log());
}

#[test]
fn a_password_of_every_printable_character() {
    let cluster = Cluster::plain();
    let password: String = (b' '..=b'~').map(char::from).chain("äß€".chars()).collect();
    cluster.sql(&format!("ALTER ROLE app PASSWORD '{}'", password.replace('\'', "''")));
    passed(&check(&format!("postgres://app:{}@127.0.0.1:{}/app", encoded(&password), cluster.port)));
}

#[test]
fn parameters_of_other_clients_stay_here() {
    let cluster = Cluster::plain();
    let more = "schema=public&pgbouncer=true&connection_limit=5&channel_binding=prefer&sslaccept=strict&foo=bar&application_name=shop";
    passed(&check(&format!("{}?{more}&options=-c%20search_path%3Dx", cluster.url())));
    assert!(cluster.log().contains("application_name=shop"), "{}", cluster.log());
}
