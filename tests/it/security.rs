//! docs/security.md: the limits that it states are those of the source.

use pilotfish::env::{Env as _, ProcessEnv};

use crate::support::helm::{repository, text_of};

/// How a number is shown.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Count,
    Time,
}
use Unit::{Bytes, Count, Time};

/// What is limited, the file of the constant, its name, and its unit.
type Row = (&'static str, &'static str, &'static str, Unit);

const LIMITS: [(&str, &[Row]); 3] = [
    (
        "what a peer sends",
        &[
            ("the length of a check, unless `timeout` says otherwise", "src/config/plan.rs", "TIMEOUT", Time),
            ("all that is read of one connection, headers included", "src/net/io.rs", "READ_LIMIT", Bytes),
            ("the largest `max_response` that can be set", "src/check/http/settings.rs", "RESPONSE_CEILING", Bytes),
            ("headers of an HTTP answer", "src/check/http/exchange.rs", "HEADERS_LIMIT", Bytes),
            ("the number of these headers", "src/check/http/exchange.rs", "HEADERS_COUNT", Count),
            ("redirects, unless `follow_redirects` says otherwise", "src/check/http/settings.rs", "REDIRECTS", Count),
            ("JSON that is read", "src/check/http/json.rs", "LONGEST", Bytes),
            ("its objects and lists", "src/check/http/json.rs", "MOST", Count),
            ("a body that `parity` compares", "src/check/parity/keys.rs", "LONGEST", Bytes),
            ("requests of `parity` to each side", "src/check/parity/keys.rs", "REQUESTS", Count),
            ("a page of `env: {bundle: …}`, and each of its scripts", "src/check/env/bundle.rs", "LONGEST", Bytes),
            ("scripts of such a page", "src/check/env/bundle.rs", "SCRIPTS", Count),
            ("values of a health document", "src/check/peer/document.rs", "LIMIT", Count),
            ("an answer to `tcp`, or inside `tls`", "src/check/dialogue.rs", "ANSWER_LIMIT", Bytes),
            ("a TLS handshake", "src/net/tls/handshake.rs", "HANDSHAKE_LIMIT", Bytes),
            ("certificates of a chain that are examined", "src/net/tls/chain.rs", "CHAIN_LIMIT", Count),
            ("possible issuers by name", "src/net/tls/chain_limit.rs", "ISSUER_LIMIT", Count),
            ("expensive signatures of a chain", "src/net/tls/signature_budget.rs", "COSTLY_LIMIT", Count),
            (
                "a PostgreSQL login, or the answer to a query",
                "src/check/postgres/guard/dialogue.rs",
                "BYTES_LIMIT",
                Bytes,
            ),
            ("messages of a PostgreSQL login", "src/check/postgres/guard/dialogue.rs", "LOGIN_MESSAGES", Count),
            ("rows of an answer of PostgreSQL", "src/check/postgres/guard/dialogue.rs", "ROWS_LIMIT", Count),
            ("rounds of SCRAM of PostgreSQL", "src/check/postgres/words.rs", "MAX_ROUNDS", Count),
            ("rounds of SCRAM of other servers", "src/check/scram.rs", "MOST_ROUNDS", Count),
            ("a message of MongoDB", "src/check/mongodb/wire.rs", "MESSAGE_LIMIT", Bytes),
            ("members of a replica set", "src/check/mongodb/hello.rs", "MEMBERS_LIMIT", Count),
            ("tables that a PostgreSQL check may name", "src/check/postgres/tables.rs", "MOST", Count),
            ("migrations that a PostgreSQL check may name", "src/check/postgres/migrations.rs", "MOST", Count),
            ("a packet of MySQL", "src/check/mysql/packet.rs", "PACKET_LIMIT", Bytes),
            ("an answer to a query of MySQL", "src/check/mysql/session.rs", "BYTES_LIMIT", Bytes),
            ("rows of an answer of MySQL", "src/check/mysql/session.rs", "ROWS_LIMIT", Count),
            ("a reply of Redis", "src/check/redis/client.rs", "REPLY_LIMIT", Bytes),
            ("a line of NATS", "src/check/nats/session.rs", "LINE_LIMIT", Bytes),
            ("lines of a NATS server before its PONG", "src/check/nats/session.rs", "MOST", Count),
            ("announced addresses of a NATS cluster that are read", "src/check/nats/info.rs", "MOST", Count),
            ("announced addresses that are connected to in one run", "src/check/announced.rs", "AT_MOST", Count),
            ("echo requests to an address in one run", "src/net/ping.rs", "MOST", Count),
            ("an answer of a gRPC health service", "src/check/grpc/mod.rs", "ANSWER", Bytes),
            ("a message of a WebSocket", "src/check/websocket/frame.rs", "MESSAGE", Bytes),
            ("a key set, or a discovery document", "src/check/jwk.rs", "LONGEST", Bytes),
            ("its commas", "src/check/jwk.rs", "MOST_VALUES", Count),
            ("keys of a key set", "src/check/jwk.rs", "MOST_KEYS", Count),
            ("a sample token", "src/check/token/jwt.rs", "LONGEST", Bytes),
            ("keys that are tried for a token without kid", "src/check/token/judge.rs", "TRIED", Count),
            ("stored keys of Better Auth", "src/check/jwks/stored.rs", "ROWS", Count),
            ("each of them", "src/check/jwks/stored.rs", "KEY", Bytes),
            ("fragments of a message of a WebSocket", "src/check/websocket/frame.rs", "FRAGMENTS", Count),
            ("an answer of Kafka", "src/check/kafka/client.rs", "ANSWER_LIMIT", Bytes),
            ("brokers of a cluster of Kafka", "src/check/kafka/messages.rs", "BROKERS", Count),
            ("a reply of a mail server", "src/check/mail/client.rs", "REPLY_LIMIT", Bytes),
            ("a message of a directory", "src/check/ldap/client.rs", "MESSAGE_LIMIT", Bytes),
            ("an answer of an MQTT broker", "src/check/mqtt/run.rs", "ANSWER_LIMIT", Bytes),
            ("an answer of memcached", "src/check/memcached/client.rs", "ANSWER_LIMIT", Bytes),
            ("records of a DNS answer", "src/net/resolve/owners.rs", "RECORD_LIMIT", Count),
            ("one DNS query", "src/net/resolve/exchange.rs", "MAX_WAIT", Time),
            ("a text of a server that is kept", "src/outcome/text.rs", "SERVER_TEXT_LIMIT", Bytes),
            ("addresses at a time under `require: each`", "src/probe/each.rs", "AT_A_TIME", Count),
        ],
    ),
    (
        "clients of the port",
        &[
            ("connections at a time", "src/serve/slots.rs", "CAP", Count),
            ("headers of a request, with the request line", "src/serve/connection.rs", "HEAD_BYTES", Bytes),
            ("the number of these headers", "src/serve/connection.rs", "HEADERS", Count),
            ("sending the headers", "src/serve/pace.rs", "HEAD_LIMIT", Time),
            ("taking the answer", "src/serve/pace.rs", "ANSWER_LIMIT", Time),
            ("an idle connection", "src/serve/pace.rs", "IDLE_LIMIT", Time),
            ("query parameters that are read", "src/serve/routes.rs", "PARAMETERS", Count),
            ("between two `POST /retry/NAME` of one check", "src/retry.rs", "RETRY_PAUSE", Time),
            ("a message to `POST /same-secret`", "src/proof.rs", "LONGEST", Bytes),
            ("sending it", "src/serve/connection.rs", "BODY_LIMIT", Time),
            ("exchanges of `same_secret` that are open", "src/serve/same_secret.rs", "OPEN", Count),
            ("one of them", "src/serve/same_secret.rs", "OPEN_LIMIT", Time),
            ("exchanges that start in a row", "src/serve/same_secret.rs", "STARTS", Count),
            ("another one after", "src/serve/same_secret.rs", "START_EACH", Time),
            ("wrong confirmations in a row", "src/serve/same_secret.rs", "WRONG", Count),
            ("another one after", "src/serve/same_secret.rs", "WRONG_EACH", Time),
        ],
    ),
    (
        "the configuration",
        &[
            ("a file", "src/env.rs", "FILE_LIMIT", Bytes),
            ("one check of it", "src/config/node/yaml.rs", "LONGEST", Bytes),
            ("nesting", "src/config/node/yaml.rs", "DEEPEST", Count),
            ("one slice of a reload", "src/app/reload.rs", "SLICE", Time),
            ("the shortest `interval`", "src/config/plan.rs", "SHORTEST_INTERVAL", Time),
            ("a termination message", "src/cli/termination.rs", "LIMIT", Bytes),
        ],
    ),
];

/// The value of a constant, as the source writes it.
fn written(file: &str, name: &str) -> String {
    let text = text_of(file);
    let start = format!("const {name}: ");
    let line = text.lines().find_map(|line| line.trim_start().trim_start_matches("pub ").split_once(&start));
    let (_, rest) =
        line.unwrap_or_else(|| panic!("{file} has no constant {name}: correct the row in tests/it/security.rs"));
    let (_, value) = rest.split_once(" = ").unwrap_or_else(|| panic!("{file}: {name} has no value in its line"));
    value.trim_end_matches(';').to_owned()
}

/// Sums of products of whole numbers, and powers of two written as shifts.
fn number(text: &str) -> u64 {
    let factor = |text: &str| {
        let plain = text.trim().replace('_', "");
        match plain.split_once(" << ") {
            Some((one, by)) => one.parse::<u64>().map(|one| one << by.parse::<u32>().unwrap_or(0)),
            None => plain.parse::<u64>(),
        }
        .unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    text.split('+').map(|product| product.split('*').map(factor).product::<u64>()).sum()
}

fn shown(value: &str, unit: Unit) -> String {
    match unit {
        Count => {
            let digits = number(value).to_string();
            let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
            groups.join(",")
        }
        Bytes => {
            let bytes = number(value);
            let (mib, kib) = (bytes >> 20, (bytes & ((1 << 20) - 1)) >> 10);
            match (mib, kib) {
                (0, 0) => format!("{bytes} bytes"),
                (0, kib) => format!("{kib} KiB"),
                (mib, 0) => format!("{mib} MiB"),
                (mib, kib) => format!("{mib} MiB + {kib} KiB"),
            }
        }
        Time => {
            let inner = value.strip_prefix("Duration::from_").and_then(|rest| rest.strip_suffix(')'));
            let (unit, count) =
                inner.and_then(|inner| inner.split_once('(')).unwrap_or_else(|| panic!("{value} is no time"));
            let short = match unit {
                "millis" => "ms",
                "secs" => "s",
                "mins" => "min",
                other => panic!("{other} is no unit of time"),
            };
            format!("{} {short}", number(count))
        }
    }
}

fn table() -> String {
    let mut text = String::new();
    for (about, rows) in LIMITS {
        text.push_str(&format!("\n| {about} | limit | source |\n| --- | --- | --- |\n"));
        for (what, file, name, unit) in rows {
            text.push_str(&format!("| {what} | {} | `{file}` |\n", shown(&written(file, name), *unit)));
        }
    }
    text.push('\n');
    text
}

#[test]
fn the_limits_of_the_security_page_are_as_the_code_says() {
    let page = text_of("docs/security.md");
    let (before, rest) = page.split_once("<!-- limits -->\n").expect("the table's place");
    let (found, after) = rest.split_once("<!-- /limits -->").expect("its end");
    let wanted = table();
    if ProcessEnv.var("PILOTFISH_WRITE_DOCS").is_some() {
        let text = format!("{before}<!-- limits -->\n{wanted}<!-- /limits -->{after}");
        std::fs::write(repository("docs/security.md"), text).expect("the page can be written");
    } else {
        assert_eq!(found, wanted, "run make docs");
    }
}

#[test]
fn numbers_are_read_as_rust_reads_them() {
    for (value, unit, expected) in [
        ("64 * 1024", Bytes, "64 KiB"),
        ("1024 * 1024 + 64 * 1024", Bytes, "1 MiB + 64 KiB"),
        ("1 << 20", Bytes, "1 MiB"),
        ("256", Bytes, "256 bytes"),
        ("10_000", Count, "10,000"),
        ("128", Count, "128"),
        ("Duration::from_secs(75)", Time, "75 s"),
        ("Duration::from_millis(5)", Time, "5 ms"),
    ] {
        assert_eq!(shown(value, unit), expected, "{value}");
    }
}
