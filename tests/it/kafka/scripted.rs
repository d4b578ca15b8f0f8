//! Brokers that are scripted: states that a single real one does not have, and answers that must not be believed.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use serde_json::Value;

use super::{check_keys, failed};

/// What a broker answers to the request with this key; `None`: it hangs up.
type Script = fn(key: i16, body: &[u8], port: u16) -> Option<Vec<u8>>;

/// Starts one; its port.
fn scripted(script: Script) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream, script, port));
        }
    });
    port
}

fn serve(mut stream: TcpStream, script: Script, port: u16) -> Option<()> {
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request).ok()?;
        let name = usize::from(u16::from_be_bytes([request[8], request[9]]));
        assert_eq!(&request[10..10 + name], b"pilotfish", "the client's name");
        let key = i16::from_be_bytes([request[0], request[1]]);
        let body = script(key, &request[10 + name..], port)?;
        let length = u32::try_from(body.len() + 4).expect("it is short").to_be_bytes();
        stream.write_all(&[&length, &request[4..8], &body].concat()).ok()?;
    }
}

fn short(text: &str) -> Vec<u8> {
    [&u16::try_from(text.len()).expect("it is short").to_be_bytes(), text.as_bytes()].concat()
}

/// The versions of Metadata, of the login, and of the messages of the login.
fn versions(all: &[(i16, i16, i16)]) -> Vec<u8> {
    let count = u32::try_from(all.len()).expect("it is short");
    let mut body = [&[0, 0][..], &count.to_be_bytes()].concat();
    for number in all.iter().flat_map(|(key, low, high)| [key, low, high]) {
        body.extend_from_slice(&number.to_be_bytes());
    }
    body
}

const USUAL: &[(i16, i16, i16)] = &[(3, 0, 5), (17, 0, 1), (36, 0, 2)];

/// A partition: its error, its leader, and its in-sync replicas.
type Partition<'a> = (i16, i32, &'a [i32]);

/// The answer to Metadata, version 5: one broker at this port, and the topic `orders`.
fn cluster(port: u16, controller: i32, partitions: &[Partition<'_>]) -> Vec<u8> {
    let mut body = [&[0; 4][..], &1_i32.to_be_bytes(), &7_i32.to_be_bytes(), &short("127.0.0.1")].concat();
    body.extend_from_slice(&i32::from(port).to_be_bytes());
    body.extend_from_slice(&[0xff; 4]);
    body.extend_from_slice(&controller.to_be_bytes());
    body.extend_from_slice(&[&1_i32.to_be_bytes()[..], &[0, 0], &short("orders"), &[0]].concat());
    body.extend_from_slice(&u32::try_from(partitions.len()).expect("few").to_be_bytes());
    for (index, (error, leader, in_sync)) in (0_i32..).zip(partitions) {
        body.extend_from_slice(&[&error.to_be_bytes()[..], &index.to_be_bytes(), &leader.to_be_bytes()].concat());
        for list in [&[7, 8, 9][..], in_sync, &[]] {
            body.extend_from_slice(&u32::try_from(list.len()).expect("few").to_be_bytes());
            list.iter().for_each(|broker: &i32| body.extend_from_slice(&broker.to_be_bytes()));
        }
    }
    body
}

fn asked(script: Script, rest: &str) -> Value {
    check_keys(&format!("{{bootstrap: '127.0.0.1:{}', topic: orders{rest}}}", scripted(script)))
}

#[test]
fn partitions_without_a_leader() {
    let check = asked(
        |key, _, port| match key {
            18 => Some(versions(USUAL)),
            _ => Some(cluster(port, 7, &[(0, 7, &[7, 8, 9]), (5, -1, &[]), (0, 7, &[7])])),
        },
        ", min_isr: 2",
    );
    let message = failed(&check, "assert", "not_enough_replicas", "--unavailable-partitions");
    assert_eq!(message, "no leader for topic orders: 1 of 3 partitions (1)");
}

#[test]
fn fewer_replicas_in_sync_than_wanted() {
    fn script(key: i16, _: &[u8], port: u16) -> Option<Vec<u8>> {
        Some(if key == 18 { versions(USUAL) } else { cluster(port, 7, &[(0, 7, &[7, 8]), (9, 7, &[7]), (0, 7, &[])]) })
    }
    let message = failed(&asked(script, ", min_isr: 2"), "assert", "not_enough_replicas", "acks=all");
    assert_eq!(
        message,
        "too few in-sync replicas of topic orders: 2 of 3 partitions (1, 2): 0 in sync, `min_isr` requires 2"
    );
    assert_eq!(asked(script, "")["result"], "pass", "without `min_isr` a leader is enough");
}

#[test]
fn a_cluster_without_a_controller_passes_degraded() {
    let check =
        asked(|key, _, port| Some(if key == 18 { versions(USUAL) } else { cluster(port, -1, &[(0, 7, &[7])]) }), "");
    assert_eq!((&check["result"], &check["degraded"]), (&"pass".into(), &true.into()), "{check:#}");
    let text = check["facts"]["health_warning"].as_str().unwrap_or_default();
    assert_eq!(text, "the cluster has no controller: it creates no topics and elects no leaders");
}

#[test]
fn a_broker_that_could_create_a_topic_is_not_asked() {
    let old = asked(
        |key, _, _| {
            assert_eq!(key, 18, "nothing but its versions is asked for");
            Some(versions(&[(3, 0, 3), (17, 0, 0)]))
        },
        "",
    );
    failed(&old, "login", "probe_limit", "`tcp` check");
    assert_eq!(old["degraded"], true, "{old:#}");
}

/// A request for topics names them, and says that none is to be created; one without topics names none.
#[test]
fn a_request_creates_no_topic() {
    fn script(key: i16, body: &[u8], port: u16) -> Option<Vec<u8>> {
        if key == 18 {
            return Some(versions(USUAL));
        }
        assert_eq!((key, body), (3, [&1_i32.to_be_bytes()[..], &short("orders"), &[0]].concat().as_slice()));
        Some(cluster(port, 7, &[(0, 7, &[7])]))
    }
    super::passed(&asked(script, ""));
    let none = scripted(|key, body, port| {
        if key == 18 {
            return Some(versions(USUAL));
        }
        assert_eq!((key, body), (3, &[0, 0, 0, 0, 0][..]));
        Some(cluster(port, 7, &[]))
    });
    super::passed(&check_keys(&format!("{{bootstrap: '127.0.0.1:{none}'}}")));
}

#[test]
fn logins_that_must_not_be_believed() {
    let login = "user: app, password: sesame, mechanism: SCRAM-SHA-256";
    let challenge = |script: Script| check_keys(&format!("{{bootstrap: '127.0.0.1:{}', {login}}}", scripted(script)));
    fn answer(body: &[u8], rounds: &str) -> Vec<u8> {
        let text = String::from_utf8_lossy(body);
        let nonce = text.split("r=").nth(1).unwrap_or_default();
        let bytes = format!("r={nonce}more,s=AAAAAAAAAAA=,i={rounds}");
        let length = u32::try_from(bytes.len()).expect("it is short").to_be_bytes();
        [&[0, 0, 0xff, 0xff][..], &length, bytes.as_bytes(), &[0; 8]].concat()
    }
    fn step(key: i16, body: &[u8], rounds: &str, last: &str) -> Option<Vec<u8>> {
        Some(match key {
            18 => versions(USUAL),
            17 => vec![0; 6],
            _ if String::from_utf8_lossy(body).contains("c=biws") => {
                let length = u32::try_from(last.len()).expect("it is short").to_be_bytes();
                [&[0, 0, 0xff, 0xff][..], &length, last.as_bytes(), &[0; 8]].concat()
            }
            _ => answer(body, rounds),
        })
    }
    let few = challenge(|key, body, _| step(key, body, "1", ""));
    failed(&few, "login", "probe_limit", "`min_scram_iterations`");
    let many = challenge(|key, body, _| step(key, body, "2000000000", ""));
    failed(&many, "login", "probe_limit", "kafka-configs.sh");
    let forged = challenge(|key, body, _| step(key, body, "4096", "v=AAAA"));
    let message = failed(&forged, "login", "protocol_error", "verified certificate");
    assert_eq!(message, "the broker could not prove that it knows the password");
    let garbage = challenge(|key, body, _| step(key, body, "many", ""));
    failed(&garbage, "login", "protocol_error", "");
    let refused = challenge(|key, body, _| step(key, body, "4096", "e=invalid-proof"));
    failed(&refused, "login", "password_rejected", "");
    let closed = challenge(|key, body, _| (key != 36).then(|| step(key, body, "", "")).flatten());
    failed(&closed, "login", "connection_closed", "connection string");
}

#[test]
fn an_error_that_repeats_the_password_is_not_shown() {
    let port = scripted(|key, _, _| match key {
        18 => Some(versions(USUAL)),
        17 => Some(vec![0; 6]),
        _ => Some([&58_i16.to_be_bytes()[..], &short("sesame is wrong for app"), &[0; 12]].concat()),
    });
    let keys = format!("{{bootstrap: '127.0.0.1:{port}', user: app, password: sesame, mechanism: PLAIN}}");
    let check = check_keys(&keys);
    let message = failed(&check, "login", "password_rejected", "");
    assert_eq!(message, "the broker rejected the user or the password");
    assert!(!check.to_string().contains("sesame"), "{check:#}");
}
