//! `pilotfish diagnose` against real servers in a small cluster of two namespaces: whole pages, JSON, and the report.
//!
//! The pages stand in docs/diagnose.md, between `<!-- NAME -->` and `<!-- /NAME -->`, as they were printed once; durations,
//! dates and where lines are broken may differ.

mod world;

use serde_json::{Value, json};

use self::world::{World, diagnose, steady};
use crate::support::mongodb::PASSWORD as MONGODB_PASSWORD;
use crate::support::netns::Namespace;
use crate::support::postgres::PASSWORD;
use crate::support::{Ran, pilotfish, ran, run};

/// One page of the docs: what is run, with which variables.
struct Scene {
    name: &'static str,
    args: Vec<String>,
    vars: Vec<(&'static str, String)>,
    code: i32,
}

impl Scene {
    fn new(name: &'static str, code: i32, args: &[&str]) -> Self {
        Self { name, args: args.iter().map(|arg| (*arg).to_owned()).collect(), vars: Vec::new(), code }
    }

    fn with(mut self, variable: &'static str, value: &str) -> Self {
        self.vars.push((variable, value.to_owned()));
        self
    }

    fn run(&self, pod: &Namespace) -> Ran {
        let args: Vec<&str> = self.args.iter().map(String::as_str).collect();
        let vars: Vec<(&str, &str)> = self.vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        diagnose(pod, &args, &vars)
    }
}

/// The page that is made in a pod of its own.
const FAR: &str = "slow addresses";

fn scenes(world: &World) -> Vec<Scene> {
    let wrong = format!("postgres://app:not-{PASSWORD}@db:5432/app");
    let trusting = world.config("api", "tls: {address: \"api.shop:443\", ca: {env: SHOP_CA}}");
    vec![
        Scene::new("wrong password", 1, &["env:DATABASE_URL"]).with("DATABASE_URL", &wrong),
        Scene::new("wrong name", 1, &["-c", &trusting]).with("SHOP_CA", &world.ca),
        Scene::new("dead address", 0, &["redis://cache:6379/0"]),
        Scene::new("announced names", 1, &["env:MONGO_URL"])
            .with("MONGO_URL", &format!("mongodb://app:{MONGODB_PASSWORD}@mongo/admin?replicaSet=rs0")),
        Scene::new(FAR, 0, &["tcp://db.example.com:5432"]),
        Scene::new("misspelled", 1, &["env:DATABASE_URL"]).with("DATABASE_URL", "postgres://app:x@databse:5432/app"),
        Scene::new("no variable", 1, &["env:DATABASE_URL"]),
        Scene::new("several", 1, &[])
            .with("API_URL", "http://api:8443/v1")
            .with("CACHE_URL", "redis://queue:6379/0")
            .with("DATABASE_URL", &wrong),
    ]
}

#[test]
fn the_pages_of_diagnose_are_as_the_code_says() {
    let world = World::start();
    let (far, _rest) = World::far_away();
    let page = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnose.md");
    let mut text = std::fs::read_to_string(&page).expect("the page is there");
    for scene in scenes(&world) {
        let logins = world.rejected_logins();
        let ran = scene.run(if scene.name == FAR { &far } else { &world.pod });
        assert_eq!(ran.code, scene.code, "{}: {ran:?}", scene.name);
        let wide = ran.stdout.lines().filter(|line| line.chars().count() > 80 && line.trim().contains(' '));
        assert_eq!(wide.count(), 0, "{}: lines over 80: {}", scene.name, ran.stdout);
        let tried = scene.vars.iter().filter(|(_, value)| value.contains("not-")).count();
        assert_eq!(world.rejected_logins() - logins, tried, "{}: one login, no more", scene.name);
        let (open, close) = (format!("<!-- {} -->\n```text\n", scene.name), format!("```\n<!-- /{} -->", scene.name));
        let (before, rest) = text.split_once(&open).unwrap_or_else(|| panic!("docs/diagnose.md has no {open}"));
        let (kept, after) = rest.split_once(&close).unwrap_or_else(|| panic!("docs/diagnose.md has no {close}"));
        if writes_docs() {
            text = format!("{before}{open}{}{close}{after}", ran.stdout);
            continue;
        }
        assert_eq!(steady(&ran.stdout), steady(kept), "{}: make docs writes it anew\n{}", scene.name, ran.stdout);
    }
    if writes_docs() {
        std::fs::write(page, text).expect("the page is written");
    }
}

#[expect(clippy::disallowed_methods, reason = "how make docs says that pages are to be written")]
fn writes_docs() -> bool {
    std::env::var_os("PILOTFISH_WRITE_DOCS").is_some()
}

#[test]
fn json_carries_everything() {
    let world = World::start();
    let ran = world.diagnose(&["sqlserver://app:s3cret@cache:6379/", "-o", "json"], &[]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).expect("it is JSON");
    assert_eq!((&report["passed"], &report["failed"]), (&1.into(), &0.into()));
    let check = &report["checks"][0];
    for (path, expected) in [
        ("/name", "sqlserver-cache"),
        ("/kind", "sqlserver"),
        ("/target", "sqlserver://cache:6379"),
        ("/result", "pass"),
        ("/stopped_short", "this version does not speak sqlserver"),
        ("/tries/0/result", "cut"),
        ("/survey/0/address", "10.0.0.9:6379"),
        ("/survey/1/result", "connected"),
        ("/survey/1/source", "10.0.0.5"),
        ("/findings/0/code", "address_dead"),
    ] {
        assert_eq!(check.pointer(path), Some(&expected.into()), "{path}: {check:#}");
    }
    assert_eq!(check["degraded"], true);
    assert!(check["queries"].as_array().is_some_and(|queries| queries.len() == 2), "{check:#}");
    let runtimes = check["runtimes"].as_array().expect("a list");
    assert!(runtimes.len() >= 15 && runtimes.iter().all(|one| one["runtime"].is_string()), "{check:#}");
    let pod = &report["pod"];
    assert_eq!(pod["addresses"][0], "10.0.0.5", "{pod:#}");
    let default = json!({"destination": "default (0.0.0.0/0)", "gateway": "10.0.0.1", "device": "eth0"});
    assert!(pod["routes"].as_array().is_some_and(|routes| routes.contains(&default)), "{pod:#}");
    assert_eq!(pod["resolv_conf"][1], "nameserver 10.96.0.10");
    assert!(pod["kernel"].is_string() && report["version"].is_string());
}

#[test]
fn the_report_has_the_pod_and_neither_secrets_nor_bodies() {
    let world = World::start();
    world.pod.hosts("10.0.0.7 web # s3cret\n# s3cret\n");
    let path = world.folder.path().join("report.md").display().to_string();
    let ran = world.diagnose(&["http://app:s3cret@web:8080/?key=s3cret", "--report", &path], &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("received: ") && ran.stdout.contains("told-in-a-body"), "a person may see it: {ran:?}");
    let report = std::fs::read_to_string(&path).expect("the report was written");
    for part in [
        "# pilotfish diagnose: http-web\n",
        "- pilotfish: ",
        "```text\n✗ http-web  http_status  ",
        "\nCause\n  http_status: ",
        "### Addresses\n\n```text\n10.0.0.5\n",
        "### Routes\n\n```text\ndefault (0.0.0.0/0) via 10.0.0.1 dev eth0\n10.0.0.0/24 dev eth0\n",
        "search shop.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n",
        "### /etc/hosts\n\n```text\n10.0.0.7 web\n```\n",
    ] {
        assert!(report.contains(part), "{part}\n{report}");
    }
    for hidden in ["s3cret", "told-in-a-body", "received"] {
        assert!(!report.contains(hidden), "{hidden}\n{report}");
    }
    let to_stdout = world.diagnose(&["tcp://web:8080", "--report", "-"], &[]);
    assert!(to_stdout.stdout.starts_with("# pilotfish diagnose: tcp-web\n") && to_stdout.code == 0, "{to_stdout:?}");
    let asked = world.web_log().lines().count();
    let refused = world.diagnose(&["http://web:8080/", "--report", "/proc/nowhere/report.md"], &[]);
    assert_eq!((refused.code, refused.stdout.as_str()), (2, ""), "{refused:?}");
    assert!(refused.stderr.contains("--report: cannot write the report") && refused.stderr.contains("- for stdout"));
    assert_eq!(world.web_log().lines().count(), asked, "nothing was probed");
}

#[test]
fn as_far_as_it_goes_without_the_protocol() {
    let world = World::start();
    let page = |args: &[&str], vars: &[(&str, &str)]| {
        let ran = world.diagnose(args, vars);
        (ran.code, steady(&ran.stdout))
    };
    let (code, text) = page(&["sqlserver://app:s3cret@web:8080/"], &[]);
    assert_eq!(code, 0, "{text}");
    for part in [
        "✓ sqlserver-web connects sqlserver://web:8080",
        "· login not tried: this version does not speak sqlserver",
        "· answer no request: pilotfish does not speak this protocol",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let (code, text) = page(&["env:QUEUE"], &[("QUEUE", "sqlserver://guest:s3cret@nothing:1433/shop")]);
    assert!(code == 1 && text.contains("✗ names dns_not_found"), "{text}");
    // A form that one driver reads alone, with a login where that driver takes none.
    let (code, text) = page(&["env:JDBC"], &[("JDBC", "jdbc:postgresql://app:s3cret@db:5432/app")]);
    assert!(code == 1 && text.contains("JDBC does not support a user and password before an `@`"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
    let (code, text) = page(&["env:JDBC"], &[("JDBC", "jdbc:postgresql://db:5432/app")]);
    assert!(code == 0 && text.starts_with("✓ jdbc connects jdbc:postgresql://db:5432 "), "{text}");
    // Its hosts stand in SRV records.
    let (code, text) = page(&["mongodb+srv://app:s3cret@cluster0/x"], &[]);
    assert!(code == 1 && text.contains("· SRV _mongodb._tcp.cluster0. NXDOMAIN"), "{text}");
    let (code, text) = page(&["mongodb+srv://app:s3cret@shards.shop.svc.cluster.local/x"], &[]);
    assert!(code == 1 && text.contains("✓ SRV _mongodb._tcp.shards.shop.svc.cluster.local. 1 record"), "{text}");
    assert!(text.contains("10.0.0.8:443 connected"), "{text}");
    assert!(text.contains("✗ tls tls_untrusted"), "its TLS is checked: {text}");
    // A web address in a variable: nothing is asked.
    let before = world.web_log();
    let (code, text) = page(&[], &[("HOOK_URL", "http://web.shop:8080/hook/s3cret")]);
    assert_eq!(code, 0, "{text}");
    assert!(text.starts_with("✓ hook connects http://web.shop:8080 ✓ value the variable HOOK_URL"), "{text}");
    assert!(text.contains("· login not tried: web addresses from the environment get no request"));
    assert_eq!(world.web_log(), before);
}

/// A URL that clients misread leads nowhere; where it was meant to lead is looked at all the same, and no one logs in.
#[test]
fn the_ladder_goes_on_past_a_url_that_clients_misread() {
    let world = World::start();
    let url = "postgres://app:s3/cret@db:5432/app";
    for (args, vars) in [([url], [("OTHER", "")]), (["env:URL"], [("URL", url)])] {
        let ran = world.diagnose(&args, &vars);
        let text = steady(&ran.stdout);
        for part in [
            "✗ value url_password_unencoded",
            "is configured to dial db:5432",
            "✓ names db is ",
            ":5432 connected in T (the check did not reach it)",
            "· runtimes nothing to predict",
            "· login not reached",
            "the user app is used as the host by psycopg 3",
            "Fix percent-encode the password where it is set (/ as %2F): postgres://app:***@db:5432/app",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(ran.code == 1 && !text.contains("s3") && !text.contains("cret"), "{text}");
    }
    let nowhere = world.diagnose(&["redis://:s3cret@:s3cret@nothing:6379/0"], &[]);
    let text = steady(&nowhere.stdout);
    assert!(text.contains("✗ value url_password_doubled") && text.contains("✗ names no record"), "{text}");
    // Who only waits for it was called wrongly.
    let waits = run(pilotfish().args(["wait", url]));
    assert!(waits.code == 2 && waits.stderr.contains("percent-encode the password"), "{waits:?}");
}

#[test]
fn one_of_several_and_what_is_wrong_with_the_call() {
    let world = World::start();
    let config = world.folder.write(
        "two.yaml",
        "checks:\n  - {name: db, tcp: {address: \"db:5432\"}}\n  - {name: gone, tcp: {address: \"db:9\"}}\n",
    );
    let ran = world.diagnose(&["-c", &config], &[]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.starts_with("2 checks, 1 failed\n\n✓ db    passes  tcp://db:5432\n✗ gone  "), "{ran:?}");
    assert_eq!(ran.stdout.matches("✓ value").count(), 1, "what passes has no page of its own: {}", ran.stdout);
    assert!(ran.stdout.ends_with("--only NAME to see the page of such a check.\n"), "{}", ran.stdout);
    let ran = world.diagnose(&["-c", &config, "--only", "db"], &[]);
    assert!(ran.code == 0 && ran.stdout.starts_with("✓ db  passes  tcp://db:5432\n\n  ✓ value "), "{ran:?}");
    for (args, part) in [
        (&["-c", config.as_str(), "--only", "dbb"][..], "did you mean db?"),
        (&["-c", "/nowhere.yaml"], "the file does not exist"),
        (&["-o", "yaml", "tcp://db:5432"], "must be text or json"),
        (&["sftp://db"], "unknown scheme"),
        (&["db"], "to select a check by name, use --only NAME"),
        (&[], "nothing to probe"),
    ] {
        let ran = world.diagnose(args, &[]);
        assert!(ran.code == 2 && ran.stdout.is_empty() && ran.stderr.contains(part), "{args:?}: {ran:?}");
    }
}

#[test]
fn completions_and_help_know_it() {
    for shell in ["bash", "zsh", "fish"] {
        let script = ran(&["completions", shell]).stdout;
        for word in ["diagnose", "report", "discover", "write"] {
            assert!(script.contains(word), "{shell} does not know {word}");
        }
    }
    let help = ran(&["diagnose", "--help"]);
    assert!(help.code == 0 && help.stdout.contains("--report <FILE>"), "{help:?}");
}

/// What a page must say, in steady words, and what it must not.
struct Says<'a> {
    args: &'a [&'a str],
    vars: &'a [(&'a str, &'a str)],
    parts: &'a [&'a str],
}

#[test]
fn every_kind_of_ladder() {
    let world = World::start();
    let each = world.config("each", "tcp: {address: \"cache:6379\"}\n    require: each");
    let listen = world.config("listen", "listen: {port: 3000}\n    gates: [ready]");
    let variables = world.config("env", "env: {variables: [{name: DATABASE_URL, required: true}]}");
    let several = format!("postgres://app:{PASSWORD}@cache:5432,db:5432/app");
    let require = format!("postgres://app:{PASSWORD}@db:5432/app?sslmode=require");
    let pages = [
        Says {
            args: &["-c", &each],
            vars: &[],
            parts: &[
                "✗ addresses 1 of 2 connect (T) ✗ 10.0.0.9:6379 no answer: pilotfish gave up after T, from 10.0.0.5",
                "✗ answer 1 of 2 addresses pass ✗ 10.0.0.9:6379 connect_timeout: ",
                "✓ 10.0.0.7:6379 passes ✗ verdict connect_timeout",
            ],
        },
        Says {
            args: &["env:DATABASE_URL"],
            vars: &[("DATABASE_URL", &several)],
            parts: &[
                "dials cache:5432, db:5432",
                "✗ cache 10.0.0.9:5432 no answer: pilotfish gave up after T, from 10.0.0.5 ✓ cache 10.0.0.7:5432 connected in T",
                "✓ login logged in with scram-sha-256 (T) server version 1",
                "~ verdict passes after T; degraded: see the failures above",
            ],
        },
        Says {
            args: &["env:DATABASE_URL"],
            vars: &[("DATABASE_URL", &require)],
            parts: &["✓ addresses 10.0.0.7:5432", "✗ tls tls_unsupported · login not reached", "`sslmode: disable`"],
        },
        Says {
            args: &["env:DATABASE_URL"],
            vars: &[("DATABASE_URL", "postgres://app:ab/cd@db:5432/app")],
            parts: &[
                "✗ value url_password_unencoded is configured to dial db:5432 ✓ names db is",
                "connected in T (the check did not reach it)",
                "Fix percent-encode the password where it is set (/ as %2F): postgres://app:***@db:5432/app",
            ],
        },
        Says {
            args: &["env:CACHE_URL"],
            vars: &[("CACHE_URL", "redis://:s3cret@cache:6379/0\n")],
            parts: &["✗ value secret_whitespace", "is configured to dial cache:6379 ✓ names cache is"],
        },
        Says {
            args: &["-c", &listen],
            vars: &[],
            parts: &[
                "· names this check does not connect · addresses this check does not connect",
                "· tls none · login none: checks of kind listen do not log in ✗ answer not_listening",
            ],
        },
        Says {
            args: &["-c", &variables],
            vars: &[("DATABASE_URL", "postgres://app:$(PW)@db/app")],
            parts: &["✗ value variable_invalid · names not reached", "DATABASE_URL: it still contains $(PW)"],
        },
        Says { args: &["-c", &variables], vars: &[], parts: &["✗ value variable_missing · names not reached"] },
        Says {
            args: &["dns://db?type=AAAA"],
            vars: &[],
            parts: &[
                "✗ names dns_no_address (T) asked 10.96.0.10:53 · AAAA db.shop.svc.cluster.local. no such record (T)",
            ],
        },
        Says {
            args: &["http://localhost:3000/health"],
            vars: &[],
            parts: &[
                "✓ names localhost from /etc/hosts; no query to a name server",
                "✗ addresses 0 of 2 connect",
                "✗ runtimes none of 15 runtimes would connect",
                "✗ fails after T node@18, node@20,",
                "Expected errors node@18 connect ECONNREFUSED [::1]:3000",
            ],
        },
    ];
    for Says { args, vars, parts } in pages {
        let ran = world.diagnose(args, vars);
        let page = steady(&ran.stdout);
        for part in parts {
            assert!(page.contains(part), "{part}\n{}{}", ran.stdout, ran.stderr);
        }
        for secret in [PASSWORD, "s3cret", "ab/cd", "cd@"] {
            assert!(!page.contains(secret), "{secret}: {page}");
        }
    }
}
