//! `same_secret`: two real pilotfishes prove the same secret to each other, and what strangers make of the side that answers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use pilotfish::proof::exchange::{Side, start};
use pilotfish::proof::wire::{Hello, Offer, Proof, Question, Reply};
use pilotfish::proof::{Name, Version};
use pilotfish::secret::Secret;
use serde_json::Value;

use crate::support::ca::{Ca, Leaf};
use crate::support::http::HttpServer;
use crate::support::nginx::Nginx;
use crate::support::one_check::{check_of, check_with, failed, passed};
use crate::support::same_secret::scripted;
use crate::support::sidecar::{Answer, Sidecar};
use crate::support::{Folder, dead_port, free_port, pilotfish, ran, run, until};

const SECRET: &str = "uN3v7Qm2xZk9LwRt5BcY8pHs4DfGjA6e";
const OTHER: &str = "Zq8Lm4Xn1Vb6Cw9Rt2Yp7Hs5DfGkJ3aE";
const OLD: &str = "oLd5Mx3Kq9Zw7Vb1Nc4Rt8Yp6HsDfGj2";

/// A pilotfish that proves these secrets, and asks nobody of use.
fn pod(secrets: &[&str]) -> Sidecar {
    Sidecar::start(&format!("checks: [{{name: jwt, {}}}]", keys(secrets, "http://127.0.0.1:1")))
}

fn keys(secrets: &[&str], peers: &str) -> String {
    format!("same_secret: {{name: jwt, secret: {secrets:?}, peers: {peers:?}}}")
}

/// The check of a pod with these secrets.
fn check(secrets: &[&str], peer: SocketAddr) -> Value {
    check_of("same_secret", "5s", &format!("{{name: jwt, secret: {secrets:?}, peers: \"http://{peer}\"}}"))
}

#[test]
fn the_same_secret_is_proved_without_a_word_of_report() {
    let peer = pod(&[SECRET]);
    passed(&check(&[SECRET], peer.address));
    let url = format!("http://{}/same-secret", peer.address);
    passed(&check_of("same_secret", "5s", &format!("{{name: jwt, secret: {SECRET}, peers: [\"{url}\", \"{url}\"]}}")));
    // Both ways, by values that come from elsewhere.
    let folder = Folder::new();
    let config = "checks: [{name: jwt, same_secret: {name: jwt, secret: {env: JWT_SECRET}, peers: {env: PEERS}}}]";
    let config = folder.write("c.yaml", config);
    let mut command = pilotfish();
    command.env("JWT_SECRET", SECRET).env("PEERS", format!("http://{}", peer.address));
    let report = run(command.args(["check", "-c", &config]));
    assert!(report.code == 0 && report.stdout.contains("1 passed, 0 failed"), "{report:?}");
    assert!(!report.stdout.contains("warning"), "{report:?}");
    // The previous one need not be there, on either side; an empty one is none.
    let empty = folder.write("empty", "");
    let rotating = Sidecar::start(&format!(
        "checks: [{{name: jwt, same_secret: {{name: jwt, secret: [{SECRET}, {{env: NOT_SET_AT_ALL}}], peers: 'http://a'}}}}]"
    ));
    for previous in ["{env: NOT_SET_AT_ALL}".to_owned(), format!("{{file: {empty:?}}}")] {
        let keys =
            |secret| format!("{{name: jwt, secret: [{secret}, {previous}], peers: \"http://{}\"}}", rotating.address);
        passed(&check_of("same_secret", "5s", &keys(SECRET)));
        failed(&check_of("same_secret", "5s", &keys(OTHER)), "assert", "secret_mismatch", "the same Secret");
    }
    let nothing = format!("{{name: jwt, secret: {{file: {empty:?}}}, peers: \"http://{}\"}}", peer.address);
    assert_eq!(
        failed(&check_of("same_secret", "5s", &nothing), "assert", "file_invalid", ""),
        format!("the file {empty} is empty")
    );
}

#[test]
fn another_secret_is_named_and_none_is_shown() {
    let peer = pod(&[SECRET]);
    let differs = check(&[OTHER], peer.address);
    let message = failed(&differs, "assert", "secret_mismatch", "the same key of the same Secret");
    assert_eq!(message, "jwt: the peer holds another secret");
    for secret in [SECRET, OTHER] {
        assert!(!differs.to_string().contains(&secret[..6]) && !peer.log().join("\n").contains(&secret[..6]));
    }
    let folder = Folder::new();
    let file = folder.write("secret", format!("{SECRET}\n"));
    let keys = format!("{{name: jwt, secret: {{file: {file:?}}}, peers: \"http://{}\"}}", peer.address);
    let message = failed(&check_of("same_secret", "5s", &keys), "assert", "secret_mismatch", "printf %s");
    assert_eq!(message, format!("jwt: the peer holds another secret; the file {file} starts or ends with white space"));
    // Of several peers the one that differs is named, whatever the others do.
    let two = format!("http://127.0.0.1:{}, http://{}", dead_port(), peer.address);
    let several = check_of("same_secret", "5s", &format!("{{name: jwt, secret: {OTHER}, peers: {two:?}}}"));
    let message = failed(&several, "assert", "secret_mismatch", "the same Secret");
    assert!(message.contains(&format!("{}: jwt: the peer holds another", peer.address)), "{message}");
    // Also where the others pass.
    let same = pod(&[OTHER]);
    let two_of = format!("http://{}, http://{}", same.address, peer.address);
    let several = check_of("same_secret", "5s", &format!("{{name: jwt, secret: {OTHER}, peers: {two_of:?}}}"));
    let message = failed(&several, "assert", "secret_mismatch", "the same Secret");
    assert_eq!(message, format!("{}: jwt: the peer holds another secret", peer.address));
    // A secret that is none yet.
    let keys = format!("{{name: jwt, secret: {{env: JWT_SECRET}}, peers: \"http://{}\"}}", peer.address);
    let unresolved = check_with("JWT_SECRET", "vault:secret/data/app#jwt", "same_secret", &keys);
    failed(&unresolved, "assert", "secret_mismatch", "a reference for Vault, which nothing resolved");
    // A weak one is reported as elsewhere.
    let mut command = pilotfish();
    let config = format!("checks: [{{name: jwt, same_secret: {{secret: {{env: JWT_SECRET}}, peers: {two:?}}}}}]");
    let ran = run(command.env("JWT_SECRET", "short").args(["check", "-c", &folder.write("c.yaml", config)]));
    assert!(ran.stdout.contains("jwt_secret_short"), "{ran:?}");
}

#[test]
fn versions_say_who_is_behind() {
    let (new, rotated, apart) = (pod(&[SECRET]), pod(&[SECRET, OLD]), pod(&[OTHER, OLD]));
    // The secrets of this pod, the peer, and what is told with which fix.
    type Row<'a> = (&'a [&'a str], &'a Sidecar, Option<(&'a str, &'a str)>);
    let rows: [Row<'_>; 10] = [
        (&[SECRET], &rotated, None),
        (&[SECRET, OLD], &new, None),
        (&[SECRET, OLD], &rotated, None),
        (&[SECRET, OTHER], &rotated, None),
        (&[OLD], &rotated, Some(("already has a newer secret: this pod holds its previous one", "Restart this pod"))),
        (&[OTHER, SECRET], &new, Some(("still has the previous secret", "Restart the peer"))),
        (&[OTHER, SECRET], &rotated, Some(("still has the previous secret", "Restart the peer"))),
        (
            &[SECRET, OLD],
            &apart,
            Some(("has another new secret after the same previous one", "each to a secret of its own")),
        ),
        (&[OLD], &new, Some(("holds another secret", "the same key of the same Secret"))),
        (&[SECRET, OTHER], &apart, Some(("still has the previous secret", "Restart the peer"))),
    ];
    for (secrets, peer, expected) in rows {
        let check = check(secrets, peer.address);
        match expected {
            None => passed(&check),
            Some((what, hint)) => {
                assert_eq!(failed(&check, "assert", "secret_mismatch", hint), format!("jwt: the peer {what}"));
            }
        }
    }
}

/// Both sides watch each other, and the Secret changes under one after the other.
#[test]
fn a_rolling_change_shows_on_both_sides_and_stops_nobody() {
    let folder = Folder::new();
    let (one, other) = (folder.write("one", SECRET), folder.write("other", SECRET));
    let (first, second) = (free_port(), free_port());
    let serve = |own: u16, file: &str, peer: u16| {
        let config = format!(
            "listen: \"127.0.0.1:{own}\"\nchecks:\n  - {{name: jwt, interval: 100ms, failure_threshold: 1, same_secret: \
             {{secret: {{file: {file:?}}}, peers: \"http://127.0.0.1:{peer}\"}}}}\n"
        );
        let folder = Folder::new();
        let config = folder.write("pilotfish.yaml", config);
        let mut command = pilotfish();
        command.args(["serve", "-c", &config]);
        Sidecar::spawn(command, folder)
    };
    let (one_pod, other_pod) = (serve(first, &one, second), serve(second, &other, first));
    for pod in [&one_pod, &other_pod] {
        pod.until_status("/readyz/jwt", 200);
    }
    folder.write("one", OTHER);
    for pod in [&one_pod, &other_pod] {
        pod.until_status("/readyz/jwt", 503);
        assert!(pod.get("/status").body.contains("secret_mismatch"));
        // It gates nothing unless it is told to.
        assert_eq!((pod.status("/startupz"), pod.status("/readyz")), (200, 200));
    }
    folder.write("other", OTHER);
    // Whose file changed looks again at once; the other one in some minutes, or when it is asked to.
    other_pod.until_status("/readyz/jwt", 200);
    let retried = ran(&["ask", "--retry", "jwt", "--url", &format!("http://{}", one_pod.address)]);
    assert_eq!(retried.code, 0, "{retried:?}");
    one_pod.until_status("/readyz/jwt", 200);
}

#[test]
fn over_tls_as_with_any_server() {
    let (root, folder) = (Ca::root("Lab Root"), Folder::new());
    let (cert, key) = root.issue(&Leaf::server("peer.lab", &["127.0.0.1"])).write(&folder, "server", &[]);
    let ca = folder.write("ca.pem", &root.pem);
    let peer = Sidecar::start(&format!(
        "serve: {{tls: {{cert: {cert:?}, key: {key:?}}}}}\nchecks: [{{name: jwt, {}}}]",
        keys(&[SECRET], "http://127.0.0.1:1")
    ));
    let keys = |secret: &str, tls: &str| {
        format!("{{name: jwt, secret: {secret}, peers: \"https://{}\", tls: {{{tls}}}}}", peer.address)
    };
    let trusting = format!("ca: {ca:?}");
    passed(&check_of("same_secret", "5s", &keys(SECRET, &trusting)));
    failed(&check_of("same_secret", "5s", &keys(OTHER, &trusting)), "assert", "secret_mismatch", "");
    failed(&check_of("same_secret", "5s", &keys(SECRET, "ca: builtin")), "tls", "tls_untrusted", "ca");
    let plain = format!("{{secret: {SECRET}, peers: \"http://{}\"}}", peer.address);
    assert_ne!(check_of("same_secret", "5s", &plain)["result"], "pass");
}

#[test]
fn whoever_else_answers_is_told_from_a_peer() {
    let without = Sidecar::start("checks: [{name: other, file: {path: /etc/passwd}}]");
    let message =
        failed(&check(&[SECRET], without.address), "assert", "not_found_on_server", "Configure a `same_secret`");
    assert_eq!(message, "the pilotfish of the peer has no same_secret check");
    let probes = free_port();
    let peer = Sidecar::start(&format!(
        "serve: {{probe_listen: \"127.0.0.1:{probes}\"}}\nchecks: [{{name: jwt, {}}}]",
        keys(&[SECRET], "http://127.0.0.1:1")
    ));
    let at_probes = check(&[SECRET], ([127, 0, 0, 1], probes).into());
    failed(&at_probes, "assert", "not_found_on_server", "the port of `listen`");
    let named = format!("{{name: session, secret: {SECRET}, peers: \"http://{}\"}}", peer.address);
    let message = failed(&check_of("same_secret", "5s", &named), "assert", "not_found_on_server", "the same `name`");
    assert_eq!(message, "the peer has no same_secret check named session");
    let unread = Sidecar::start(
        "checks: [{name: jwt, same_secret: {name: jwt, secret: {env: NOT_SET_AT_ALL}, peers: 'http://127.0.0.1:1'}}]",
    );
    failed(&check(&[SECRET], unread.address), "assert", "not_found_on_server", "missing there");
    let page = HttpServer::always(200, "Content-Type: text/html\r\n", "<html>welcome</html>");
    failed(&check(&[SECRET], page.address), "assert", "protocol_error", "the peer's pilotfish");
    let asked = page.asked();
    assert!(asked.iter().all(|asked| asked.line == "POST /same-secret HTTP/1.1"), "{asked:?}");
    assert!(asked.iter().all(|asked| !asked.body.contains(SECRET)), "{asked:?}");
    let nothing = HttpServer::always(404, "Content-Type: text/html\r\n", "<html>no such page</html>");
    failed(&check(&[SECRET], nothing.address), "assert", "http_status", "");
    failed(&check(&[SECRET], ([127, 0, 0, 1], dead_port()).into()), "connect", "connect_refused", "");
}

#[test]
fn a_peer_that_is_this_pilotfish_proves_nothing() {
    let port = free_port();
    let config = format!(
        "listen: \"127.0.0.1:{port}\"\nchecks: [{{name: jwt, {}}}]",
        keys(&[SECRET], &format!("http://127.0.0.1:{port}"))
    );
    let folder = Folder::new();
    let config = folder.write("pilotfish.yaml", config);
    let mut command = pilotfish();
    command.args(["serve", "-c", &config]);
    let sidecar = Sidecar::spawn(command, folder);
    until("it was asked", || sidecar.get("/status").body.contains("itself, which proves nothing"));
    assert!(sidecar.get("/status").body.contains("probe_limit"));
}

/// A proxy that spreads the requests of one connection leads the second step to a replica that knows nothing of the first.
#[test]
fn replicas_behind_a_proxy_are_a_limit_and_no_mismatch() {
    let (one, other) = (pod(&[SECRET]), pod(&[SECRET]));
    let port = free_port();
    let http = format!(
        "upstream pods {{ server {}; server {}; }} server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://pods; }} }}",
        one.address, other.address
    );
    let _nginx = Nginx::start(&[port], &http);
    let spread = check(&[SECRET], ([127, 0, 0, 1], port).into());
    failed(&spread, "assert", "probe_limit", "URLs of the pods");
}

/// Sends a request as it is written.
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn send(address: SocketAddr, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a time");
    stream.write_all(request.as_bytes()).expect("it takes it");
    let mut text = String::new();
    // Whoever is cut off may be reset: what came counts.
    drop(stream.read_to_string(&mut text));
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or_default();
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}

fn post(address: SocketAddr, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let request = format!(
        "POST /same-secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
    );
    send(address, &request)
}

/// A whole guess: a first step, and a confirmation that is wrong.
pub(crate) fn wrong_proof(address: SocketAddr, message: [u8; 33]) {
    let offered = post(address, "", &hello(message));
    if let Some(Reply::Offer(offer)) = Reply::read(offered.body.as_bytes()) {
        post(address, "", &Question::Proof(Proof { session: offer.session, tag: [0; 32] }).text());
    }
}

/// A first step with any message.
fn hello(message: [u8; 33]) -> String {
    let name: Name = "jwt".parse().expect("a name");
    Question::Hello(Hello { name, version: Version::Current, instance: [1; 16], message }).text()
}

pub(crate) fn guess(secret: &str) -> [u8; 33] {
    let name = "jwt".parse().expect("a name");
    start(Side::Asks, &name, &Secret::new(secret.to_owned())).expect("random bytes").message
}

#[test]
fn the_path_is_there_only_where_it_is_configured_and_takes_only_small_posts() {
    let without = Sidecar::start("checks: [{name: other, file: {path: /etc/passwd}}]");
    for method in ["GET", "POST", "PUT"] {
        let path = |path: &str| {
            let request =
                format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            let answer = send(without.address, &request);
            (answer.status, answer.body)
        };
        assert_eq!(path("/same-secret"), path("/no-such-path"), "{method}: as any other path");
    }
    // A reload brings it.
    without.configure(&format!("checks: [{{name: jwt, {}}}]", keys(&[SECRET], "http://127.0.0.1:1")));
    without.until_status("/same-secret", 405);
    let probes = free_port();
    let peer = Sidecar::start(&format!(
        "serve: {{bearer_token: hush, probe_listen: \"127.0.0.1:{probes}\"}}\nchecks: [{{name: jwt, {}}}]",
        keys(&[SECRET], "http://127.0.0.1:1")
    ));
    let get = peer.get("/same-secret");
    assert!(get.status == 405 && get.head.to_lowercase().contains("allow: post"), "{get:?}");
    assert_eq!(post(([127, 0, 0, 1], probes).into(), "", &hello(guess("x"))).status, 404);
    // The token guards what is shown: here nothing is.
    let offered = post(peer.address, "", &hello(guess("x")));
    assert!(offered.status == 200 && offered.body.starts_with("same-secret/1 offer "), "{offered:?}");
    let long = "x".repeat(513);
    for (headers, body) in
        [("", ""), ("", "hello"), ("", long.as_str()), ("Origin: http://page.example\r\n", &hello(guess("x")))]
    {
        let refused = post(peer.address, headers, body);
        assert!(refused.status == 400 && refused.body.starts_with("same-secret/1 refused invalid\n"), "{refused:?}");
    }
    // Without an end, or without the bytes that it announces.
    let endless = format!(
        "POST /same-secret HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        "400\r\n".to_owned() + &"x".repeat(1024)
    );
    assert_eq!(send(peer.address, &endless).status, 400);
    let slow = "POST /same-secret HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nsame";
    assert_eq!(send(peer.address, slow).status, 400);
}

#[test]
fn points_and_lengths_that_no_peer_sends_end_the_exchange() {
    let peer = pod(&[SECRET]);
    let mut identity = [0; 33];
    (identity[0], identity[1]) = (b'A', 1);
    let mut other_side = guess(SECRET);
    other_side[0] = b'B';
    for message in [identity, [0; 33], [0xff; 33], other_side] {
        let Some(Reply::Offer(offer)) = Reply::read(post(peer.address, "", &hello(message)).body.as_bytes()) else {
            panic!("an offer says nothing of what was sent")
        };
        let proof = Question::Proof(Proof { session: offer.session, tag: [0; 32] }).text();
        assert_eq!(post(peer.address, "", &proof).status, 400);
        assert_eq!(post(peer.address, "", &proof).status, 410, "once");
    }
    passed(&check(&[SECRET], peer.address));
}

#[test]
fn a_flood_is_turned_away_and_guesses_end_for_everybody() {
    let peer = pod(&[SECRET]);
    let mut turned_away = 0;
    std::thread::scope(|scope| {
        let floods: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| (0..40).filter(|_| post(peer.address, "", &hello(guess("x"))).status == 429).count())
            })
            .collect();
        for _ in 0..20 {
            assert_eq!(peer.status("/livez"), 200);
        }
        turned_away = floods.into_iter().map(|flood| flood.join().expect("it ends")).sum();
    });
    assert!(turned_away > 0, "more than 20 a second are not taken");
    let mut wrong = 0;
    until("the guesses are used up", || {
        let check = check(&[OTHER], peer.address);
        match check["failure"]["cause"].as_str() {
            Some("secret_mismatch") => {
                wrong += 1;
                false
            }
            cause => {
                assert_eq!(cause, Some("probe_limit"), "{check:#}");
                check["failure"]["message"].as_str().is_some_and(|message| message.contains("wrong proofs"))
            }
        }
    });
    assert!(wrong >= 32, "{wrong}");
    // Whoever has the right one is told no more: else it could be guessed on.
    let right = check(&[SECRET], peer.address);
    failed(&right, "assert", "probe_limit", "Wait a few minutes");
    assert_eq!(right["degraded"], true, "{right:#}");
    assert_eq!(peer.status("/livez"), 200);
}

#[test]
fn who_only_says_that_it_has_the_secret_does_not_pass() {
    let offer = |message| Reply::Offer(Offer { session: [5; 16], has_previous: false, message }).text();
    let name: Name = "jwt".parse().expect("a name");
    // With another secret, and our confirmation sent back.
    let own = start(Side::Answers, &name, &Secret::new(OTHER.to_owned())).expect("random bytes").message;
    let echoing = scripted(move || {
        move |question: &Question| match question {
            Question::Hello(_) => offer(own),
            Question::Proof(proof) => Reply::Proved(proof.tag).text(),
        }
    });
    failed(&check(&[SECRET], echoing), "assert", "secret_mismatch", "");
    // With our own message sent back, as it is and as if it were the other side's.
    let reflecting = scripted(move || {
        move |question: &Question| match question {
            Question::Hello(hello) => offer(hello.message),
            Question::Proof(proof) => Reply::Proved(proof.tag).text(),
        }
    });
    failed(&check(&[SECRET], reflecting), "assert", "protocol_error", "");
    let turning = scripted(move || {
        move |question: &Question| match question {
            Question::Hello(hello) => {
                let mut message = hello.message;
                message[0] = b'B';
                offer(message)
            }
            Question::Proof(proof) => Reply::Proved(proof.tag).text(),
        }
    });
    failed(&check(&[SECRET], turning), "assert", "secret_mismatch", "");
}

#[test]
fn the_keys_are_read_with_their_faults() {
    let faults = |keys: &str| {
        let folder = Folder::new();
        let config = format!("checks:\n  - {{name: a, same_secret: {keys}}}\n");
        ran(&["config", "check", "-c", &folder.write("c.yaml", config)])
    };
    for (keys, expected) in [
        ("{secret: x}", "peers"),
        ("{peers: 'http://a'}", "secret"),
        ("{secret: [a, b, c], peers: 'http://a'}", "one or two entries"),
        ("{secret: [], peers: 'http://a'}", "one or two entries"),
        ("{secret: a, peers: 'postgres://s3cret@a'}", "http:// or https://"),
        ("{secret: a, peers: []}", "at least one entry"),
        ("{name: 'a b', secret: a, peers: 'http://a'}", "letters, digits"),
    ] {
        let ran = faults(keys);
        assert!(ran.code == 2 && format!("{}{}", ran.stdout, ran.stderr).contains(expected), "{keys}: {ran:?}");
        assert!(!format!("{ran:?}").contains("s3cret"));
    }
    let folder = Folder::new();
    let two = |second: &str| {
        let config = format!(
            "checks:\n  - {{name: a, same_secret: {{secret: {{env: A}}, peers: 'http://a'}}}}\n  \
             - {{name: b, same_secret: {second}}}\n"
        );
        ran(&["config", "check", "-c", &folder.write("c.yaml", config)])
    };
    let same = two("{secret: {env: B}, peers: 'http://b'}");
    assert!(same.code == 2 && format!("{same:?}").contains("give each secret its own name"), "{same:?}");
    for fine in ["{secret: {env: A}, peers: 'http://b'}", "{name: b, secret: {env: B}, peers: 'http://b'}"] {
        assert_eq!(two(fine).code, 0, "{fine}");
    }
    let shown = format!("checks: [{{name: jwt, {}}}]", keys(&[SECRET, OLD], "http://u:pw4711@peer:9809/x"));
    let shown = ran(&["config", "show", "-c", &folder.write("s.yaml", shown)]);
    assert!(shown.code == 0 && shown.stdout.contains("name: jwt") && shown.stdout.contains("peer:9809"), "{shown:?}");
    assert!(
        !shown.stdout.contains(&SECRET[..6]) && !shown.stdout.contains(&OLD[..6]) && !shown.stdout.contains("pw4711")
    );
    assert!(shown.stdout.contains("while it is up: 5m") && shown.stdout.contains("gates: []"), "{shown:?}");
}
