use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::{Endpoint, Host, Url};
use crate::testing::few_cases;

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
    assert_eq!(url.redacted(), "http://a?%40b@h/?x/***?k?y=***&?=***");
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
fn a_word_alone_in_the_query_may_be_a_token() {
    for (text, shown) in [
        ("http://h/x?s3cretToken", "http://h/x?***"),
        ("http://h/x?s3cretToken=", "http://h/x?***"),
        ("http://h/x?c2VjcmV0cw==", "http://h/x?***"),
        ("http://h/x?=s3cret", "http://h/x?***"),
        ("http://h/x?a=1&s3cretToken&verbose", "http://h/x?a=***&***&verbose"),
        ("http://h/healthz?verbose", "http://h/healthz?verbose"),
        (
            "http://vault:8200/v1/sys/health?standbyok&perfstandbyok",
            "http://vault:8200/v1/sys/health?standbyok&perfstandbyok",
        ),
        ("http://es:9200/_cluster/health?pretty", "http://es:9200/_cluster/health?pretty"),
        ("http://h/x?", "http://h/x"),
    ] {
        assert_eq!(Url::parse(text).unwrap().redacted(), shown, "{text}");
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

#[test]
fn separators_stay_as_they_were_written() {
    for (text, shown) in [
        ("postgres://app:p@db/shop&sslmode=require", "postgres://app@db/shop&sslmode=***"),
        ("postgres://app:p@db/shop&password=hunter2&x", "postgres://app@db/shop&password=***&x"),
        ("http://h/v1;jsessionid=A1B2/items", "http://h/v1;jsessionid=***/items"),
        ("http://h/a=b=c/d=", "http://h/a=***/d="),
        ("http://h/x;y&z", "http://h/x;y&z"),
        ("http://h/x&key=s3c/ret/x", "http://h/x&key=***/***/***"),
        ("http://h/a&b/c", "http://h/a&b/c"),
    ] {
        assert_eq!(Url::parse(text).unwrap().redacted(), shown, "{text}");
    }
}

#[test]
fn what_is_not_shown_is_told_for_the_mask() {
    let url = Url::parse("http://u:p4ssw0rd@h/short/aaaaaaaaaaaaaaaaaaaaaaaa/x?tok3n&k=v4lu%2Fe&n=1&verbose").unwrap();
    let hidden: Vec<_> = url.hidden().iter().map(|secret| secret.expose().to_owned()).collect();
    for text in ["p4ssw0rd", "aaaaaaaaaaaaaaaaaaaaaaaa", "tok3n", "v4lu%2Fe", "v4lu/e"] {
        assert!(hidden.iter().any(|own| own == text), "{text}: {hidden:?}");
    }
    for text in ["short", "1", "verbose"] {
        assert!(!hidden.iter().any(|own| own == text), "{text}: {hidden:?}");
    }
}

/// Whatever a URL holds beside its host: no four letters of its password are shown.
#[test]
fn no_part_of_a_password_is_shown_wherever_it_recurs() {
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let alphabet: Vec<char> = "abcXYZ0189-._~!$'()+,:;=&".chars().collect();
    let mut checked = 0;
    for _ in 0..20_000 {
        let password: String = (0..4 + random(12)).map(|_| alphabet[random(alphabet.len())]).collect();
        let mut piece = || {
            let from = random(password.len() - 3);
            let text = password[from..from + 4 + random(password.len() - from - 3)].to_owned();
            match random(5) {
                0 => text.to_uppercase(),
                1 => text.bytes().map(|byte| format!("%{byte:02x}")).collect(),
                2 => format!("pre{text}post"),
                _ => text,
            }
        };
        let (user, path, name, value) = (piece(), format!("{}/x/{}", piece(), piece()), piece(), piece());
        let text = format!("redis://{user}:{password}@h.ns:1/{path}?{name}={value}&{}#{}", piece(), piece());
        let Ok(url) = Url::parse(&text) else { continue };
        checked += 1;
        let shown = url.redacted().to_lowercase();
        let whole = url.password.as_ref().unwrap().expose().to_lowercase();
        for part in whole.as_bytes().windows(4) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!shown.contains(part), "{text}: {shown} shows {part}");
        }
    }
    assert!(checked > 10_000, "{checked}");
    let recurs = Url::parse("redis://:hunter2@h://ap1://:hunter2").unwrap();
    assert_eq!(recurs.redacted(), "redis://h//ap1://***");
}

#[test]
fn the_place_of_an_error_is_counted_in_characters() {
    for (text, place) in [
        ("http://h/ x", 10),
        ("http://h/äöü x", 13),
        ("http://h/🙂🙂 ", 12),
        ("http://ü:p@h:99999/", 12),
        ("http://h/é?a=1&b=%zz", 16),
        ("\u{feff}http://h/ ", 11),
    ] {
        let error = Url::parse(text).unwrap_err();
        assert_eq!(error.position + 1, place, "{text}");
        assert!(error.to_string().ends_with(&format!("(at character {place})")), "{text}: {error}");
    }
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z-]{0,10}(\\.[a-z]{1,8}){0,3}",
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|ip| format!("[{ip}]")),
    ]
}

fn hosts() -> impl Strategy<Value = String> {
    let one = (host(), proptest::option::of(1..=u16::MAX));
    let text = |(host, port): (String, Option<u16>)| port.map_or(host.clone(), |port| format!("{host}:{port}"));
    proptest::collection::vec(one.prop_map(text), 1..4).prop_map(|hosts| hosts.join(","))
}

/// Every byte percent-encoded that could mean something.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02x}") })
        .collect()
}

proptest! {
    #![proptest_config(few_cases())]

    #[test]
    fn what_is_put_together_is_taken_apart(
        scheme in "[a-z]{2,8}(\\+[a-z]{1,5})?", user in "[a-z0-9äß_.-]{1,12}", password in any::<String>(), hosts in hosts(),
        path in "(/[a-z0-9._-]{0,12}){0,3}", query in proptest::collection::vec(("[a-z]{1,8}", any::<String>()), 0..3),
    ) {
        let pairs: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let query_text = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        let text = format!("{scheme}://{}:{}@{hosts}{path}{query_text}", encoded(&user), encoded(&password));
        let url = Url::parse(&text);
        prop_assert!(url.is_ok(), "{text}: {url:?}");
        let url = url.unwrap();
        prop_assert_eq!((&url.scheme, url.user.as_deref(), &url.path), (&scheme, Some(user.as_str()), &path));
        prop_assert_eq!(url.password.as_ref().map(|password| password.expose()), Some(password.as_str()));
        let read: Vec<_> = url.query.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
        prop_assert_eq!(read, query);
        // Shown, it is a URL of the same servers.
        let shown = url.redacted();
        let again = Url::parse(&shown);
        prop_assert!(again.is_ok(), "{shown}: {again:?}");
        let again = again.unwrap();
        prop_assert_eq!((&again.scheme, &again.hosts), (&url.scheme, &url.hosts), "{}", shown);
        prop_assert!(again.password.is_none());
        prop_assert_eq!(again.redacted(), shown);
    }

    #[test]
    fn no_four_bytes_of_a_secret_are_shown(
        secret in "[A-Z]{4,30}", place in 0..4, user in "[a-z]{0,8}", hosts in hosts(), path in "(/[a-z]{0,8}){0,2}",
    ) {
        let text = match place {
            0 => format!("postgres://{user}:{secret}@{hosts}{path}"),
            1 => format!("redis://:{secret}@{hosts}{path}?db=1"),
            2 => format!("https://{hosts}{path}?key={secret}&b=c"),
            _ => format!("https://{hosts}{path}/{secret}{}", "x".repeat(20)),
        };
        let url = Url::parse(&text);
        prop_assert!(url.is_ok(), "{text}: {url:?}");
        for shown in [url.clone().unwrap().redacted(), format!("{:?}", url.unwrap().password)] {
            let parts = || (0..=secret.len() - 4).map(|at| &secret[at..at + 4]);
            prop_assert!(parts().all(|part| !shown.contains(part)), "{text} is shown as {shown}");
        }
    }

    #[test]
    fn the_place_of_a_fault_is_in_the_text(text in any::<String>()) {
        if let Err(error) = Url::parse(&text) {
            prop_assert!(error.position <= text.len());
        }
        if let Ok(endpoint) = Endpoint::parse(&text) {
            prop_assert_eq!(Endpoint::parse(&endpoint.to_string()), Ok(endpoint));
        }
    }
}
