//! Answers and files that are valid, or nearly, and cost as much CPU time as they can.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

use crate::support::Folder;
use crate::support::ca::{Ca, Leaf};
use crate::support::dns::NameServer;
use crate::support::hostile::{Manner, here};
use crate::support::http::{HttpServer, page};
use crate::support::nginx::Nginx;

/// Groups of checks; the servers live as long.
pub(super) struct Heavy {
    pub(super) groups: Vec<(&'static str, Vec<String>)>,
    _servers: Vec<NameServer>,
    _nginx: Vec<Nginx>,
    _trust: Folder,
}

const MIB: usize = 1024 * 1024;

pub(super) fn heavy() -> Heavy {
    let (mut groups, servers) = names();
    groups.extend(bodies());
    groups.extend(frames());
    let (_trust, nginx, handshakes) = certificates();
    groups.extend(handshakes);
    Heavy { groups, _servers: servers, _nginx: nginx, _trust }
}

/// DNS answers of up to 64 KiB, over TCP.
fn names() -> (Vec<(&'static str, Vec<String>)>, Vec<NameServer>) {
    let chain = |count: usize| (0..count).map(|n| format!("n{n}.lab ")).collect::<String>();
    let long = |count: usize| {
        let label = "a".repeat(60);
        (0..count).map(|n| format!("{label}.{label}.{label}.n{n}.lab ")).collect::<String>()
    };
    let addresses = |count: usize| (0..count).map(|n| format!("10.0.{}.{} | ", n / 250, n % 250)).collect::<String>();
    let scripts = [
        ("CNAMEs to themselves", format!("short cname {}= 10.0.0.1", "db.lab ".repeat(2_500))),
        ("a chain of 256 CNAMEs", format!("short cname {}= 10.0.0.1", chain(256))),
        ("a chain of 256 CNAMEs, last first", format!("short reversed cname {}= 10.0.0.1", chain(256))),
        ("a chain of long names, last first", format!("short reversed cname {}= 10.0.0.1", long(150))),
        ("a chain of 2000 CNAMEs", format!("short reversed pointers cname {}= 10.0.0.1", chain(2_000))),
        ("4000 addresses", format!("short = {}10.0.0.1", addresses(4_000))),
        ("datagrams of another query", "flood".to_owned()),
    ];
    scripts
        .into_iter()
        .map(|(name, script)| {
            let server = NameServer::here(&format!("* * {script}"));
            ((name, vec![format!("dns: {{name: db.lab., server: \"{}\"}}", server.address)]), server)
        })
        .unzip()
}

/// Bodies just below the limit of 1 MiB, and heads.
fn bodies() -> Vec<(&'static str, Vec<String>)> {
    let serve = |headers: &str, body: &str| HttpServer::always(200, headers, body).url("/health");
    let json = "Content-Type: application/json\r\n";
    let mut parts = String::from("{\"status\":\"ok\",\"checks\":{");
    for number in 0..9_990 {
        write!(parts, "\"part-{number}\":{{\"status\":\"down\"}},").expect("memory");
    }
    parts.push_str("\"last\":{\"status\":\"up\"}}}");
    let mut keys = String::from("{");
    for number in 0..60_000 {
        write!(keys, "\"k{number}\":{number},").expect("memory");
    }
    keys.push_str("\"status\":\"ok\"}");
    let deep = "[".repeat(MIB - 10);
    let beside = format!("{}{}0{}", "[".repeat(40), "[],".repeat(MIB / 3 - 50), "]".repeat(40));
    let objects = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let text = "db: down\n".repeat(100_000);
    let letters = "a".repeat(MIB - 10);
    let peer = |url: String| {
        vec![format!("peer: {{url: \"{url}\"}}"), format!("http: {{url: \"{url}\", json: {{/status: ok}}}}")]
    };
    let matched =
        |body: &str, regex: &str| vec![format!("http: {{url: \"{}\", body_matches: '{regex}'}}", serve("", body))];
    let chunks = {
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        answer.extend_from_slice(&b"1\r\na\r\n".repeat(200_000));
        answer.extend_from_slice(b"0\r\n\r\n");
        HttpServer::start(move |_| answer.clone()).url("/health")
    };
    let headers = (0..90).map(|n| format!("X-{n}: {}\r\n", "v".repeat(150))).collect::<String>();
    let redirects = HttpServer::start(|_| page(302, &format!("Location: /{}\r\n", "a".repeat(7_000)), "")).url("/");
    vec![
        ("a health document of 9990 parts that are down", peer(serve(json, &parts))),
        ("JSON of 60,000 keys", peer(serve(json, &keys))),
        ("JSON 1 MiB deep", peer(serve(json, &deep))),
        ("JSON of 350,000 lists beside each other", peer(serve(json, &beside))),
        ("JSON of 100,000 objects in each other", peer(serve(json, &objects))),
        ("100,000 lines of health", peer(serve("", &text))),
        ("a body of one letter, nested repetitions", matched(&letters, "(a|aa|[a-c]+)*(a{1,30}b|[a-z]{1,30}c)$")),
        ("a body of one letter, a bounded repetition", matched(&letters, "[a-z]{1,60}[0-9]")),
        ("a body in 200,000 chunks", vec![format!("peer: {{url: \"{chunks}\"}}")]),
        ("90 headers", vec![format!("http: {{url: \"{}\", body_contains: x}}", serve(&headers, "ok"))]),
        ("redirects without end", vec![format!("http: {{url: \"{redirects}\", follow_redirects: 20}}")]),
    ]
}

/// Frames of PostgreSQL, Redis and text.
fn frames() -> Vec<(&'static str, Vec<String>)> {
    let says = |bytes: Vec<u8>| here(Manner::Says(bytes));
    let list = [b"*100000\r\n".to_vec(), b"+a\r\n".repeat(100_000)].concat();
    let nested = b"*1\r\n".repeat(200_000);
    let notices = [b"R\0\0\0\x08\0\0\0\0".to_vec(), b"N\0\0\0\x10SNOTICE\0Ma\0\0".repeat(60_000)].concat();
    let postgres =
        |peer: SocketAddr| vec![format!("postgres: {{url: \"postgres://app:sesame@{peer}/app?sslmode=disable\"}}")];
    let redis = |peer: SocketAddr| vec![format!("redis: {{url: \"redis://:sesame@{peer}/1\"}}")];
    let tcp = format!(
        "tcp: {{address: \"{}\", send: x, expect: {{regex: '[a-z]{{1,60}}[0-9]'}}}}",
        says(vec![b'a'; 64 * 1024])
    );
    vec![
        ("a list of 100,000 strings", redis(says(list))),
        ("200,000 lists in each other", redis(says(nested))),
        (
            "38,000 partitions of Kafka",
            vec![format!("kafka: {{url: \"kafka://{}/orders\"}}", says(partitions(38_000)))],
        ),
        ("60,000 notices", postgres(says(notices))),
        ("30,000 rounds of SCRAM", postgres(scram(30_000))),
        ("two billion rounds of SCRAM", postgres(scram(2_000_000_000))),
        ("64 KiB for an expression", vec![tcp]),
    ]
}

/// A broker of Kafka that describes a topic with so many partitions, none of which has a leader.
fn partitions(count: u32) -> Vec<u8> {
    let answer = |number: u8, body: &[u8]| {
        let length = u32::try_from(body.len() + 4).expect("short").to_be_bytes();
        [&length[..], &[0x70, 0x66, 0, number], body].concat()
    };
    let versions = [0, 0, 0, 0, 0, 1, 0, 3, 0, 0, 0, 5];
    // No broker, no cluster, no controller, one topic.
    let mut metadata = [&[0; 8][..], &[0xff; 6], &[0, 0, 0, 1, 0, 0, 0, 6], b"orders\0", &count.to_be_bytes()].concat();
    for index in 0..count {
        metadata.extend_from_slice(&[0, 5]);
        metadata.extend_from_slice(&index.to_be_bytes());
        metadata.extend_from_slice(&[0xff; 4]);
        metadata.extend_from_slice(&[0; 12]);
    }
    [answer(1, &versions), answer(2, &metadata)].concat()
}

/// A server of PostgreSQL that asks for so many rounds of hashing.
fn scram(rounds: u32) -> SocketAddr {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || drop(challenge(stream, rounds)));
        }
    });
    address
}

fn challenge(mut stream: TcpStream, rounds: u32) -> std::io::Result<()> {
    let mut buffer = [0; 4096];
    stream.read(&mut buffer).map(drop)?;
    stream.write_all(b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0")?;
    let length = stream.read(&mut buffer)?;
    let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
    let nonce = text.rsplit("r=").next().unwrap_or_default();
    let first = format!("r={nonce}more,s=QSXCR+Q6sek8bf92,i={rounds}");
    let length = u32::try_from(first.len() + 8).expect("short").to_be_bytes();
    stream.write_all(&[b"R", &length[..], &[0, 0, 0, 11], first.as_bytes()].concat())?;
    stream.read(&mut buffer).map(drop)?;
    // No rejected login, after which the check would wait: "the database system is starting up".
    let error = b"SFATAL\0C57P03\0Mstarting up\0\0";
    let length = u32::try_from(error.len() + 4).expect("short").to_be_bytes();
    stream.write_all(&[b"E", &length[..], error].concat())
}

/// What they are, and the checks that face them.
type Peers = (&'static str, Vec<String>);

/// Chains and certificates that are large.
fn certificates() -> (Folder, Vec<Nginx>, Vec<Peers>) {
    let trust = Folder::new();
    let ca = Ca::root("fairness root");
    let file = trust.write("ca.pem", &ca.pem);
    let names: Vec<String> = (0..600).map(|n| format!("host-{n}.lab.example")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["localhost"]).collect();
    let many = ca.issue(&Leaf::server("localhost", &names));
    let one = ca.issue(&Leaf::server("localhost", &["localhost"]));
    let same: Vec<Ca> = (0..60).map(|_| Ca::root("fairness root")).collect();
    let chain: Vec<&str> = same.iter().map(|ca| ca.pem.as_str()).collect();
    let mut servers = Vec::new();
    let mut group = |name, pair, chain: &[&str]| {
        let (nginx, port) = Nginx::https(pair, chain, "");
        servers.push(nginx);
        let check = |kind: &str| format!("{kind}, ca: \"{file}\", server_name: localhost}}");
        (name, vec![check(&format!("tls: {{address: \"127.0.0.1:{port}\""))])
    };
    let groups =
        vec![group("a certificate of 600 names", &many, &[]), group("60 authorities of one name", &one, &chain)];
    (trust, servers, groups)
}

/// Files that a check reads in every run.
pub(super) fn files() -> (Folder, Vec<(&'static str, Vec<String>)>) {
    let folder = Folder::new();
    let mut growing = format!("A={}\n", "x".repeat(10));
    for pair in ('A'..='O').zip('B'..='P') {
        writeln!(growing, "{}={}", pair.1, format!("${{{}}}", pair.0).repeat(10)).expect("memory");
    }
    let lines = (0..8_000).map(|n| format!("NAME_{n}=value-{n}\n")).collect::<String>();
    let referring = (1..8_000).map(|n| format!("NAME_{n}=${{NAME_{}}}\n", n - 1)).collect::<String>();
    let marks = format!("NAME=http://{}\n", "?".repeat(200_000));
    let check = |name: &str, text: &str, rule: &str| {
        vec![format!("env: {{from: \"{}\", variables: [{{name: {rule}}}]}}", folder.write(name, text))]
    };
    let groups = vec![
        ("variables that grow tenfold", check("growing", &growing, "P")),
        ("8000 variables", check("lines", &lines, "NAME_7999")),
        ("8000 variables of each other", check("referring", &referring, "NAME_7999")),
        ("a URL of 200,000 marks", check("marks", &marks, "NAME, url: http")),
    ];
    (folder, groups)
}
