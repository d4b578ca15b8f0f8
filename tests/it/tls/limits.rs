//! Servers that OpenSSL connects to and pilotfish cannot: a limit of pilotfish, which says what to set on the server.

use std::process::{Command, Stdio};

use super::{check, s_server, told};
use crate::support::openssl::{AUTHORITY, OpenSsl, P256, P521, Wanted};
use crate::support::{need, run};

const HOST: &str = "db.lab.test";
const NAMED: &str = "subjectAltName=DNS:db.lab.test\n";
const RSA_2048: &[&str] = &["rsa:2048"];
const RSA_1024: &[&str] = &["rsa:1024"];
const NOTHING: &str = "tls probe_limit: the server supports no cipher, group or key type that pilotfish offers";
const OLD: &str = "tls probe_limit: the server rejects TLS 1.2 and 1.3";
const MODERN: &str = "enable a cipher (ECDHE with AES-GCM or ChaCha20)";

/// The lowest level at which OpenSSL still takes everything.
const LAX: &str = "DEFAULT@SECLEVEL=0";

fn openssl_accepts(ca: &str, port: u16) -> bool {
    let mut command = Command::new(need("openssl", "openssl"));
    let at = format!("127.0.0.1:{port}");
    command.args(["s_client", "-connect", &at, "-CAfile", ca, "-verify_return_error", "-cipher", LAX]);
    run(command.stdin(Stdio::null())).code == 0
}

#[test]
fn what_only_other_stacks_speak_is_a_limit() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("root", "/CN=root", AUTHORITY));
    lab.root(Wanted { key: RSA_1024, ..Wanted::new("weak-root", "/CN=weak-root", AUTHORITY) });
    lab.root(Wanted { key: RSA_2048, ..Wanted::new("rsa-root", "/CN=rsa-root", AUTHORITY) });
    let leaf = |name, by, key: &'static [&'static str], more: &'static [&'static str]| {
        lab.issue(by, Wanted { name, key, more, ..Wanted::new(name, "/CN=db.lab.test", NAMED) });
    };
    leaf("ec", "root", P256, &[]);
    leaf("rsa", "root", RSA_2048, &[]);
    leaf("weak", "root", RSA_1024, &[]);
    leaf("of-weak", "weak-root", P256, &[]);
    leaf("sha1", "rsa-root", P256, &["-sha1"]);
    leaf("ed448", "root", &["ed448"], &[]);
    leaf("pss", "root", &["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], &[]);
    let ca = lab.folder.write("ca.pem", ["root", "weak-root", "rsa-root"].map(|name| lab.pem(name)).concat());
    for (name, arguments, expected, fix) in [
        ("ec", &["-tls1_1", "-cipher", LAX][..], OLD, "ssl_protocols TLSv1.2 TLSv1.3"),
        ("ec", &["-tls1", "-cipher", LAX], OLD, "ssl_protocols TLSv1.2 TLSv1.3"),
        ("ec", &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"], NOTHING, MODERN),
        ("ec", &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"], NOTHING, MODERN),
        ("rsa", &["-tls1_2", "-cipher", "AES128-GCM-SHA256"], NOTHING, MODERN),
        ("rsa", &["-tls1_2", "-cipher", "AES256-SHA"], NOTHING, MODERN),
        ("rsa", &["-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"], NOTHING, MODERN),
        ("ec", &["-groups", "X448"], NOTHING, MODERN),
        ("ed448", &[], NOTHING, MODERN),
        ("pss", &["-tls1_3"], NOTHING, MODERN),
        (
            "weak",
            &["-cipher", LAX],
            "tls probe_limit: \"CN=db.lab.test\" has an RSA key of 1024 bits; pilotfish verifies 2048 to 8192",
            "RSA of 2048 to 8192 bits",
        ),
        (
            "of-weak",
            &["-cipher", LAX],
            "tls probe_limit: the authority \"CN=weak-root\" has an RSA key of 1024 bits",
            "RSA of 2048 to 8192 bits",
        ),
        (
            "sha1",
            &["-cipher", LAX],
            "tls probe_limit: a certificate in the chain of \"CN=db.lab.test\" is signed with SHA-1",
            "signed with SHA-256",
        ),
    ] {
        let (_files, _server, port) = s_server(&lab.pair(name), arguments);
        assert!(openssl_accepts(&ca, port), "{name} {arguments:?}: OpenSSL refuses it, so it is no limit of pilotfish");
        let report = check(port, &format!("ca: \"{ca}\", server_name: {HOST}"));
        let told = told(&report);
        assert!(
            told.starts_with(expected) && told.ends_with("other TLS stacks may accept it"),
            "{arguments:?}: {told}"
        );
        let hint = report["failure"]["hint"].as_str().unwrap_or_default();
        assert!(hint.starts_with("The app") && hint.contains(fix) && hint.len() <= 300, "{hint}");
    }
}

/// The healthy twins pass, and what is wrong for everybody stays a failure.
#[test]
fn a_failure_of_the_server_is_no_limit() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("root", "/CN=root", AUTHORITY));
    lab.root(Wanted { key: RSA_1024, ..Wanted::new("alone", "/CN=db.lab.test", NAMED) });
    lab.issue("root", Wanted { key: RSA_2048, ..Wanted::new("rsa", "/CN=db.lab.test", NAMED) });
    lab.issue("root", Wanted { key: &["rsa:4096"], ..Wanted::new("long", "/CN=db.lab.test", NAMED) });
    lab.issue("root", Wanted { key: &["ed25519"], ..Wanted::new("ed25519", "/CN=db.lab.test", NAMED) });
    let ca = lab.folder.write("ca.pem", lab.pem("root"));
    for (name, arguments, expected) in [
        ("rsa", &["-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"][..], "pass"),
        ("long", &[], "pass"),
        ("ed25519", &[], "pass"),
        ("rsa", &["-groups", "P-521"], "pass"),
        ("rsa", &["-groups", "P-521", "-tls1_2"], "pass"),
        ("rsa", &["-groups", "P-384"], "pass"),
        // Nobody trusts it, whatever its key.
        ("alone", &["-cipher", LAX], "tls tls_untrusted: the certificate of \"CN=db.lab.test\" is self-signed"),
    ] {
        let (_files, _server, port) = s_server(&lab.pair(name), arguments);
        let report = check(port, &format!("ca: \"{ca}\", server_name: {HOST}"));
        assert!(told(&report).starts_with(expected), "{name}: {}", told(&report));
    }
}

/// A client's key that ring cannot sign with.
#[test]
fn keys_of_clients() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("root", "/CN=root", AUTHORITY));
    lab.issue("root", Wanted::new("server", "/CN=db.lab.test", NAMED));
    let ca = lab.folder.write("ca.pem", lab.pem("root"));
    for (name, key) in [("p521", P521), ("weak", RSA_1024), ("ed448", &["ed448"])] {
        lab.issue("root", Wanted { key, ..Wanted::new(name, "/CN=app", "basicConstraints=CA:FALSE\n") });
    }
    // As `openssl ecparam` and old tools write it.
    let path = |name: &str| lab.folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let mut sec1 = Command::new(need("openssl", "openssl"));
    assert_eq!(run(sec1.args(["ec", "-in", &path("p521.key"), "-out", &path("sec1.key")])).code, 0);
    let key_of_another = "assert file_invalid: the private key in the file ";
    let limit = "assert probe_limit: pilotfish cannot use the private key in the file ";
    for (cert, key, expected) in [
        ("p521", "p521", "pass"),
        ("p521", "sec1", "pass"),
        ("weak", "p521", key_of_another),
        ("weak", "weak", limit),
        ("ed448", "ed448", limit),
    ] {
        for version in ["-tls1_2", "-tls1_3"] {
            let arguments = [version, "-Verify", "1", "-verify_return_error", "-CAfile", &ca];
            let (_files, _server, port) = s_server(&lab.pair("server"), &arguments);
            let (cert, key) = (path(&format!("{cert}.crt")), path(&format!("{key}.key")));
            let keys = format!("ca: \"{ca}\", server_name: {HOST}, cert: \"{cert}\", key: \"{key}\"");
            let report = check(port, &keys);
            assert!(told(&report).starts_with(expected), "{cert} {key} {version}: {}", told(&report));
        }
    }
}
