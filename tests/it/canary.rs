//! No secret, nor part of one, is ever shown. One secret goes into every place that takes one, well-formed and malformed,
//! and every output of every command is searched for it: stdout, stderr, logs, the termination message, all paths.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use pilotfish::check::{KINDS, Kind};

use crate::support::sidecar::{Sidecar, get_with};
use crate::support::{Folder, dead_port, free_port, pilotfish, run, until};

/// Nothing else looks like it. The parts are searched for as well: a URL reader that splits at `/` would show one.
const CANARY: &str = "kAn4rY7x/Qz8wVu#J5tRb";
const LEAST: usize = 5;

/// Whatever is shown of the canary, six letters of it are enough to fail.
fn assert_clean(what: &str, text: &str) {
    let letters: Vec<char> = CANARY.chars().collect();
    for part in letters.windows(LEAST) {
        let part: String = part.iter().collect();
        assert!(!text.contains(&part), "{what} shows a part of a secret ({part}):\n{text}");
    }
    let encoded = CANARY.replace('/', "%2F").replace('#', "%23");
    assert!(!text.contains(&encoded), "{what} shows the encoded secret:\n{text}");
}

fn encoded() -> String {
    CANARY.replace('/', "%2F").replace('#', "%23")
}

/// URLs that hold the secret, good and bad.
fn targets() -> Vec<String> {
    let good = encoded();
    let port = free_port();
    let mut all = Vec::new();
    for password in [CANARY, good.as_str()] {
        all.extend([
            format!("postgres://app:{password}@127.0.0.1:{port}/shop"),
            format!("postgres://app:{password}@127.0.0.1:{port}/shop?sslmode={password}"),
            format!("postgresql://app:{password}@no.such.name.invalid/shop?password={password}"),
            format!("http://app:{password}@127.0.0.1:{port}/{password}?token={password}"),
            format!("peer+https://app:{password}@127.0.0.1:{port}/"),
            format!("redis://:{password}@127.0.0.1:{port}/0"),
            format!("mongodb://app:{password}@127.0.0.1:{port}/x?authSource={password}&readPreference={password}"),
            format!(
                "mongodb://{password}:{password}@127.0.0.1:{port}/x?replicaSet={password}&authMechanism={password}"
            ),
            format!("mongodb+srv://app:{password}@127.0.0.1:{port}/x"),
            format!("mysql+pymysql://app:{password}@127.0.0.1:{port}/x?password={password}&ssl-mode={password}"),
            format!("amqp://app:{password}@127.0.0.1:{port}/x?certfile={password}&auth_mechanism={password}"),
            format!("amqps://{password}:{password}@127.0.0.1:{port}/{password}"),
            format!("redis://{password}@127.0.0.1:{port}/0"),
            format!("redis://:{password}@:{password}@127.0.0.1:{port}/0"),
            format!("redis://:{password}@127.0.0.1://x://:{password}"),
            format!("http://127.0.0.1:{port}/x?{password}"),
            format!("http://127.0.0.1:{port}/x?verbose&{password}=&{password}=="),
            format!("peer+http://127.0.0.1:{port}/x&key={password}"),
            format!("postgres://app:x@127.0.0.1:{port}/shop&password={password}"),
            format!("rediss://app:{password}@127.0.0.1:{port}/{password}"),
            format!("smtp://{password}:{password}@127.0.0.1:{port}/{password}?{password}"),
            format!("smtps://:{password}@127.0.0.1:{port}"),
            format!("nats://{password}@127.0.0.1:{port}/{password}?{password}"),
            format!("nats://app:{password}@127.0.0.1:{port},nats://other:{password}@127.0.0.1:{port}"),
            format!("grpc://127.0.0.1:{port}/{password}"),
            format!("ws://app:{password}@127.0.0.1:{port}/{password}?token={password}"),
            format!("grpcs://127.0.0.1:{port}/x?token={password}"),
            format!("ldap://cn={password}:{password}@127.0.0.1:{port}/dc={password}??sub?({password})"),
            format!("mqtt://{password}@127.0.0.1:{port}/{password}"),
            format!("memcached://{password}@127.0.0.1:{port}/{password}?{password}"),
            format!("memcache+tls://app:{password}@127.0.0.1:{port},127.0.0.1:{port}?verify_mode={password}"),
            format!("memcached://{password}:{password}@/nowhere/x.sock?{password}"),
            format!("mqtts://app:{password}@127.0.0.1:{port}?{password}"),
            format!("ldapi://%2F{password}:{password}@%2Fnowhere/{password}"),
            format!("postgres://app:{password}@app:{password}@127.0.0.1:{port}/x"),
            format!("postgres://app:x@{password}@127.0.0.1:{port}/x"),
            format!("jdbc:postgresql://app:{password}@127.0.0.1:{port}/x?password={password}"),
            format!("jdbc:postgresql://127.0.0.1:{port}/x?user=app&password={password}"),
            format!("Host=127.0.0.1;Port=5432;Username=app;Password={password};Database={password}"),
            format!("Host=127.0.0.1;Username=app;Password={password};{password};Database=x"),
            format!("host=127.0.0.1 port={port} user=app password={password} sslmode={password}"),
            format!(
                "Server=127.0.0.1;Port=3306;User ID=app;Password={password};Database={password};SslMode={password}"
            ),
            format!("ecto://app:{password}@127.0.0.1:{port}/x?sslmode={password}&{password}=x"),
            format!("mysql://app:{password}@mysql://app:{password}@127.0.0.1:{port}/x"),
            format!("amqp://app:{password}@app:{password}@127.0.0.1:{port}/x"),
            format!("unheard-of://{password}@127.0.0.1"),
            password.to_owned(),
            format!("env:{password}"),
            format!("\"postgres://app:{password}@127.0.0.1/x\""),
            format!("postgres://app:{password}@127.0.0.1/x\n"),
            format!("tcp://127.0.0.1:{password}"),
            format!("dns://localhost?server={password}"),
            format!("dns://localhost?type={password}"),
            format!("tls://127.0.0.1:{port}/{password}"),
        ]);
        let schemes = KINDS.iter().filter_map(|kind| kind.schemes.first()).map(|scheme| scheme.name);
        all.extend(schemes.map(|name| format!("{name}://app:{password}@127.0.0.1:{port}/x?x={password}")));
    }
    all
}

#[test]
fn targets_of_every_command() {
    let folder = Folder::new();
    let log = folder.write("termination", "");
    for target in targets() {
        for form in ["text", "json"] {
            let ran = run(pilotfish().args(["check", &target, "-o", form, "--termination-log", &log]));
            assert_clean(&format!("check -o {form}"), &format!("{}{}", ran.stdout, ran.stderr));
            assert_ne!(ran.code, 0, "{ran:?}");
        }
        let ran = run(pilotfish().args(["wait", &target, "--timeout", "50ms", "--termination-log", &log]));
        assert_clean("wait", &format!("{}{}", ran.stdout, ran.stderr));
        let report = folder.write("report.md", "");
        for form in ["text", "json"] {
            let ran = run(pilotfish().args(["diagnose", &target, "-o", form, "--report", &report]));
            assert_clean(&format!("diagnose -o {form}"), &format!("{}{}", ran.stdout, ran.stderr));
            assert_ne!(ran.code, 0, "{ran:?}");
            assert_clean("the report", &std::fs::read_to_string(&report).expect("it was written"));
        }
        for form in ["text", "json"] {
            let ran = run(pilotfish().args(["diagnose", "env:TARGET", "-o", form]).env("TARGET", &target));
            assert_clean("diagnose env:", &format!("{}{}", ran.stdout, ran.stderr));
        }
        for command in [&["diagnose"][..], &["config", "discover"], &["config", "discover", "--gate", "ready"]] {
            let ran = run(pilotfish().args(command).env("SERVER_URL", &target));
            assert_clean(&format!("{command:?}"), &format!("{}{}", ran.stdout, ran.stderr));
        }
        let ran = run(pilotfish().args(["ask", &target]));
        assert_clean("ask", &format!("{}{}", ran.stdout, ran.stderr));
        let ran = run(pilotfish().args(["ask", "--url", &target]));
        assert_clean("ask --url", &format!("{}{}", ran.stdout, ran.stderr));
        assert_clean("the termination message", &std::fs::read_to_string(&log).expect("it was written"));
    }
}

/// A peer that repeats what it gets behind this, as it is and in capitals.
fn echo(head: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut received = [0; 4096];
            let count = stream.read(&mut received).unwrap_or_default();
            let text = String::from_utf8_lossy(&received[..count]).into_owned();
            let body = format!("{text}{}", text.to_uppercase());
            drop(write!(stream, "{}{body}", head.replace("LENGTH", &body.len().to_string())));
        }
    });
    port
}

/// A peer that repeats each line that it gets as a key of JSON.
fn echo_as_key() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut received = [0; 4096];
            let count = stream.read(&mut received).unwrap_or_default();
            let text = String::from_utf8_lossy(&received[..count]).into_owned();
            let words: serde_json::Map<String, serde_json::Value> =
                text.split_whitespace().map(|word| (word.to_owned(), 1.into())).collect();
            let body = serde_json::Value::from(words).to_string();
            drop(write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()));
        }
    });
    port
}

#[test]
fn a_peer_that_repeats_what_it_gets() {
    let http = echo("HTTP/1.1 500 Oops\r\nContent-Type: text/plain\r\nContent-Length: LENGTH\r\n\r\n");
    let plain = echo("no: ");
    let json = echo_as_key();
    let (long, secret) = (CANARY.replace(['/', '#'], "-").repeat(2), encoded());
    let folder = Folder::new();
    let config = format!(
        r#"checks:
  - {{name: path, http: {{url: "http://127.0.0.1:{http}/hooks/{long}"}}, gates: [ready]}}
  - {{name: token, http: {{url: "http://127.0.0.1:{http}/x?{secret}"}}, gates: [ready]}}
  - {{name: body, http: {{url: "http://127.0.0.1:{http}/", method: POST, body: '{{"user": "{secret}"}}'}}, gates: [ready]}}
  - {{name: health, peer: {{url: "http://127.0.0.1:{http}/hooks/{long}?k={secret}"}}, gates: [ready]}}
  - {{name: both, parity: {{left: "http://127.0.0.1:{json}/a?{secret}", right: {{url: "http://127.0.0.1:{json}/b", bearer_token: "{CANARY}"}}, requests: ["/x?{secret}"]}}, gates: [ready]}}
  - {{name: sent, tcp: {{address: "127.0.0.1:{plain}", send: 'AUTH {CANARY}\r\nPING\r\n', expect: +OK}}, gates: [ready]}}
  - {{name: pattern, tcp: {{address: "127.0.0.1:{plain}", send: "AUTH {CANARY}", expect: {{regex: nothing}}}}, gates: [ready]}}
"#
    );
    let path = folder.write("pilotfish.yaml", config);
    for command in [&["check"][..], &["check", "-o", "json"], &["diagnose"], &["diagnose", "-o", "json"]] {
        let ran = run(pilotfish().args(command).args(["-c", &path]));
        assert!(ran.code != 0 && ran.stdout.contains("***"), "{ran:?}");
        let lower = ran.stdout.to_lowercase();
        let secrets: [Vec<char>; 2] = [CANARY, &long].map(|text| text.to_lowercase().chars().collect());
        for part in secrets.iter().flat_map(|letters| letters.windows(LEAST)) {
            let part: String = part.iter().collect();
            assert!(!lower.contains(&part), "{command:?} shows {part}:\n{}", ran.stdout);
        }
        assert_clean(&format!("{command:?}"), &format!("{}{}", ran.stdout, ran.stderr));
    }
}

#[test]
fn every_argument_position() {
    let secret = format!("postgres://app:{CANARY}@db/x");
    let secret = secret.as_str();
    let lines: &[&[&str]] = &[
        &[secret],
        &["check", "--only", secret, "tcp://127.0.0.1:1"],
        &["check", "-o", secret],
        &["check", "-c", secret],
        &["check", secret, "--no-such"],
        &["wait", "--timeout", secret],
        &["wait", "--interval", secret],
        &["wait", "--permanent-after", secret],
        &["wait", "--bogus", secret],
        &["wait", "tcp://127.0.0.1:1", "--timeout", "10ms", "--", secret],
        &["serve", "--gate", secret],
        &["serve", "-c", secret, secret],
        &["ask", "--url", secret],
        &["ask", secret, secret],
        &["diagnose", "--only", secret, "tcp://127.0.0.1:1"],
        &["diagnose", "-o", secret],
        &["diagnose", "-c", secret],
        &["diagnose", "tcp://127.0.0.1:1", "--report", secret],
        &["diagnose", "--no-such", secret],
        &["config", "discover", "--gate", secret],
        &["config", "discover", "--write", secret],
        &["config", "discover", secret],
        &["config", secret],
        &["config", "check", secret],
        &["config", "check", "-c", secret],
        &["config", "show", "-c", secret],
        &["completions", secret],
    ];
    for line in lines {
        let ran = run(pilotfish().args(*line));
        assert_clean(&format!("{:?}", line[0]), &format!("{}{}", ran.stdout, ran.stderr));
        assert_ne!(ran.code, 0, "{ran:?}");
    }
    let option = format!("--{CANARY}");
    let ran = run(pilotfish().args(["check", &option]));
    assert_clean("an unknown option", &format!("{}{}", ran.stdout, ran.stderr));
    let assigned = format!("--no-such={CANARY}");
    let ran = run(pilotfish().args(["check", &assigned]));
    assert_clean("an unknown option's value", &format!("{}{}", ran.stdout, ran.stderr));
}

/// A configuration with the secret wherever a text may stand.
fn configuration(file: &str) -> String {
    let dead = dead_port();
    let (raw, good) = (CANARY, encoded());
    format!(
        r#"listen: "127.0.0.1:0"
serve: {{bearer_token: {{file: "{file}"}}}}
defaults: {{interval: 1s}}
checks:
  - name: url-in-variable
    postgres: {{url: {{env: DATABASE_URL}}}}
    gates: [ready]
  - name: url-broken-in-variable
    postgres: {{url: {{env: BROKEN_URL}}}}
  - name: password-in-file
    postgres: {{host: 127.0.0.1, port: {dead}, user: app, database: x, password: {{file: "{file}"}}}}
    gates: [ready]
  - name: literal
    postgres: {{url: "postgres://app:{good}@127.0.0.1:{dead}/x?application_name={good}", query: "SELECT '{raw}'", expect: "{raw}"}}
    gates: [ready]
  - name: http
    http:
      url: "http://127.0.0.1:{dead}/a?token=${{SECRET}}"
      headers: {{X-Key: "{raw}", X-Other: {{env: SECRET}}}}
      body: "{raw}"
      body_contains: "{raw}"
      basic_auth: {{username: app, password: {{env: SECRET}}}}
    gates: [ready]
  - name: send
    tcp: {{address: "127.0.0.1:{dead}", send: "{raw}", expect: "{raw}"}}
    gates: [ready]
  - name: variables
    env: {{variables: [{{name: SECRET, min_length: 99}}, {{name: BROKEN_URL, url: postgres}}, {{name: DOUBLED_URL, url: redis}},
      {{name: SECRET, equals: "{raw}x"}}, {{name: SECRET, prefix: "{raw}x"}}, {{name: SECRET, pattern: "^{raw}x"}}, {{name: DATABASE_URL, url: redis}}]}}
    gates: [ready]
  - name: connection-string
    postgres: {{url: {{env: ConnectionStrings__Default}}}}
    gates: [ready]
  - name: connection-strings
    env: {{variables: [{{name: ConnectionStrings__Broken, url: postgres}}, {{name: ConnectionStrings__Legacy, url: redis}}]}}
  - name: variables-of-a-file
    env: {{variables: [{{name: SECRET, url: http}}, {{name: OTHER}}], from: "{file}"}}
    gates: [ready]
  - name: url-with-an-at-sign
    postgres: {{url: {{env: AT_URL}}, password: {{env: SECRET}}}}
    clients: [go, libpq]
    gates: [ready]
  - name: mysql
    mysql: {{url: {{env: MYSQL_URL}}, query: "SELECT '{raw}'", expect: "{raw}", ca: "{file}"}}
    gates: [ready]
  - name: mongodb
    mongodb: {{url: {{env: MONGO_URL}}, tls: {{ca: "{file}"}}}}
    gates: [ready]
  - name: mongodb-of-a-file
    mongodb: {{host: 127.0.0.1, port: {dead}, user: app, password: {{file: "{file}"}}, database: x, replica_set: {{env: SECRET}}}}
    gates: [ready]
  - name: mysql-of-a-file
    mysql: {{host: 127.0.0.1, port: {dead}, user: app, password: {{file: "{file}"}}, database: x}}
    gates: [ready]
  - name: broker
    amqp: {{url: {{env: BROKER_URL}}, queue: "{raw}"}}
    gates: [ready]
  - name: broker-of-a-file
    amqp: {{host: 127.0.0.1, port: {dead}, user: {{env: SECRET}}, password: {{file: "{file}"}}, vhost: {{env: SECRET}}, auth: {{env: SECRET}}}}
    gates: [ready]
  - name: cache
    redis: {{url: {{env: CACHE_URL}}}}
    gates: [ready]
  - name: cache-of-a-file
    redis: {{host: 127.0.0.1, port: {dead}, user: app, password: {{file: "{file}"}}}}
    gates: [ready]
  - name: messages
    nats: {{url: {{env: MESSAGES_URL}}}}
    gates: [ready]
  - name: messages-of-a-file
    nats: {{host: 127.0.0.1, port: {dead}, creds: "{file}"}}
    gates: [ready]
  - name: messages-of-a-path
    nats: {{host: 127.0.0.1, port: {dead}, creds: {{env: SECRET}}}}
    gates: [ready]
  - name: messages-with-an-nkey
    nats: {{host: 127.0.0.1, port: {dead}, nkey: {{env: SECRET}}}}
    gates: [ready]
  - name: messages-with-a-token
    nats: {{host: 127.0.0.1, port: {dead}, token: {{file: "{file}"}}}}
    gates: [ready]
  - name: events
    kafka: {{url: {{env: KAFKA_URL}}, mechanism: PLAIN, tls: {{ca: "{file}"}}}}
    gates: [ready]
  - name: events-of-a-file
    kafka: {{bootstrap: ["127.0.0.1:{dead}", {{env: SECRET}}], user: {{env: SECRET}}, password: {{file: "{file}"}}}}
    gates: [ready]
  - name: events-of-a-user
    kafka: {{bootstrap: "127.0.0.1:{dead}", user: app, password: {{env: SECRET}}, security_protocol: {{env: SECRET}}}}
    gates: [ready]
  - name: mail
    smtp: {{url: {{env: MAIL_URL}}}}
    gates: [ready]
  - name: mail-of-a-file
    smtp: {{address: "127.0.0.1:{dead}", username: {{env: SECRET}}, password: {{file: "{file}"}}, ehlo: {{env: SECRET}}}}
    gates: [ready]
  - name: mail-with-a-token
    smtp: {{address: {{env: SECRET}}, username: app, token: {{env: SECRET}}, tls: {{mode: {{env: SECRET}}, ca: {{env: SECRET}}}}}}
    gates: [ready]
  - name: call
    grpc: {{url: {{env: GRPC_URL}}, service: {{env: SECRET}}, metadata: {{authorization: "Bearer ${{SECRET}}", x-key: "{raw}", x-other: {{file: "{file}"}}}}}}
    gates: [ready]
  - name: call-of-an-address
    grpc: {{address: {{env: SECRET}}, tls: {{ca: {{env: SECRET}}, server_name: {{env: SECRET}}}}}}
    gates: [ready]
  - name: chat
    websocket: {{url: {{env: WS_URL}}, headers: {{Origin: {{env: SECRET}}, X-Key: "{raw}"}}, subprotocol: {{env: SECRET}}, expect: "{raw}"}}
    gates: [ready]
  - name: chat-with-a-token
    websocket: {{url: "wss://127.0.0.1:{dead}/x?token={good}", bearer_token: {{file: "{file}"}}, expect: {{env: SECRET}}, tls: {{ca: {{env: SECRET}}}}}}
    gates: [ready]
  - name: directory
    ldap: {{url: {{env: DIRECTORY_URL}}}}
    gates: [ready]
  - name: directory-of-a-file
    ldap: {{host: 127.0.0.1, port: {dead}, user: {{env: SECRET}}, password: {{file: "{file}"}}, base: {{env: SECRET}}}}
    gates: [ready]
  - name: directory-with-tls
    ldap: {{host: {{env: SECRET}}, tls: {{mode: {{env: SECRET}}, ca: {{env: SECRET}}}}}}
    gates: [ready]
  - name: topics
    mqtt: {{url: {{env: TOPICS_URL}}}}
    gates: [ready]
  - name: topics-of-a-file
    mqtt: {{host: 127.0.0.1, port: {dead}, user: {{env: SECRET}}, password: {{file: "{file}"}}, client_id: {{env: SECRET}}}}
    gates: [ready]
  - name: topics-with-tls
    mqtt: {{host: {{env: SECRET}}, version: {{env: SECRET}}, tls: {{ca: {{env: SECRET}}}}}}
    gates: [ready]
  - name: shared-cache
    memcached: {{url: {{env: SHARED_URL}}}}
    gates: [ready]
  - name: shared-cache-of-a-file
    memcached: {{host: 127.0.0.1, port: {dead}, user: {{env: SECRET}}, password: {{file: "{file}"}}, auth: {{env: SECRET}}}}
    gates: [ready]
  - name: shared-cache-with-tls
    memcached: {{servers: {{env: SECRET}}, tls: {{ca: {{env: SECRET}}}}}}
    gates: [ready]
  - name: no-certificate
    tls: {{address: "127.0.0.1:{dead}", cert: {{env: SECRET}}, key: {{env: SECRET}}, ca: {{env: SECRET}}}}
    gates: [ready]
  - name: peer
    peer: {{url: "http://127.0.0.1:{dead}/health?key=${{SECRET}}", bearer_token: {{env: SECRET}}, json: {{/a: "{raw}"}}}}
    gates: [ready]
  - name: parity
    parity:
      left: "http://app:{good}@127.0.0.1:{dead}/a"
      right: {{url: {{env: SECRET}}, headers: {{X-Key: "{raw}"}}, bearer_token: {{env: SECRET}}}}
      requests: ["/x?token={good}"]
    gates: [ready]
  - name: records
    dns: {{name: {{env: SECRET}}, type: TXT, server: "127.0.0.1:{dead}", expect: ["{raw}", {{env: SECRET}}]}}
    gates: [ready]
  - name: text-of-a-file
    file: {{path: "{file}", contains: "{raw}x", max_age: 1h}}
    gates: [ready]
  - name: certificates-of-a-file
    file: {{path: "{file}", pem_min_days_valid: 14}}
    gates: [ready]
  - name: file-of-a-variable
    file: {{path: {{env: SECRET}}, contains: {{env: SECRET}}, max_age: {{env: SECRET}}}}
    gates: [ready]
  - name: host
    icmp: {{host: {{env: SECRET}}}}
    gates: [ready]
  - name: mcp
    mcp: {{url: "http://app:{good}@127.0.0.1:{dead}/mcp?token={good}", headers: {{Authorization: "Bearer {raw}", X-Key: {{env: SECRET}}}}}}
    gates: [ready]
  - name: cors
    http: {{url: "http://app:{good}@127.0.0.1:{dead}/", bearer_token: {{env: SECRET}}, cors: {{origin: {{env: SECRET}}, method: PUT}}}}
    gates: [ready]
  - name: trusted-origin
    http: {{url: "http://app:{good}@127.0.0.1:{dead}/", trusted_origin: {{env: SECRET}}}}
    gates: [ready]
  - name: dapr
    dapr: {{port: {{env: SECRET}}}}
    gates: [ready]
  - name: shared
    same_secret: {{name: shared, secret: [{{env: SECRET}}, "{raw}"], peers: "http://127.0.0.1:{dead}/x?key=${{SECRET}}"}}
    gates: [ready]
  - name: shared-of-a-file
    same_secret: {{name: file, secret: {{file: "{file}"}}, peers: {{env: SECRET}}, tls: {{ca: {{env: SECRET}}}}}}
    gates: [ready]
  - name: keys
    jwks: {{url: "http://127.0.0.1:{dead}/x?key={raw}", oidc: {{env: SECRET}}, require_alg: {{env: SECRET}}, min_keys: {{env: SECRET}}, headers: {{x-key: {{env: SECRET}}}}, better_auth: {{database: "postgres://app:{good}@127.0.0.1:{dead}/x", secret: "{raw}", secrets: {{env: SECRET}}}}}}
    gates: [ready]
  - name: stored-key
    jwks: {{better_auth: {{database: "postgres://app:{good}@127.0.0.1:{dead}/x", secret: {{env: SECRET}}, secrets: "1:{raw}"}}}}
    gates: [ready]
  - name: sample
    token: {{token: "{raw}", secret: {{env: SECRET}}, issuer: {{env: SECRET}}, audience: "{raw}"}}
    gates: [ready]
  - name: sample-of-an-issuer
    token: {{token: {{env: SECRET}}, jwks: "http://app:{good}@127.0.0.1:{dead}/{good}?x={raw}", alg: {{env: SECRET}}, headers: {{authorization: "{raw}"}}}}
    gates: [ready]
  - name: provider
    oidc: {{issuer: "http://app:{good}@127.0.0.1:{dead}/", client_id: {{env: SECRET}}, redirect_uri: "{raw}", scope: {{env: SECRET}}}}
    gates: [ready]
  - name: port
    listen: {{port: {{env: SECRET}}}}
    gates: [ready]
"#
    )
}

#[test]
fn every_kind_is_configured() {
    let text = configuration("/nowhere");
    for Kind { name, .. } in KINDS {
        let is_there = text.lines().any(|line| line.trim_start().starts_with(&format!("{name}:")));
        assert!(is_there, "the kind {name} has no check in {}: add one with a secret in every place", file!());
    }
}

fn with_secrets(command: &mut Command) -> &mut Command {
    command
        .env("DATABASE_URL", format!("postgres://app:{}@127.0.0.1:{}/x", encoded(), free_port()))
        .env("BROKEN_URL", format!("postgres://app:{CANARY}@db/x"))
        .env("DOUBLED_URL", format!("redis://:{CANARY}@:{CANARY}@cache/0"))
        .env("MONGO_URL", format!("mongodb://app:{}@127.0.0.1:{}/?authSource={}", encoded(), free_port(), encoded()))
        .env("MYSQL_URL", format!("mysql://app:{}@127.0.0.1:{}/x?ssl={}", encoded(), free_port(), encoded()))
        .env("BROKER_URL", format!("amqp://app:{0}@127.0.0.1:{1}/x?keyfile={0}", encoded(), free_port()))
        .env("CACHE_URL", format!("redis://{}@127.0.0.1:{}/0", encoded(), free_port()))
        .env("MESSAGES_URL", format!("nats://app:{}@127.0.0.1:{}", encoded(), free_port()))
        .env("KAFKA_URL", format!("kafka://app:{0}@127.0.0.1:{1}/x?password={0}&x={0}", encoded(), free_port()))
        .env("DIRECTORY_URL", format!("ldap://cn={0}:{0}@127.0.0.1:{1}/{0}", encoded(), free_port()))
        .env("SHARED_URL", format!("memcached://{0}:{0}@127.0.0.1:{1}?{0}", encoded(), free_port()))
        .env("TOPICS_URL", format!("mqtt://{0}@127.0.0.1:{1}", encoded(), free_port()))
        .env("MAIL_URL", format!("smtp://{0}:{0}@127.0.0.1:{1}", encoded(), free_port()))
        .env("GRPC_URL", format!("grpc://127.0.0.1:{}/{}", free_port(), encoded()))
        .env("WS_URL", format!("ws://app:{0}@127.0.0.1:{1}/{0}?token={0}", encoded(), free_port()))
        .env("ConnectionStrings__Default", format!("Host=127.0.0.1;Username=app;Password={CANARY};Database={CANARY}"))
        .env("ConnectionStrings__Broken", format!("Host=127.0.0.1;Username=app;Password=x;{CANARY}"))
        .env("ConnectionStrings__MySql", format!("Server=127.0.0.1;Port=3306;User ID=app;Password={CANARY}"))
        .env("ConnectionStrings__Legacy", format!("Server=127.0.0.1;User Id=app;Password={CANARY};Database={CANARY}"))
        .env("ConnectionStrings__Redis", format!("127.0.0.1:1,password={CANARY},ssl=true"))
        .env("AT_URL", format!("postgres://app:{}@kan^@127.0.0.1:{}/x", encoded(), free_port()))
        .env("SECRET", CANARY)
}

#[test]
fn a_running_sidecar() {
    let folder = Folder::new();
    let file = folder.write("secret", CANARY);
    let text = configuration(&file);
    let checks = text.matches("- name: ").count();
    let config = folder.write("pilotfish.yaml", text);
    let end = folder.write("termination", "");
    let mut command = pilotfish();
    with_secrets(&mut command).args(["serve", "-c", &config, "--termination-log", &end]);
    let mut sidecar = Sidecar::spawn(command, folder);
    let token = format!("Authorization: Bearer {CANARY}\r\n");
    let get = |path: &str, headers: &str| get_with(sidecar.address, path, headers).expect("it answers");
    until("every check has run", || {
        let metrics = get("/metrics", &token).body;
        metrics.lines().filter(|line| line.starts_with("pilotfish_check_runs_total") && !line.ends_with(" 0")).count()
            == checks
    });
    for path in [
        "/",
        "/livez",
        "/readyz",
        "/readyz?verbose",
        "/startupz?verbose",
        "/readyz/http",
        "/metrics",
        "/status",
        "/nope",
    ] {
        for headers in ["", token.as_str(), "Authorization: Bearer wrong\r\n"] {
            let answer = get(path, headers);
            assert_clean(path, &format!("{}{}", answer.head, answer.body));
        }
    }
    for question in ["ready", "startup", "live", "literal", "url-broken-in-variable"] {
        for form in ["wide", "json"] {
            let url = format!("http://{}", sidecar.address);
            let ran = run(pilotfish().args(["status", "-o", form, "--url", &url]));
            assert_clean("status", &format!("{}{}", ran.stdout, ran.stderr));
        }
        for extra in ["--verbose", "--retry"] {
            let url = format!("http://{}", sidecar.address);
            let ran = run(pilotfish().args(["ask", question, extra, "--url", &url]));
            assert_clean("ask", &format!("{}{}", ran.stdout, ran.stderr));
        }
    }
    sidecar.signal("TERM");
    sidecar.end();
    assert_clean("the log", &sidecar.log().join("\n"));
    assert_clean("the termination message", &std::fs::read_to_string(&end).expect("it was written"));
    for command in [
        &["config", "show"][..],
        &["config", "check"],
        &["check"],
        &["check", "-o", "json"],
        &["wait", "--all", "--timeout", "1s"],
        &["diagnose"],
        &["diagnose", "-o", "json"],
        &["diagnose", "--report", "-"],
    ] {
        let ran = run(with_secrets(&mut pilotfish()).args(command).args(["-c", &config]));
        assert_clean(&format!("{command:?}"), &format!("{}{}", ran.stdout, ran.stderr));
    }
}

#[test]
fn faults_of_a_configuration() {
    let folder = Folder::new();
    let good = configuration("/nowhere");
    let broken = [
        good.replace("interval: 1s", &format!("interval: \"{CANARY}\"")),
        good.replace("listen: ", &format!("listen: \"{CANARY}\" #")),
        good.replace("gates: [ready]", &format!("gates: [\"{CANARY}\"]")),
        good.replace("name: http", &format!("name: \"{CANARY}\"")),
        good.replace("port: ", &format!("port: \"{CANARY}\" #")),
        good.replace("  - name: send", &format!("  \"{CANARY}\": x\n  - name: send")),
        good.replace("body_contains", "body_contain"),
        format!("checks: \"{CANARY}\""),
        format!("checks: [{{name: a, postgres: {{url: [\"{CANARY}\"]}}}}]"),
        format!("checks: [{{name: a, postgres: {{url: {{env: \"{CANARY}\"}}}}}}]"),
        format!("checks: [{{name: a, tcp: {{address: \"{CANARY}\"}}}}]"),
        format!("- {CANARY}"),
        CANARY.to_owned(),
        format!("\"{CANARY}"),
    ];
    for text in broken {
        let config = folder.write("broken.yaml", &text);
        for command in [&["config", "check"][..], &["check"], &["serve"], &["wait"], &["config", "show"]] {
            let ran = run(with_secrets(&mut pilotfish()).args(command).args(["-c", &config]));
            assert_clean(&format!("{command:?}"), &format!("{}{}", ran.stdout, ran.stderr));
            assert_eq!(ran.code, 2, "{command:?} of {text}: {ran:?}");
            assert!(ran.stderr.contains("broken.yaml:") || ran.stdout.contains("broken.yaml:"), "{ran:?}");
        }
    }
}
