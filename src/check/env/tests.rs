//! Rules and sources.

use super::{EnvKeys, KIND, Variables};
use crate::check::Check as _;
use crate::config::node::{parse, read};
use crate::env::{Env, MapEnv};
use crate::slices::at_once;

fn check(yaml: &str) -> Variables {
    Variables::new(read::<EnvKeys>(&parse(yaml).unwrap()).unwrap())
}

/// What is wrong, as `name: cause: message`.
fn faults(yaml: &str, env: &dyn Env) -> Vec<String> {
    let check = check(yaml);
    let names = check.keys.variables.iter().map(|rules| rules.name.0.as_str());
    let found = check.keys.from.read(names, env);
    match found.and_then(|found| check.judge(&found, env)) {
        Ok(verdict) => {
            let told = |judged: &super::Judged| {
                let broken = at_once(judged.result()).unwrap().err()?;
                Some(format!("{}: {}: {}", judged.name, broken.cause.slug(), broken.message))
            };
            verdict.judged.iter().filter_map(told).collect()
        }
        Err(fault) => vec![format!("{}: {}", fault.cause.slug(), fault.message)],
    }
}

#[test]
fn the_example_and_its_rules() {
    let good = MapEnv::with_vars(&[
        ("DATABASE_URL", "postgres://app:p%2Fw@db/shop"),
        ("BETTER_AUTH_SECRET", "0123456789abcdef0123456789abcdef"),
    ]);
    assert!(faults(KIND.example, &good).is_empty());
    let bad =
        MapEnv::with_vars(&[("DATABASE_URL", "postgres://app:hun/ter2@db/shop"), ("BETTER_AUTH_SECRET", "hunter2")]);
    let found = faults(KIND.example, &bad);
    assert!(found[0].starts_with("DATABASE_URL: url_password_unencoded: the password with `/` unencoded"), "{found:?}");
    assert_eq!(found[1], "BETTER_AUTH_SECRET: secret_too_weak: it is shorter than 32 bytes");
    assert_eq!(faults(KIND.example, &MapEnv::default()).len(), 2);
}

#[test]
fn each_rule() {
    for (rules, text, expected) in [
        ("", "x", ""),
        ("", "", "variable_missing: it is not set or empty"),
        ("required: false", "", ""),
        ("required: false, min_length: 3", "ab", "secret_too_weak: it is shorter than 3 bytes"),
        ("min_length: 3", "abc\n", "secret_whitespace: it has a newline at its end"),
        ("prefix: sk-", "pk-hunter2", "variable_invalid: it does not start with the required prefix"),
        ("pattern: '^[0-9]+$'", "hunter2", "variable_invalid: it does not match the required pattern"),
        ("equals: hunter2", "hunter3", "variable_invalid: it differs from `equals` (from the configuration)"),
        ("equals: {env: OTHER}", "other", ""),
        ("url: http", "https://x/y", ""),
        ("url: http", "ftp://x/y", "url_malformed: it is not a URL that starts with http:// or https://"),
        ("url: http", "http://x/\n", "secret_whitespace: it has a newline at its end"),
        (
            "url: postgres",
            "mysql://u:hunter2@h/x",
            "url_malformed: it is not a URL that starts with postgres:// or postgresql://",
        ),
        (
            "url: postgres",
            "postgres://app:hunter2@app:hunter2@db/x",
            "url_password_doubled: the user and the password appear twice",
        ),
        ("url: postgres", "postgres://app:p%40w@db/x?sslmode=require&channel_binding=require", ""),
        ("url: postgres", "postgresql+asyncpg://app:pw@db/x", ""),
        ("url: postgres", "ecto://app:hun%ter2@db/x", ""),
        ("url: postgres", "Host=db;Username=u;Password='hun;ter2';Database=x", ""),
        ("url: postgres", "Server=db;Database=x;User Id=u;Password=hunter2", ""),
        ("url: postgres", "host=db user=u password=hunter2", ""),
        (
            "url: postgres",
            "Host=db;Username=u;Password=p;hunter2;Database=x",
            "url_malformed: it is a connection string of Npgsql, and other text is where a key belongs: a value with a `;` must \
             be in quotes",
        ),
        (
            "url: postgres",
            "Server=db;Uid=u;Pwd=hunter2;CharSet=utf8mb4",
            "url_malformed: it is not a URL that starts with postgres:// or postgresql://",
        ),
        ("url: postgres", "jdbc:postgresql://db/x?user=u&password=hunter2", ""),
        ("url: postgres", "postgres:///x?host=db", ""),
        ("url: postgres", "postgres://app:pw@%2Frun%2Fpostgresql/x", ""),
        (
            "url: redis",
            "redis://:hunter2@:hunter2@cache:6379/0",
            "url_password_doubled: the user and the password appear twice",
        ),
        ("url: redis", "rediss://default:pw@cache", ""),
        ("url: redis", "cache:6379", "url_malformed: it is not a URL that starts with redis:// or rediss://"),
    ] {
        let env = MapEnv::with_vars(&[("X", text), ("OTHER", "other")]);
        let found = faults(&format!("{{variables: [{{name: X, {rules}}}]}}").replace(", }", "}"), &env).join(" ");
        assert_eq!(found.strip_prefix("X: ").unwrap_or(&found), expected, "{rules} {text:?}");
    }
    let env = MapEnv::with_vars(&[("DB_PASSWORD", "hunter2 ")]);
    assert_eq!(
        faults("{variables: [{name: DB_PASSWORD}]}", &env),
        ["DB_PASSWORD: secret_whitespace: it has a space at its end"]
    );
}

#[test]
fn files_and_folders() {
    let env = MapEnv::default()
        .with_file("/app/.env", b"A=1\nB='x'\n")
        .with_file("/proc/7/environ", b"A=1\0B=x\0")
        .with_file("/etc/secret/A", b"1")
        .with_file("/etc/secret/DB_PASSWORD", b"hunter2\n");
    let of =
        |from: &str, name: &str| faults(&format!("{{variables: [{{name: {name}}}], from: {from}}}"), &env).join(" ");
    for from in ["/app/.env", "/proc/7/environ", "/etc/secret/"] {
        assert_eq!(of(from, "A"), "", "{from}");
    }
    assert_eq!(of("/app/.env", "C"), "C: file_invalid: it is not set or empty");
    assert_eq!(of("/etc/secret/", "C"), "C: file_missing: it is not set or empty");
    assert_eq!(of("/etc/secret/", "DB_PASSWORD"), "DB_PASSWORD: secret_whitespace: it has a newline at its end");
    assert_eq!(of("/none", "A"), "file_missing: the file /none does not exist");
    assert_eq!(check("{variables: [{name: A}], from: /app/.env}").values().len(), 1);
    assert_eq!(check("{variables: [{name: A}, {name: B, required: false}], from: /etc/secret/}").values().len(), 1);
}

#[test]
fn what_is_wrong_with_the_keys() {
    for (yaml, expected) in [
        ("{variables: []}", "variables: name at least one variable"),
        ("{}", ": the key variables is missing"),
        ("{variables: [{name: 'a b'}]}", "variables[0].name: expected the name of a variable"),
        ("{variables: [{name: A, url: sqlite}]}", "variables[0].url: expected one of tcp, tls, http, "),
        ("{variables: [{name: A, pattern: '('}]}", "variables[0].pattern: expected a regular expression"),
        ("{variables: [{name: A}], from: env}", "from: expected pod, the path of a file"),
    ] {
        let problems = super::parse(&parse(yaml).unwrap()).err().expect(yaml);
        let told = format!("{}: {}", problems[0].path, problems[0].message);
        assert!(told.starts_with(expected), "{yaml}: {told}");
    }
}

#[test]
fn what_it_shows_and_reads() {
    let check = check("{variables: [{name: A}, {name: B}, {name: C}, {name: D}]}");
    let env = MapEnv::with_vars(&[("A", "x"), ("B", "")]);
    assert_eq!(check.prepare(&env).target, "A, B, C and 1 more of this container");
    let readings = check.prepare(&env).readings;
    // An empty one may contradict another one.
    assert_eq!(readings.len(), 2);
    assert_eq!((readings[0].variable.as_deref(), readings[0].origin.as_str()), (Some("A"), "the variable A"));
}

#[test]
fn what_is_too_much_is_a_limit_that_shows_no_value() {
    let lines = |count: usize| (0..count).map(|index| format!("N{index}=s3cret\n")).collect::<String>();
    let big = "s3cret".repeat(100_000);
    let env = MapEnv::default()
        .with_file("/grows", format!("A={big}\nB=${{A}}${{A}}\n").as_bytes())
        .with_file("/long", lines(20_000).as_bytes())
        .with_file("/fine", lines(8_000).as_bytes())
        .with_file("/etc/s/A", big.as_bytes())
        .with_file("/etc/s/B", big.as_bytes());
    let of = |from: &str| {
        let yaml = format!("{{variables: [{{name: A}}, {{name: B}}, {{name: N7, required: false}}], from: {from}}}");
        faults(&yaml, &env).join(" ")
    };
    let told = of("/grows");
    assert!(told.starts_with("probe_limit: the file /grows, line 2: with this value"), "{told}");
    assert_eq!(of("/long"), "probe_limit: the file /long, line 16385: it has more lines than the 16384 that are read");
    assert_eq!(of("/etc/s/"), "probe_limit: the files of /etc/s/ have more than 1 MiB together, counted up to B");
    assert_eq!(of("/fine"), "A: file_invalid: it is not set or empty B: file_invalid: it is not set or empty");
    let url = MapEnv::with_vars(&[("X", &format!("postgres://app:{}@db/x", "s3cret".repeat(2000)))]);
    assert_eq!(
        faults("{variables: [{name: X, url: postgres}]}", &url),
        ["X: probe_limit: it has 12020 bytes, and at most 8192 are read"]
    );
    let many = format!("{{variables: [{}]}}", "{name: A},".repeat(513));
    let problems = super::parse(&parse(&many).unwrap()).err().unwrap();
    assert!(problems[0].message.starts_with("name at most 512 variables in one check"), "{problems:?}");
}

#[tokio::test]
async fn a_message_names_a_few_variables() {
    let yaml = format!("{{variables: [{}]}}", (0..100).map(|index| format!("{{name: V{index}}},")).collect::<String>());
    let fault = check(&yaml)
        .judge(&check(&yaml).keys.from.read(std::iter::empty(), &MapEnv::default()).unwrap(), &MapEnv::default());
    let fault = fault.unwrap().result().await.unwrap_err();
    assert!(fault.message.ends_with("V7: it is not set or empty; and 92 more"), "{}", fault.message);
}

#[tokio::test]
async fn an_expression_on_a_long_value_runs_in_slices() {
    let value = "a".repeat(1_000_000);
    let env = MapEnv::default().with_file("/f", format!("A={value}\nB={value:.9}\n").as_bytes());
    let check = check(
        "{variables: [{name: A, pattern: '(a|aa)*b$'}, {name: B, pattern: '^a{9}$', equals: aaaaaaaaa}], from: /f}",
    );
    let found = check.keys.from.read(["A", "B"].into_iter(), &env).unwrap();
    let fault = check.judge(&found, &env).unwrap().result().await.unwrap_err();
    assert_eq!(fault.message, "A: it does not match the required pattern");
}
