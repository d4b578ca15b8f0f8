//! Connection URLs: the real clients are asked how they read them, and pilotfish what it says of them.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::ca::Leaf;
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Folder, Ran, Running, free_port, need, pilotfish, run, tool, until};

/// The table that the unit tests ask the emulated readers of: see its head.
const RAW: &str = include_str!("../../src/findings/urls/clients/raw.txt");
/// What becomes of parameters with each client, and of JDBC's URLs.
const PARAMETERS: &str = include_str!("../../src/findings/urls/params.txt");
const JDBC: &str = include_str!("../../src/findings/urls/jdbc.txt");
pub(crate) const TOOLS: &str = "url-clients-2";

/// The answers of one runtime's clients to all URLs.
fn ask(command: &mut Command, urls: &Value) -> serde_json::Map<String, Value> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the clients start");
    child.stdin.take().expect("its stdin").write_all(urls.to_string().as_bytes()).expect("the URLs are written");
    let output = child.wait_with_output().expect("they end");
    assert!(output.status.success(), "{output:?}");
    let answers: Value = serde_json::from_slice(&output.stdout).expect("they answer in JSON");
    answers.as_object().expect("one list for each client").clone()
}

/// The answers of every real client: user, password, host, port and database, or null for a refusal; to `parameters` a
/// letter.
fn ask_all(urls: &Value) -> serde_json::Map<String, Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/urls");
    let mut python = Command::new(tool(TOOLS).join("bin/python"));
    let mut node = Command::new(need("node", "nodejs"));
    // For sslmode=verify-full, which looks for one.
    python.env("PGSSLROOTCERT", "/etc/ssl/certs/ca-certificates.crt");
    let mut all = ask(python.arg(format!("{folder}/clients.py")), urls);
    all.extend(ask(node.arg(format!("{folder}/clients.cjs")).arg(tool(TOOLS)).env("NODE_NO_WARNINGS", "1"), urls));
    all.extend(ask(&mut Command::new(tool(TOOLS).join("read-go")), urls));
    all.extend(ask(&mut Command::new(tool(TOOLS).join("read-rust")), urls));
    all
}

/// The answers of Elixir's own reader, with Ecto's rules around it.
fn ask_ecto(urls: &Value) -> Value {
    let mut elixir = Command::new(need("elixir", "elixir"));
    elixir.env("ELIXIR_ERL_OPTIONS", "+fnu").env("LC_ALL", "C.UTF-8");
    elixir.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/urls/ecto.exs"));
    let urls = urls.as_array().expect("a list");
    let ran = run(elixir.args(urls.iter().map(|url| url.as_str().expect("a text"))));
    let decoded = |field: &str| {
        let form = field.replace('+', " ");
        let mut bytes = Vec::new();
        let mut rest = form.as_bytes();
        while let [first, after @ ..] = rest {
            let escape = (*first == b'%').then(|| std::str::from_utf8(&after[..2]).expect("hex digits"));
            bytes.push(escape.map_or(*first, |digits| u8::from_str_radix(digits, 16).expect("hex digits")));
            rest = &after[if escape.is_some() { 2 } else { 0 }..];
        }
        String::from_utf8(bytes).expect("a text")
    };
    let answer = |line: &str| match line.split('\t').map(decoded).collect::<Vec<_>>().as_slice() {
        [user, password, host, port, database] => json!([user, password, host, port.parse::<u64>().ok(), database]),
        _ => Value::Null,
    };
    let answers: Vec<Value> = ran.stdout.lines().map(answer).collect();
    assert_eq!(answers.len(), urls.len(), "{}", ran.stderr);
    json!(answers)
}

/// What was meant, and the letter of the table for what a client took.
struct Meant<'a> {
    user: &'a str,
    password: &'a str,
    port: u64,
    database: &'a str,
}

impl Meant<'_> {
    fn letter(&self, answer: &Value) -> char {
        let text = |index: usize| match &answer[index] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let port = match &answer[3] {
            Value::Null => self.port,
            port => port.as_u64().unwrap_or_default(),
        };
        match () {
            () if answer.is_null() => 'P',
            () if text(2) == self.user => 'U',
            () if text(2) != "127.0.0.1" || port != self.port => 'H',
            () if text(0) != self.user || text(1) != self.password => 'A',
            () if text(4) != self.database => 'D',
            () => '.',
        }
    }
}

#[test]
fn the_real_clients_read_as_the_table_says() {
    let mut urls = json!({"postgres": [], "redis": [], "ecto": []});
    let mut rows = Vec::new();
    let (mut family, mut clients) = ("", Vec::new());
    for line in RAW.lines().filter(|line| !line.starts_with('#')) {
        let Some((letters, password)) = line.split_once('\t') else {
            let mut words = line.split(' ');
            family = words.next().expect("the family");
            clients = words.collect();
            continue;
        };
        let (list, url) = match family {
            "ecto" => ("ecto", format!("ecto://app:{password}@127.0.0.1:5432/shop")),
            "postgres" | "postgis" | "cockroachdb" => {
                ("postgres", format!("{family}://app:{password}@127.0.0.1:5432/shop"))
            }
            "redis" => ("redis", format!("redis://default:{password}@127.0.0.1:6379/0")),
            _ => ("postgres", password.replace("\\n", "\n").replace("\\r", "\r").replace("\\s", " ")),
        };
        let list = urls[list].as_array_mut().expect("a list");
        rows.push((family, clients.clone(), list.len(), letters, password));
        list.push(json!(url));
    }
    let of_ecto = urls["ecto"].take();
    urls.as_object_mut().expect("an object").remove("ecto");
    let mut answers = ask_all(&urls);
    answers.insert("ecto".to_owned(), ask_ecto(&of_ecto));
    let mut wrong = Vec::new();
    for (family, clients, index, letters, password) in rows {
        let meant = match family {
            "redis" => Meant { user: "default", password, port: 6379, database: "0" },
            "whole" => Meant { user: "app", password: "pw", port: 5432, database: "shop" },
            _ => Meant { user: "app", password, port: 5432, database: "shop" },
        };
        for (names, expected) in clients.iter().zip(letters.chars()) {
            for client in names.split('+') {
                let found = meant.letter(&answers[client][index]);
                if found != expected {
                    wrong.push(format!("{client}, {password}: {found}, not {expected}: {}", answers[client][index]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Which parameters each client takes, asks the server for, and refuses.
#[test]
fn the_real_clients_deal_with_parameters_as_the_table_says() {
    let folder = Folder::new();
    let (cert, key) = Leaf::client("app").self_signed().write(&folder, "app", &[]);
    let mut lines = PARAMETERS.lines();
    let clients = lines.next().expect("the clients");
    let rows: Vec<(&str, String)> = lines
        .filter_map(|line| line.split_once('\t'))
        .map(|(letters, pair)| (letters, pair.replace("CERT", &cert).replace("KEY", &key)))
        .collect();
    assert!(rows.len() > 25, "{}", rows.len());
    let url = |pair: &str| {
        // What one alone is no use, or refused for its weakness.
        let before = match pair.split_once('=') {
            Some(("sslcert", _)) => format!("sslkey={key}&"),
            Some(("sslkey", _)) => format!("sslcert={cert}&"),
            Some(("sslnegotiation", _)) => "sslmode=require&".to_owned(),
            Some((_, "system")) => "sslmode=verify-full&".to_owned(),
            _ => String::new(),
        };
        format!("postgres://app:pw@127.0.0.1:5432/shop?{before}{pair}")
    };
    let urls: Vec<String> = rows.iter().map(|(_, pair)| url(pair)).collect();
    let answers = ask_all(&json!({"parameters": urls}));
    let mut wrong = Vec::new();
    for (index, (letters, pair)) in rows.iter().enumerate() {
        for (names, letter) in clients.split(' ').zip(letters.chars()) {
            // Which settings the server knows is not the clients' business; older versions are not asked.
            let expected = if letter == 'S' { 'F' } else { letter };
            let expected = if expected.is_lowercase() || expected == 'I' { '.' } else { expected };
            // Ecto cannot be installed: its column is read off the source of Postgrex.
            let asked = names.split('+').filter(|client| *client != "ecto");
            for client in asked.filter(|client| answers[*client][index] != expected.to_string()) {
                wrong.push(format!("{client}, {pair}: {}, not {expected}", answers[client][index]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The settings that clients ask for: the real server lets them set those of which nothing is said, and none of the others.
#[test]
fn the_real_server_takes_some_parameters_as_settings() {
    let cluster = Cluster::plain();
    for (letters, pair) in PARAMETERS.lines().filter_map(|line| line.split_once('\t')) {
        let known = letters.contains('S');
        let Some((name, _)) = pair.split_once('=').filter(|_| known || letters.contains('F')) else { continue };
        let own = "context IN ('user', 'superuser', 'backend', 'superuser-backend')";
        let count = cluster.sql(&format!("SELECT count(*) FROM pg_settings WHERE name = '{name}' AND {own}"));
        // `options` is a part of the protocol.
        assert!(name == "options" || count.trim() == if known { "1" } else { "0" }, "{name}: {count}");
    }
}

/// node-postgres looks at the certificate as for verify-full also where other clients do not.
#[test]
fn the_real_node_postgres_verifies() {
    let verified = ["prefer", "require", "verify-ca", "verify-full"].map(|mode| (format!("sslmode={mode}"), "full"));
    let other = ["sslmode=disable", "sslmode=no-verify", "uselibpqcompat=true&sslmode=require"]
        .map(|query| (query.to_owned(), "other"));
    let cases: Vec<(String, &str)> = verified.into_iter().chain(other).collect();
    let urls: Vec<String> = cases.iter().map(|(query, _)| format!("postgres://app:pw@db.example/x?{query}")).collect();
    let mut node = Command::new(need("node", "nodejs"));
    node.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/urls/clients.cjs")).arg(tool(TOOLS));
    let answers = ask(node.env("NODE_NO_WARNINGS", "1"), &json!({"sslmodes": urls}));
    for client in ["node-postgres", "prisma-7"] {
        for (index, (query, expected)) in cases.iter().enumerate() {
            assert_eq!(answers[client][index], *expected, "{client}, {query}");
        }
    }
}

/// pgjdbc takes from its URLs what the table says.
#[test]
fn the_real_jdbc_driver_reads_as_the_table_says() {
    let rows: Vec<Vec<&str>> = JDBC.lines().map(|line| line.split('\t').collect()).collect();
    let mut java = Command::new(need("java", "openjdk-17-jdk-headless"));
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(tool(TOOLS).join("postgresql.jar"));
    java.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/urls/Jdbc.java"));
    let ran = run(java.args(rows.iter().map(|row| row[2])));
    let answers: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(answers, rows.iter().map(|row| row[1]).collect::<Vec<_>>(), "{}", ran.stderr);
}

/// What is no password's fault: the password in the user's place, no scheme, a database that no server has.
#[test]
fn the_real_clients_of_redis_read_odd_urls() {
    let urls = ["redis://hunter2@cache:6380/0", "redis:6380", "redis://:pw@cache:6380/99"];
    let answers = ask_all(&json!({"redis": urls}));
    for client in ["redis-py", "ioredis", "node-redis", "redis-rs"] {
        let [user, bare, database] = [0, 1, 2].map(|index| &answers[client][index]);
        assert_eq!(user[0], "hunter2", "{client}: {user}");
        assert!(matches!(user[1].as_str(), None | Some("")), "{client}: {user}");
        assert_eq!(database[4], "99", "{client}: {database}");
        let expected = match client {
            "ioredis" => json!(["redis", 6380]),
            // Which is this host's usual port.
            "node-redis" => json!(["", null]),
            _ => json!(null),
        };
        assert_eq!(if bare.is_null() { json!(null) } else { json!([bare[2], bare[3]]) }, expected, "{client}: {bare}");
    }
}

/// Percent-encoded, the real clients read any password as it is: that is the remedy that pilotfish names.
#[test]
fn the_real_clients_read_encoded_passwords() {
    let marks = "/?#@:%&=+$,;![]{}|\\^`\"'<> ~*()äß";
    let passwords: Vec<String> = marks.chars().map(|mark| format!("a{mark}41{mark}")).collect();
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let of = |family: &str, end: &str| -> Vec<String> {
        passwords.iter().map(|password| format!("{family}:{}@127.0.0.1:{end}", encode(password))).collect()
    };
    let urls = json!({"postgres": of("postgresql://app", "5432/shop"), "redis": of("redis://default", "6379/0")});
    for (client, answers) in ask_all(&urls) {
        let redis = answers[0][4] == "0";
        for (index, password) in passwords.iter().enumerate() {
            let meant = match redis {
                false => Meant { user: "app", password, port: 5432, database: "shop" },
                true => Meant { user: "default", password, port: 6379, database: "0" },
            };
            assert_eq!(meant.letter(&answers[index]), '.', "{client}, {password}: {}", answers[index]);
        }
    }
}

/// One check of the URL in a variable: its JSON.
fn check_url(url: &str) -> Value {
    let Ran { stdout, stderr, .. } =
        run(pilotfish().env("DATABASE_URL", url).args(["check", "env:DATABASE_URL", "-o", "json"]));
    let report: Value = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    report["checks"][0].clone()
}

fn codes(check: &Value) -> Vec<&str> {
    let findings = check["findings"].as_array().expect("a list of findings");
    findings.iter().map(|finding| finding["code"].as_str().expect("a code")).collect()
}

/// A password with every mark, set in a real server: encoded it logs in without a word, raw it is told why not.
#[test]
fn passwords_at_a_real_server() {
    let cluster = Cluster::plain();
    let password = "xK+3/a#b?c%zz@d";
    cluster.sql(&format!("ALTER ROLE app PASSWORD '{password}'"));
    let encoded: String = password.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let url = |password: &str| format!("postgres://app:{password}@127.0.0.1:{}/app", cluster.port);
    let good = check_url(&url(&encoded));
    assert_eq!((good["result"].as_str(), codes(&good).len()), (Some("pass"), 0), "{good}");
    let raw = check_url(&url(password));
    let failure = &raw["failure"];
    assert_eq!(failure["cause"], "url_password_unencoded", "{raw}");
    let hint = failure["hint"].as_str().expect("a hint");
    let right = format!("postgres://app:***@127.0.0.1:{}/app", cluster.port);
    assert!(hint.contains("/ as %2F") && hint.contains("@ as %40") && hint.ends_with(&right), "{hint}");
    assert_eq!(codes(&raw), ["url_password_unencoded"]);
    // What a real client says of it shows a piece of the password; pilotfish does not.
    let psql = cluster.psql(&url("xK+3/ab"), "SELECT 1");
    assert!(psql.stderr.contains("xK+3"), "{psql:?}");
    assert!(!raw.to_string().contains("xK+3"), "{raw}");
}

/// It logs in here, and most clients would not: the check passes and says so.
#[test]
fn a_password_with_an_at_sign_passes_with_a_finding() {
    let cluster = Cluster::plain();
    cluster.sql("ALTER ROLE app PASSWORD 'hun@ter2'");
    let check = check_url(&format!("postgres://app:hun@ter2@127.0.0.1:{}/app", cluster.port));
    assert_eq!((check["result"].as_str(), codes(&check)), (Some("pass"), vec!["url_password_unencoded"]), "{check}");
    let message = check["findings"][0]["message"].as_str().expect("a message");
    assert!(
        message.contains("another host or port is used by libpq (psql, psycopg2), psycopg 3, asyncpg"),
        "{message}"
    );
    assert!(
        message.ends_with("postgres.js, sqlx, Prisma's engine and lib/pq (pgx before 5.11) read it correctly"),
        "{message}"
    );
    let folder = Folder::new();
    let checks = "checks: [{name: db, postgres: {url: {env: U}}, gates: [ready], fail_on: [url_password_unencoded]}]";
    let config = folder.write("c.yaml", checks);
    let url = format!("postgres://app:hun@ter2@127.0.0.1:{}/app", cluster.port);
    let failed = run(pilotfish().env("U", url).args(["check", "-c", &config]));
    assert!(failed.code == 1 && failed.stdout.contains("url_password_unencoded"), "{failed:?}");
}

/// A password file that ends with a newline is rejected by the server, and that is what the hint says first.
#[test]
fn a_newline_behind_the_password() {
    let cluster = Cluster::plain();
    let folder = Folder::new();
    let file = folder.write("pw", format!("{PASSWORD}\n"));
    let config = folder.write(
        "c.yaml",
        format!("checks: [{{name: db, gates: [ready], postgres: {{host: 127.0.0.1, port: {}, user: app, database: app, password: {{file: {file}}}}}}}]", cluster.port),
    );
    let ran = run(pilotfish().args(["check", "-c", &config, "-o", "json"]));
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    let check = &report["checks"][0];
    assert_eq!(check["failure"]["cause"], "password_rejected", "{check}");
    let hint = check["failure"]["hint"].as_str().expect("a hint");
    assert!(hint.starts_with(&format!("the file {file} has a newline at its end; recreate it without")), "{hint}");
    assert_eq!(codes(check), ["secret_trailing_newline"]);
    // Where the server has it so, too, nothing is wrong.
    cluster.sql(&format!("ALTER ROLE app PASSWORD E'{PASSWORD}\\n'"));
    let ran = run(pilotfish().args(["check", "-c", &config, "-o", "json"]));
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    assert_eq!(report["passed"], 1, "{report}");
    assert_eq!(codes(&report["checks"][0]).len(), 0, "{report}");
}

/// The real server rejects what real clients send for a doubled URL; `env` names it without asking.
#[test]
fn a_doubled_password_of_redis() {
    let port = free_port();
    let mut command = Command::new(need("redis-server", "redis-server"));
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--requirepass", "hunter2", "--save", ""]);
    let _server = Running::start(command.stdout(Stdio::null()));
    let cli = |url: &str| {
        run(Command::new(need("redis-cli", "redis-tools")).args(["-u", url, "--no-auth-warning", "PING"])).stdout
    };
    let good = format!("redis://default:hunter2@127.0.0.1:{port}/0");
    until("Redis answers", || cli(&good).trim() == "PONG");
    let doubled = format!("redis://:hunter2@:hunter2@127.0.0.1:{port}/0");
    let urls = json!({"postgres": [], "redis": [doubled]});
    let answers = ask_all(&urls);
    for client in ["redis-py", "ioredis", "node-redis", "redis-rs"] {
        assert_eq!(answers[client][0][1], "hunter2@:hunter2", "{client}");
    }
    let config =
        "checks: [{name: variables, env: {variables: [{name: REDIS_URL, url: redis}, {name: REDIS_PASSWORD}]}}]";
    let folder = Folder::new();
    let config = folder.write("c.yaml", config);
    for (url, cause) in [(&good, Value::Null), (&doubled, json!("url_password_doubled"))] {
        let ran = run(pilotfish()
            .env("REDIS_URL", url)
            .env("REDIS_PASSWORD", "hunter2")
            .args(["check", "-c", &config, "-o", "json"]));
        let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
        let check = &report["checks"][0];
        assert_eq!(check["failure"]["cause"], cause, "{check}");
        assert_eq!(codes(check), ["redis_double_password"], "{check}");
        assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    }
}

/// What the kind `env` finds: a variable for each of its causes, and the findings beside them.
#[test]
fn variables_of_a_pod() {
    let folder = Folder::new();
    let config = folder.write(
        "c.yaml",
        "checks:\n\
         - {name: missing, env: {variables: [{name: NOT_THERE}]}}\n\
         - {name: invalid, env: {variables: [{name: REDIS_PORT, pattern: '^[0-9]+$'}]}}\n\
         - {name: white, env: {variables: [{name: API_KEY, prefix: sk-}]}}\n\
         - {name: weak, env: {variables: [{name: BETTER_AUTH_SECRET, min_length: 32}]}}\n\
         - {name: malformed, env: {variables: [{name: QUOTED_URL, url: postgres}]}}\n\
         - {name: unencoded, env: {variables: [{name: DATABASE_URL, url: postgres}]}}\n\
         - {name: fine, env: {variables: [{name: GOOD_URL, url: postgres}, {name: NONE, required: false}]}}\n",
    );
    let ran = run(pilotfish()
        .env("REDIS_PORT", "tcp://10.96.0.7:6379")
        .env("API_KEY", "sk-hunter2\n")
        .env("BETTER_AUTH_SECRET", "hunter2")
        .env("QUOTED_URL", "\"postgres://app:hunter2@db/x\"")
        .env("DATABASE_URL", "postgres://app:hun/ter2@db/x")
        .env("GOOD_URL", "postgres://app:hun%2Fter2@db/x")
        .args(["check", "-c", &config, "-o", "json"]));
    assert!(!ran.stdout.contains("hunter2") && !ran.stdout.contains("ter2"), "{}", ran.stdout);
    let report: Value = serde_json::from_str(&ran.stdout).expect("a report");
    for (name, cause, code, hint) in [
        ("missing", "variable_missing", "", "This container has no value for "),
        ("invalid", "variable_invalid", "env_service_link", "set the variable in the pod's env"),
        ("white", "secret_whitespace", "secret_trailing_newline", "recreate it without"),
        ("weak", "secret_too_weak", "jwt_secret_short", "create a new one"),
        ("malformed", "url_malformed", "env_quoted", "remove the quotes"),
        ("unencoded", "url_password_unencoded", "url_password_unencoded", "postgres://app:***@db/x"),
        ("fine", "", "", ""),
    ] {
        let checks = report["checks"].as_array().expect("a list");
        let check = checks.iter().find(|check| check["name"] == name).expect(name);
        assert_eq!(check["failure"]["cause"].as_str().unwrap_or_default(), cause, "{check}");
        assert_eq!(codes(check).first().copied().unwrap_or_default(), code, "{check}");
        assert!(check["failure"]["hint"].as_str().unwrap_or_default().contains(hint), "{check}");
    }
}
