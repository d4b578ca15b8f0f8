//! Chains that are made to be much work: the handshake ends with a cause, and the honest twins pass.

use super::{check, s_server, told};
use crate::support::openssl::{AUTHORITY, OpenSsl, P256, P521, Wanted};

const NAMED: &str = "subjectAltName=IP:127.0.0.1\n";

/// A leaf below this many authorities in a row, their keys made so; what the server sends is in `sent.pem`, the root in
/// `ca.pem`.
fn row_of(count: usize, key: &'static [&'static str]) -> OpenSsl {
    let lab = OpenSsl::new();
    let name = |index: usize| format!("a{index}");
    let subject = |index: usize| format!("/CN=authority {index}");
    lab.root(Wanted { key, ..Wanted::new("a0", &subject(0), AUTHORITY) });
    for index in 1..count {
        lab.issue(&name(index - 1), Wanted { key, ..Wanted::new(&name(index), &subject(index), AUTHORITY) });
    }
    lab.issue(&name(count - 1), Wanted { key, ..Wanted::new("leaf", "/CN=leaf", NAMED) });
    lab.folder.write("sent.pem", (1..count).rev().map(|index| lab.pem(&name(index))).collect::<String>());
    lab.folder.write("ca.pem", lab.pem("a0"));
    lab
}

fn against(lab: &OpenSsl) -> String {
    let path = |name: &str| lab.folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (_files, _server, port) = s_server(&lab.pair("leaf"), &["-cert_chain", &path("sent.pem")]);
    let report = check(port, &format!("ca: \"{}\"", path("ca.pem")));
    let hint = report["failure"]["hint"].as_str().unwrap_or_default();
    let told = told(&report);
    assert!(told == "pass" || hint.contains("each once and without the root"), "{told}: {hint}");
    told
}

#[test]
fn costly_signatures_are_counted() {
    const TOO_MUCH: &str =
        "tls tls_handshake_failed: the server's certificates have more, or more costly, signatures than are verified";
    for (count, key, expected) in [
        (3, P521, "pass"),
        (4, P521, "pass"),
        (5, P521, TOO_MUCH),
        (7, P521, TOO_MUCH),
        (5, P256, "pass"),
        (7, P256, "pass"),
    ] {
        let told = against(&row_of(count, key));
        assert!(told.starts_with(expected), "{count} authorities with {key:?}: {told}");
    }
}

#[test]
fn a_chain_that_is_longer_than_what_is_looked_at() {
    // rustls and others follow six authorities below a root.
    let told = against(&row_of(9, P256));
    let expected = "tls tls_handshake_failed: the chain of \"CN=leaf\" has more than 6 authorities in a row";
    assert_eq!(told, expected);
    // What is sent without need, or more than once, harms nobody.
    let lab = row_of(3, P256);
    let needed = std::fs::read_to_string(lab.folder.path().join("sent.pem")).expect("it was made");
    let others: String = (0..8)
        .map(|index| {
            let name = format!("other{index}");
            lab.root(Wanted::new(&name, &format!("/CN={name}"), AUTHORITY));
            lab.pem(&name)
        })
        .collect();
    for sent in [needed.repeat(6), format!("{needed}{others}"), format!("{needed}{needed}{}", lab.pem("a0"))] {
        lab.folder.write("sent.pem", sent);
        assert_eq!(against(&lab), "pass");
    }
    lab.folder.write("sent.pem", format!("{others}{needed}"));
    let told = against(&lab);
    let expected = "tls tls_handshake_failed: the server sent 11 certificates, and the first 8 lead to no root";
    assert!(told.starts_with(expected), "{told}");
}

#[test]
fn authorities_that_sign_each_other_in_every_way() {
    let lab = OpenSsl::new();
    lab.root(Wanted::new("stranger", "/CN=maze", AUTHORITY));
    lab.root(Wanted::new("root", "/CN=root", AUTHORITY));
    lab.folder.write("ca.pem", lab.pem("root"));
    // Each is the issuer of each: the same name, other keys.
    let names: Vec<String> = (0..7).map(|index| format!("m{index}")).collect();
    for name in &names {
        lab.issue("root", Wanted::new(name, "/CN=maze", AUTHORITY));
    }
    let crossed: String = names
        .iter()
        .zip(names.iter().cycle().skip(1))
        .map(|(name, by)| {
            let out = format!("{name}-crossed");
            lab.cross_sign(by, name, Wanted::new(&out, "/CN=maze", AUTHORITY));
            lab.pem(&out)
        })
        .collect();
    lab.issue("m0", Wanted::new("leaf", "/CN=leaf", NAMED));
    lab.folder.write("sent.pem", &crossed);
    let told = against(&lab);
    assert!(
        told.starts_with("tls tls_handshake_failed: the server's certificates name each other as issuers in "),
        "{told}"
    );
    // One authority with two certificates, as after a change of its key or of its root.
    lab.folder.write("sent.pem", format!("{}{}", lab.pem("m1"), lab.pem("m0")));
    assert_eq!(against(&lab), "pass");
}
