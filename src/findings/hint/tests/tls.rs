use super::{SHOP, answered, at, certificate, with_chain};
use crate::cause::Cause;
use crate::findings::testing::query;
use crate::outcome::{Evidence, Facts, Phase};

#[test]
fn tls() {
    let own = || certificate("CN=a", "CN=a", &["a"]);
    let leaf = |names: &[&str]| certificate("CN=a", "CN=authority", names);
    let named = |cause, target: &str, evidence: &Evidence| at(cause, Phase::Tls, "", "tls", target, evidence);
    let with_message =
        |cause, message: &str| at(cause, Phase::Tls, message, "tls", "a:1", &with_chain(vec![leaf(&["a"])]));
    let wrong = Cause::TlsWrongName;
    for (text, says) in [
        (named(Cause::TlsUntrusted, "a:1", &with_chain(vec![own()])), "self-signed"),
        (named(Cause::TlsUntrusted, "a:1", &with_chain(vec![leaf(&["a"])])), "fullchain.pem"),
        (
            named(
                Cause::TlsUntrusted,
                "a:1",
                &with_chain(vec![leaf(&["a"]), certificate("CN=authority", "CN=root", &[])]),
            ),
            "the chain ends in CN=root",
        ),
        // The leaf sent twice is no chain.
        (named(Cause::TlsUntrusted, "a:1", &with_chain(vec![leaf(&["a"]), leaf(&["a"])])), "fullchain.pem"),
        (with_message(Cause::TlsUntrusted, "does not allow its use for a server (extended key usage)"), "serverAuth"),
        (with_message(Cause::TlsUntrusted, "the chain of \"a\" was not accepted: x"), "openssl verify"),
        (with_message(Cause::TlsUntrusted, "was signed with another key: the CA"), "that the authority has now"),
        (
            with_message(Cause::TlsExpired, "the root \"CN=authority\" of the file ca.pem expired"),
            "make the authority anew",
        ),
        (
            named(wrong, "a.b.example.com:1", &with_chain(vec![leaf(&["*.example.com"])])),
            "*.example.com covers one label",
        ),
        (
            named(wrong, "10.0.0.7:1", &with_chain(vec![leaf(&["db.example.com"])])),
            "the URL has an address and the certificate names (db.example.com)",
        ),
        (
            named(wrong, "db:1", &with_chain(vec![leaf(&["db.example.com"])])),
            "use a name that the certificate has (db.example.com)",
        ),
        (
            at(wrong, Phase::Tls, "", "postgres", "db:1", &with_chain(vec![leaf(&["db.example.com"])])),
            "(db.example.com), or issue one",
        ),
        (named(Cause::TlsUnsupported, "db:1", &with_chain(vec![leaf(&[])])), "Go and Python refuse a common name"),
        (named(Cause::TlsUnsupported, "db:1", &Evidence::default()), "TLS 1.2 or 1.3"),
        (at(Cause::TlsUnsupported, Phase::Tls, "", "postgres", "db:1", &Evidence::default()), "ssl = on"),
        (at(Cause::TlsUnsupported, Phase::Login, "", "postgres", "db:1", &Evidence::default()), "sslmode: verify-full"),
        (
            answered(Cause::TlsUnsupported, "400: this port wants TLS, and plain HTTP was sent", Facts::default()),
            "write https://",
        ),
        (
            at(Cause::TlsNotTls, Phase::Tls, "the peer speaks plain HTTP", "http", "db:1", &Evidence::default()),
            "write http://",
        ),
        (
            at(Cause::TlsNotTls, Phase::Tls, "the peer speaks plain SMTP", "http", "db:1", &Evidence::default()),
            "compare the port",
        ),
        (named(wrong, "a:1", &with_chain(vec![leaf(&["spiffe://cluster.local/ns/a/sa/b"])])), "a service mesh's proxy"),
        (
            at(Cause::Timeout, Phase::Tls, "connected, 17 bytes came in 4.9s", "tls", "a:1", &Evidence::default()),
            "was begun and not ended",
        ),
        (
            at(
                Cause::ConnectReset,
                Phase::Connect,
                "the end of the TLS handshake was awaited",
                "tls",
                "a:1",
                &Evidence::default(),
            ),
            "or a server without TLS",
        ),
        (
            at(
                Cause::TlsHandshakeFailed,
                Phase::Tls,
                "(alert unrecognized_name (112))",
                "tls",
                "a:1",
                &Evidence::default(),
            ),
            "`server_name`",
        ),
        (
            at(
                Cause::TlsHandshakeFailed,
                Phase::Tls,
                "(alert no_application_protocol (120))",
                "http",
                "a:1",
                &Evidence::default(),
            ),
            "`http_version`",
        ),
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let short = query(&format!("db.{SHOP}."), "A", "NOERROR", 1).suffix(SHOP);
    let evidence = Evidence { queries: vec![short], ..with_chain(vec![leaf(&[&format!("*.{SHOP}")])]) };
    let text = named(wrong, "db:1", &evidence);
    assert!(text.starts_with(&format!("the certificate is good for db.{SHOP}, the full name of db: ")), "{text}");
    let alias = query(&format!("db.{SHOP}."), "A", "NOERROR", 1).suffix(SHOP).alias("pg.example.com");
    let evidence = Evidence { queries: vec![alias], ..with_chain(vec![leaf(&["*.example.com"])]) };
    let text = named(wrong, "db:1", &evidence);
    assert!(text.contains("db is an alias (ExternalName, CNAME) of pg.example.com"), "{text}");
}

/// What is said of a key is where it stands in that kind of check.
#[test]
fn keys_of_tls_are_named_as_the_kind_has_them() {
    let own = with_chain(vec![certificate("CN=a", "CN=a", &["a"])]);
    for (kind, cause, says) in [
        ("http", Cause::TlsUntrusted, "as `tls.ca`"),
        ("tls", Cause::TlsUntrusted, "as `ca`"),
        ("postgres", Cause::TlsUntrusted, "as `ca` (in a URL: sslrootcert)"),
        ("peer", Cause::TlsClientCertRequired, "as `tls.cert` and `tls.key`"),
        ("peer", Cause::TlsWrongName, "set `tls.server_name`"),
    ] {
        let text = at(cause, Phase::Tls, "", kind, "b:1", &own);
        assert!(text.contains(says), "{text}");
    }
}

#[test]
fn before_starttls_it_is_not_tls_that_is_not_answered() {
    let message = "out of time after 5s; TLS was not begun, since the server has not consented";
    let text = at(Cause::Timeout, Phase::Tls, message, "tls", "mail:465", &Evidence::default());
    assert!(text.contains("`starttls`") && text.contains("465"), "{text}");
}

#[test]
fn a_server_that_agrees_on_no_protocol_is_not_told_to_allow_newer_tls() {
    let message = "the server agreed on none of the application protocols offered: smtp";
    let text = at(Cause::TlsUnsupported, Phase::Tls, message, "tls", "mail:465", &Evidence::default());
    assert!(text.contains("`alpn`"), "{text}");
}
