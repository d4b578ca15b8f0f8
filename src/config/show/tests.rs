use super::{show, unresolved};
use crate::check::ShownKeys;
use crate::config::source::{Request, load};
use crate::env::MapEnv;

const DOCUMENT: &str = r#"
serve: {bearer_token: s3cret, tls: {cert: /etc/tls/tls.crt, key: /etc/tls/tls.key}}
checks:
  - name: database
    postgres:
      url: {env: DATABASE_URL}
      password: {file: /etc/secrets/pw}
      sslmode: verify-full
      ca: /etc/ca.pem
      query: SELECT 's3cret'
    gates: [startup, ready]
    labels: {team: "the shop"}
  - name: replica
    postgres: {url: "postgres://app:s3cret@db:5432/app?sslmode=require", password: "${PW}s3cret"}
    require: each
    min_passing: "50%"
  - name: backend
    http:
      url: https://u:s3cret@api.example.com/v1?key=s3cret
      headers: {authorization: s3cret, file: s3cret, x-env: {env: X}}
      json: {/a: s3cret}
      status: [200, "300-302"]
    ready_ignores: [dns_timeout]
    connect_timeout: 500ms
"#;

fn env() -> MapEnv {
    let vars = [("DATABASE_URL", "postgres://app:s3cret@db/app"), ("X", "s3cret")];
    MapEnv::with_vars(&vars).with_file("a.yaml", DOCUMENT.as_bytes())
}

#[test]
fn everything_is_filled_in_and_nothing_secret_is_shown() {
    let text = show(Request { file: Some("a.yaml"), ..Request::default() }, &env()).unwrap();
    let expected = r#"# from the file a.yaml
listen: "[::]:9809"
serve:
  tls: {cert: /etc/tls/tls.crt, key: /etc/tls/tls.key}
  bearer_token: "***"
  drain: 5s
  fail_ready_on_sigterm: false
checks:
  - name: database
    postgres:
      url: {env: DATABASE_URL}  # it can be read now
      password: {file: /etc/secrets/pw}  # the file /etc/secrets/pw does not exist
      sslmode: verify-full
      ca: /etc/ca.pem
      query: "***"
    interval: 10s
    timeout: 5s
    failure_threshold: 3
    success_threshold: 1
    gates: [startup, ready]
    addresses: ipv4-first
    require: any
    labels: {team: "the shop"}
  - name: replica
    postgres:
      url: "postgres://app@db:5432/app?sslmode=***"
      password: "${PW}***"  # the variable PW is not set or empty
    interval: 10s
    timeout: 5s
    failure_threshold: 3
    success_threshold: 1
    gates: [startup]
    addresses: ipv4-first
    require: each
    min_passing: "50%"
  - name: backend
    http:
      url: "https://u@api.example.com/v1?key=***"
      headers:
        authorization: "***"
        file: "***"
        x-env: {env: X}  # it can be read now
      json:
        /a: "***"
      status: [200, "300-302"]
    interval: 10s
    timeout: 5s
    failure_threshold: 3
    success_threshold: 1
    gates: [startup]
    addresses: ipv4-first
    connect_timeout: 500ms
    require: any
    ready_ignores: [dns_timeout]
"#;
    assert_eq!(text, expected);
}

#[test]
fn what_it_shows_is_a_configuration() {
    let document = "checks: [{name: a, tcp: {address: \"db:5432\"}, gates: []}, {name: b, dns: {name: db}}]\n";
    let env = MapEnv::default().with_file("a.yaml", document.as_bytes());
    let request = Request { file: Some("a.yaml"), ..Request::default() };
    let text = show(request, &env).unwrap();
    let again = MapEnv::default().with_file("a.yaml", text.as_bytes());
    assert_eq!(show(request, &again).unwrap(), text);
    assert_eq!(load(request, &again).unwrap().checks.len(), 2);
}

#[test]
fn a_plan_without_a_file_shows_what_is_dialled() {
    let env = MapEnv::with_vars(&[("DATABASE_URL", "postgres://app:s3cret@db/app"), ("API", "https://api/s3cret")]);
    let text = show(Request::default(), &env).unwrap();
    assert!(text.contains("- name: database\n    # postgres: postgres://app@db"), "{text}");
    assert!(text.contains("# not probed: API (https://api)"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}

#[test]
fn what_cannot_be_resolved_is_said() {
    let env = env();
    let plan = load(Request { file: Some("a.yaml"), ..Request::default() }, &env).unwrap();
    let expected = [
        "database: the file /etc/secrets/pw does not exist",
        "database: the file /etc/ca.pem does not exist",
        "replica: the variable PW is not set or empty",
    ];
    assert_eq!(unresolved(&plan, &env), expected);
}

/// Whatever the user's own keys are called, and wherever they stand: no value below them is shown.
#[test]
fn below_keys_of_the_users_own_every_value_is_masked() {
    let document = "checks:
  - name: api
    http:
      url: http://api/
      headers: {url: 'http://s3cret', method: s3cret, ca: s3cret}
      header: {status: s3cret, method: {matches: s3cret}}
      json: {/url: s3cret, /status: s3cret}
";
    let env = MapEnv::default().with_file("a.yaml", document.as_bytes());
    let text = show(Request { file: Some("a.yaml"), ..Request::default() }, &env).unwrap();
    assert!(!text.contains("s3cret") && text.contains("http://api/"), "{text}");
}

/// What a kind shows as it is written must be one of its keys, in its schema.
#[test]
fn shown_keys_are_keys_of_their_kind() {
    for kind in crate::check::KINDS {
        let mut generator = schemars::SchemaGenerator::default();
        let own = (kind.schema)(&mut generator).to_value().to_string();
        let schema = own + &serde_json::to_string(generator.definitions()).unwrap();
        let ShownKeys { plain, urls, paths, free } = kind.shown;
        for key in [plain, urls, paths, free].concat() {
            assert!(schema.contains(&format!("\"{key}\":")), "{} has no key {key}", kind.name);
        }
    }
}

/// Labels and names come back as the texts that they are, whatever a YAML reader takes them for without quotes.
#[test]
fn what_looks_like_something_else_is_in_quotes() {
    let texts = [
        "007",
        "0x10",
        "0o7",
        "0b1",
        "1e3",
        "1_000",
        "12",
        "-1",
        "+1",
        ".5",
        ".inf",
        ".NaN",
        "1.0",
        "12:30:45",
        "2001-12-14",
        "on",
        "On",
        "off",
        "yes",
        "NO",
        "y",
        "n",
        "true",
        "False",
        "null",
        "Null",
        "~",
        "",
        " x",
        "x ",
        "@x",
        "*x",
        "&x",
        "!x",
        "%x",
        "`x",
        "|",
        ">",
        "-",
        "- x",
        "?",
        "? x",
        "x: y",
        "x #y",
        "#x",
        "a,b",
        "[a]",
        "{a}",
        "'x'",
        "\"x\"",
        "a\\b",
        "a\u{202e}b",
        "a\u{2028}b",
        "a\tb",
        "=",
        "<<",
        "äöü",
    ];
    let labels: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| format!("l{at:02}: {}", serde_json::to_string(text).unwrap()))
        .collect();
    let document = format!(
        "checks:\n- {{name: a, tcp: {{address: 'db:1'}}, labels: {{{}}}}}\n- {{name: 'on', dns: {{name: 'no', min_answers: 2}}}}\n",
        labels.join(", ")
    );
    let shown = |document: &str| {
        let env = MapEnv::default().with_file("a.yaml", document.as_bytes());
        show(Request { file: Some("a.yaml"), ..Request::default() }, &env).unwrap()
    };
    let first = shown(&document);
    let env = MapEnv::default().with_file("a.yaml", first.as_bytes());
    let plan = load(Request { file: Some("a.yaml"), ..Request::default() }, &env).unwrap();
    let read: Vec<&str> = plan.checks[0].labels.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(read, texts);
    assert_eq!(plan.checks[1].name, "on");
    for line in ["- name: \"on\"", "name: \"no\"", "min_answers: 2", "l00: \"007\"", "l15: \"on\""] {
        assert!(first.contains(line), "{line}: {first}");
    }
    assert!(!first.contains(['\u{202e}', '\u{2028}']));
    assert_eq!(shown(&first), first);
}
