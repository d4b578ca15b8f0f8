//! Broken and hostile documents: whatever stands in a file, there is a place, a remedy, no panic and no value.

use crate::check::KINDS;
use crate::config::node::{self, Node, Raw};
use crate::config::plan::{Origin, Plan};
use crate::config::source;
use crate::env::MapEnv;
use crate::slices::{Slices, at_once};

const SAMPLE: &str = r#"
listen: "127.0.0.1:9810"
defaults: {interval: 20s, timeout: 3s, failure_threshold: 5}
serve:
  detail: full
  tls: {cert: /etc/tls/tls.crt, key: {file: /etc/tls/tls.key}}
  bearer_token: {file: /etc/token}
  drain: 25s
checks:
  - name: database
    postgres:
      url: "postgres://app:${PW}@db:5432/app"   # a comment
      password: {file: /etc/secrets/pw}
    gates: [startup, ready]
  - name: cache
    tcp: {address: "cache:6379", send: 'PING\r\n', expect: "+PONG"}
    require: each
    min_passing: "50%"
    ready_ignores: [dns_timeout]
    labels: {team: shop}
  - name: backend
    http:
      url: "https://api.example.com/health"
      body: |
        line one
        line two
    interval: 1m30s
"#;

fn read(text: &[u8]) -> Result<Plan, String> {
    let env = MapEnv::default().with_file("a.yaml", text);
    at_once(source::reload(&Origin::Given("a.yaml".into()), &env, &mut Slices::unlimited()))
        .map_err(|refused| refused.to_string())
}

/// Every line of the faults begins with a place and says something.
fn well_told(text: &[u8]) {
    let Err(faults) = read(text) else { return };
    assert!(!faults.is_empty(), "{}", String::from_utf8_lossy(text));
    for line in faults.lines().filter(|line| !line.starts_with("and ")) {
        let mut parts = line.splitn(4, ':');
        let place = (parts.next(), parts.next().map(str::parse::<usize>), parts.next().map(str::parse::<usize>));
        assert!(matches!(place, (Some("a.yaml"), Some(Ok(1..)), Some(Ok(1..)))), "{line}");
        assert!(parts.next().is_some_and(|message| message.len() > 5), "{line}");
    }
}

/// A reload is read beside the old plan, within the memory of a sidecar.
#[test]
fn a_file_of_faults_is_refused_before_all_of_them_are_kept() {
    let keys: String = (0..90_000).map(|n| format!("k{n}: x\n")).collect();
    let checks: String = (0..20_000).map(|_| "- tcp: {adress: x}\n").collect();
    for (text, says) in [
        (keys, "a.yaml:65:1: more than 64 keys: put the checks into the list `checks`"),
        (format!("checks:\n{checks}"), "faults or more: correct these first"),
    ] {
        let faults = read(text.as_bytes()).err().expect("it is refused");
        assert!(faults.contains(says) || faults.contains("and "), "{faults}");
        assert!(faults.lines().count() < 1_100, "{}", faults.lines().count());
    }
    let few: String = (0..30).map(|n| format!("- {{name: c{n}, tcp: {{adress: x}}}}\n")).collect();
    let faults = read(format!("checks:\n{few}").as_bytes()).err().expect("it is refused");
    assert!(!faults.contains("or more"), "{faults}");
}

#[test]
fn every_beginning_of_a_document() {
    assert_eq!(read(SAMPLE.as_bytes()).err(), None);
    for end in 0..SAMPLE.len() {
        well_told(&SAMPLE.as_bytes()[..end]);
    }
}

#[test]
fn every_place_with_something_odd_in_it() {
    let odd: [&[u8]; 24] = [
        b"\t",
        b"{",
        b"}",
        b"[",
        b"]",
        b":",
        b": ",
        b"&a ",
        b"*a",
        b"!",
        b"|",
        b">",
        b"'",
        b"\"",
        b"%",
        b"@",
        b"#",
        b"- ",
        b"\n",
        b"\0",
        b"\xff",
        b"---\n",
        b"? ",
        b"\xf0\x9f\x90\x9f",
    ];
    for at in 0..=SAMPLE.len() {
        for step in 0..3 {
            let (before, after) = SAMPLE.as_bytes().split_at(at);
            let mut text = before.to_vec();
            text.extend_from_slice(odd[(at * 7 + step * 5) % odd.len()]);
            text.extend_from_slice(after.get(step..).unwrap_or_default());
            well_told(&text);
        }
    }
}

#[test]
fn more_than_anyone_would_write() {
    let deep = format!("checks: {}", "[".repeat(100_000));
    well_told(deep.as_bytes());
    let deep = "a:\n".to_owned() + &(1..2_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>();
    well_told(deep.as_bytes());
    let many = "checks:\n".to_owned() + &"  - {name: A, tcp: {adress: x}}\n".repeat(5_000);
    assert_eq!(read(many.as_bytes()).err().unwrap().lines().count(), 1_001);
    let wide = (0..20_000).map(|number| format!("key{number}: x\n")).collect::<String>();
    well_told(wide.as_bytes());
    let anchors = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n";
    assert!(read(anchors.as_bytes()).err().unwrap().contains("aliases (`*`) are not supported"));
}

/// A node as YAML in one line.
fn written(node: &Node) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    match &node.raw {
        Raw::Scalar { text, plain: true } if !text.expose().contains([',', ':', '{', '[', '"', '\'', '#', '&']) => {
            text.expose().to_owned()
        }
        Raw::Scalar { text, .. } => quoted(text.expose()),
        Raw::Sequence(nodes) => format!("[{}]", nodes.iter().map(written).collect::<Vec<_>>().join(", ")),
        Raw::Mapping(entries) => {
            let pair = |(key, value): &(Node, Node)| format!("{}: {}", quoted(key.text().unwrap()), written(value));
            format!("{{{}}}", entries.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        Raw::Faulty => String::new(),
    }
}

/// The document once for each of its values, with that value replaced.
fn replaced(node: &Node, by: &Node) -> Vec<Node> {
    let around = |raw: Raw| Node { span: node.span, raw };
    let inner: Vec<Node> = match &node.raw {
        Raw::Scalar { .. } | Raw::Faulty => Vec::new(),
        Raw::Sequence(nodes) => (0..nodes.len())
            .flat_map(|index| {
                replaced(&nodes[index], by).into_iter().map(move |new| (index, new)).map(|(index, new)| {
                    let mut nodes = nodes.clone();
                    nodes[index] = new;
                    around(Raw::Sequence(nodes))
                })
            })
            .collect(),
        Raw::Mapping(entries) => (0..entries.len())
            .flat_map(|index| {
                replaced(&entries[index].1, by).into_iter().map(move |new| (index, new)).map(|(index, new)| {
                    let mut entries = entries.clone();
                    entries[index].1 = new;
                    around(Raw::Mapping(entries))
                })
            })
            .collect(),
    };
    std::iter::once(by.clone()).chain(inner).collect()
}

/// The sample, and one document with the example of each kind.
fn documents() -> Vec<Node> {
    let example = |kind: &crate::check::Kind| {
        let body = node::parse(kind.example).unwrap_or_else(|faults| panic!("{}: {faults:?}", kind.name));
        // What looks at the pod itself cannot gate its start, which is the default.
        let gates = node::parse("[ready]").expect("a list");
        let check = Node::mapping(vec![("name", Node::scalar("a")), (kind.name, body), ("gates", gates)]);
        Node::mapping(vec![("checks", Node { span: node::Span::default(), raw: Raw::Sequence(vec![check]) })])
    };
    std::iter::once(node::parse(SAMPLE).unwrap()).chain(KINDS.iter().map(example)).collect()
}

#[test]
fn the_example_of_each_kind_is_right() {
    for document in documents() {
        let text = written(&document);
        assert_eq!(read(text.as_bytes()).err(), None, "{text}");
    }
}

#[test]
fn a_secret_in_any_place_is_in_no_fault() {
    let canaries = [
        ("hunter2s3cret", "hunter2s3cret"),
        ("73019284", "73019284"),
        ("-73019284.5", "73019284"),
        ("\"pre fix-s3cret$\\n\"", "s3cret"),
        ("[s3cret]", "s3cret"),
        ("{env: s3cret-s3cret}", "s3cret"),
        ("{env: {\"s3cret s3cret\": s3cret}}", "s3cret"),
        ("\"s3cret${\"", "s3cret"),
        ("\"postgres://app:s3cret@db:s3cret/x\"", "s3cret"),
    ];
    let mut refused = 0;
    for document in documents() {
        for (canary, secret) in canaries {
            let by = node::parse(canary).unwrap();
            for broken in replaced(&document, &by) {
                let text = written(&broken);
                let Err(faults) = read(text.as_bytes()) else { continue };
                assert!(!faults.contains(secret), "{faults}\n{text}");
                refused += 1;
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

#[test]
fn a_secret_written_as_a_key_where_a_value_belongs_is_not_shown() {
    for value in
        ["{s3cret: x}", "{s3cret}", "{env: X, s3cret: y}", "{env: X, file: s3cret}", "{postgres://a:s3cret@b/c}"]
    {
        let text = format!("checks: [{{name: a, postgres: {{url: {value}}}}}]\n");
        let faults = read(text.as_bytes()).err().unwrap();
        assert!(faults.contains("checks[0].postgres.url") && !faults.contains("s3cret"), "{faults}");
    }
}
