use super::{Endpoint, Host, Url};

#[test]
fn takes_a_url_apart() {
    let url = Url::parse("postgres://app:p%40ss@db.ns:5432,[::1]/shop?sslmode=require&x=%2F").unwrap();
    assert_eq!(url.scheme, "postgres");
    assert_eq!(url.user.as_deref(), Some("app"));
    assert_eq!(url.password.as_ref().unwrap().expose(), "p@ss");
    assert_eq!(url.hosts[0], (Host::Name("db.ns".into()), Some(5432)));
    assert_eq!(url.hosts[1], (Host::Ip("::1".parse().unwrap()), None));
    assert_eq!(url.path, "/shop");
    assert_eq!(url.param("x"), Some("/"));
    assert_eq!(url.redacted(), "postgres://app@db.ns:5432,[::1]/shop?sslmode=***&x=***");
}

#[test]
fn errors_show_a_place_and_no_text() {
    for (text, problem) in [
        ("postgres://app:s3/cret@db/x", "percent-encode the password"),
        ("postgres://app:s3cret@db/x\n", "newline at the end"),
        ("\"postgres://app:s3cret@db/x\"", "in quotes"),
        ("s3cret", "no scheme"),
        ("http://h:99999/", "65535"),
        ("http://u:s3cret%zz@h/", "percent-encoding"),
        ("http://[s3cret]/", "IPv6"),
        ("http://1.2.3/", "four decimal numbers"),
        ("http://1.2.3.256/", "IPv4"),
        ("http:///x", "empty"),
        ("http://bücher.example/", "its xn--"),
        ("postgres://app:s3cret@db:tcp://10.96.0.7:5432/x", "NAME_PORT"),
    ] {
        let error = Url::parse(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
        assert!(!error.contains("s3"), "{error}");
    }
}

#[test]
fn addresses() {
    assert_eq!(Endpoint::parse("[::1]:80").unwrap().to_string(), "[::1]:80");
    assert_eq!(Endpoint::parse("db:5432").unwrap().to_string(), "db:5432");
    for text in ["db", "db:", "db:0", "::1:80", ":80", "a b:80"] {
        assert!(Endpoint::parse(text).is_err(), "{text}");
    }
    assert!(Host::parse("localhost").unwrap().is_loopback());
    assert!(Host::parse("::ffff:127.0.0.1").unwrap().is_loopback());
}

#[test]
fn a_password_that_cuts_the_authority_short_is_told_and_shown_nowhere() {
    for text in [
        "postgres://app:12/s3cret@db/x",
        "postgres://app:12?s3cret@db/x",
        "postgres://app:12#s3cret@db/x",
        "postgres://app:12/a?s3cret@db/x",
        "postgres://app:12/a#s3cret@db/x",
        "postgres://app:p@x/s3cret@db/x",
    ] {
        let error = Url::parse(text).map(|url| url.redacted()).unwrap_err().to_string();
        assert!(error.contains("percent-encode the password"), "{text}: {error}");
    }
    for text in ["postgres://db/app?user=me@corp", "postgres://u:p@db?password=a@b", "https://example.com/@scope/x"] {
        assert!(Url::parse(text).is_ok(), "{text}");
    }
    assert_eq!(Url::parse("http://app:12/s3/cret@db/x").unwrap().redacted(), "http://app:12/***/***/x");
}

#[test]
fn what_is_shown_is_one_line_without_tricks() {
    let url = Url::parse("http://a%0a%40b:x@h/\u{202e}x/aaaaaaaaaaaaaaaaaaaaa?k%0ay=1&%E2%80%AE=2").unwrap();
    assert_eq!(url.redacted(), "http://a??b@h/?x/***?k?y=***&?=***");
}

/// Whatever is done to a URL: no panic, and neither the error nor what may be shown holds the password.
#[test]
fn mutations_show_no_password() {
    let whole = "postgres://app:hunter2s3cret@db.ns:5432,[fd00::1]:5433/shop?sslmode=require&password=hunter2s3cret";
    let odd = [
        "@", ":", "/", "?", "#", "%", "%zz", "[", "]", ",", " ", "\n", "\0", "\u{fe0f}", "ä", "://", "&", "=", "\"",
        "${",
    ];
    let begin = whole.find("hunter2").unwrap();
    let end = begin + "hunter2s3cret".len();
    for (index, odd) in odd.iter().cycle().enumerate().take(odd.len() * whole.len()) {
        let at = index % whole.len();
        // Inside the password a `/` or `?` makes another URL of it, which is told elsewhere.
        if (begin..=end).contains(&at) || at < "postgres://app:".len() {
            continue;
        }
        let text = format!("{}{odd}{}", &whole[..at], &whole[at..]);
        let shown = match Url::parse(&text) {
            Ok(url) => format!("{} {url:?}", url.redacted()),
            Err(error) => error.to_string(),
        };
        assert!(!shown.contains("hunter2"), "{text}: {shown}");
    }
    for cut in 0..whole.len() {
        drop(Url::parse(&whole[..cut]).map(|url| url.redacted()));
    }
}

/// RFC 6874 writes %25, people and curl write %.
#[test]
fn addresses_with_a_zone() {
    use crate::outcome::ValueDetail::{LinkLocal, NotWritten};
    for (host, detail, says) in [
        ("[fe80::1%25eth0]", Some(LinkLocal), "without it there is no way"),
        ("[fe80::1%eth0]", Some(LinkLocal), "without it there is no way"),
        ("[FE80::A%251]", Some(LinkLocal), "without it there is no way"),
        ("[ff02::1%25eth0]", Some(LinkLocal), "without it there is no way"),
        ("[fd00::1%25eth0]", Some(NotWritten), "give it without the zone"),
        ("[::1%lo]", Some(NotWritten), "give it without the zone"),
        ("[fe80::1%]", None, "no IPv6 address"),
        ("[fe80::zz%25eth0]", None, "no IPv6 address"),
    ] {
        let error = Url::parse(&format!("http://{host}:8000/")).unwrap_err();
        assert_eq!(error.detail(), detail, "{host}");
        assert!(error.problem.contains(says), "{host}: {error}");
    }
    for (host, says) in
        [("fe80::1%eth0", "link-local"), ("fd00::1%eth0", "without the zone"), ("a%b", "invalid character")]
    {
        assert!(Host::parse(host).unwrap_err().contains(says), "{host}");
    }
    assert!(Url::parse("http://[fe80::1]:8000/").is_ok(), "what the kernel says of it is told when it is dialled");
}

#[test]
fn percent_decoding() {
    for (text, decoded) in
        [("a%20b", Some("a b")), ("%", None), ("%2", None), ("%zz", None), ("%ff", None), ("+", Some("+"))]
    {
        assert_eq!(super::percent_decode(text).as_deref(), decoded, "{text}");
    }
}

/// What `inet_aton` takes, and with it curl, libpq and Python; Go takes none of it.
#[test]
fn addresses_in_forms_that_clients_read_differently() {
    use crate::outcome::ValueDetail::NumberForm;
    for host in [
        "127.1",
        "10.1.2",
        "2130706433",
        "0x7f.1",
        "0x7f000001",
        "0X7F.0.0.1",
        "010.0.0.1",
        "10.0.0.010",
        "0",
        "1.65536",
        "00.0.0.0",
    ] {
        let error = Url::parse(&format!("postgres://app:s3cret@{host}:5432/shop")).unwrap_err();
        assert_eq!(error.detail(), Some(NumberForm), "{host}");
    }
    for host in ["256.1.1.1", "1.2.3.4.5", "10.0.0.256", "1.16777216", "4294967296", "10.0.0.09", "1..2", "10.0.0.1."] {
        let error = Url::parse(&format!("http://{host}/")).unwrap_err();
        assert_eq!(error.detail(), None, "{host}: {error}");
    }
    for host in ["10.0.0.1", "0.0.0.0", "db-0", "0xyz", "0x7g.example", "3scale.net", "1.1.1.1.nip.io", "0x", "4d"] {
        assert!(Url::parse(&format!("http://{host}/")).is_ok(), "{host}");
    }
}

#[test]
fn lengths_and_hosts_are_bounded() {
    let error = |text: &str| Url::parse(text).unwrap_err();
    let long = format!("redis://h/{}", "s3cret".repeat(2000));
    assert_eq!(error(&long).to_string(), "it has 12010 bytes, and at most 8192 are read");
    assert!(error(&long).detail().unwrap().is_limit());
    let hosts = |count: usize| format!("postgres://{}/x", vec!["h"; count].join(","));
    assert_eq!(Url::parse(&hosts(64)).unwrap().hosts.len(), 64);
    assert!(error(&hosts(65)).to_string().starts_with("it names more than the 64 hosts that are read"));
    assert!(error(&hosts(4000)).detail().unwrap().is_limit());
    assert!(Url::parse(&format!("http://h/{}", "x".repeat(8192 - 9))).is_ok());
    assert_eq!(super::shown("x".repeat(512)), "x".repeat(512));
    let cut = super::shown("é".repeat(300));
    assert_eq!((cut.chars().count(), cut.ends_with("é…"), cut.len() <= 512), (255, true, true));
}
