//! What is told of values and URLs, beside the real clients that fail for it at real servers.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::ca::Leaf;
use crate::support::dns::NameServer;
use crate::support::netns::Namespace;
use crate::support::postgres::{Cluster, Options, PASSWORD};
use crate::support::{Folder, Running, free_port, need, pilotfish, run, tool, until};
use crate::urls::TOOLS;

const ASYNCPG: &str = "import asyncio, sys, asyncpg
async def main():
    try:
        await asyncpg.connect(sys.argv[1])
        print('connected')
    except Exception as error:
        print('failed', getattr(error, 'sqlstate', ''), error)
asyncio.run(main())";
const SQLALCHEMY: &str = "import sys, sqlalchemy
try:
    sqlalchemy.create_engine(sys.argv[1])
    print('loaded')
except Exception as error:
    print('failed', type(error).__name__)";
const REDIS_PY: &str = "import sys, redis
try:
    print(redis.Redis.from_url(sys.argv[1]).ping())
except Exception as error:
    print('failed', error)";
const NODE_POSTGRES: &str = "new (require('pg').Client)(process.argv[1]).connect()
    .then(() => 'connected', (error) => `failed ${error.code} ${error.message}`)
    .then((said) => { console.log(said); process.exit() })";
const POSTGRES_JS: &str = "require('postgres')(process.argv[1], { max: 1 })`SELECT 1`
    .then(() => 'connected', (error) => `failed ${error.code} ${error.message}`)
    .then((said) => { console.log(said); process.exit() })";

fn python(script: &str, url: &str) -> String {
    run(Command::new(tool(TOOLS).join("bin/python")).args(["-c", script, url])).stdout
}

fn node(script: &str, url: &str) -> String {
    let mut command = Command::new(need("node", "nodejs"));
    run(command.args(["-e", script, url]).env("NODE_PATH", tool(TOOLS).join("node_modules"))).stdout
}

/// The findings of one check with this URL, judged for these runtimes; the check passes.
fn told(url: &str, clients: &str) -> Vec<String> {
    let folder = Folder::new();
    let yaml = format!("checks: [{{name: db, postgres: {{url: {{env: URL}}}}, gates: [ready], clients: {clients}}}]");
    let ran = run(pilotfish().env("URL", url).args(["check", "-o", "json", "-c", &folder.write("c.yaml", yaml)]));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!(report["passed"], 1, "{report}");
    codes(&report["checks"][0])
}

fn codes(check: &Value) -> Vec<String> {
    let findings = check["findings"].as_array().unwrap_or_else(|| panic!("no list of findings: {check}"));
    findings.iter().filter_map(|finding| finding["code"].as_str().map(str::to_owned)).collect()
}

#[test]
fn sqlalchemy_does_not_load_postgres() {
    let cluster = Cluster::plain();
    let url = |scheme: &str| format!("{scheme}://app:{PASSWORD}@127.0.0.1:{}/app", cluster.port);
    for (scheme, said, codes) in
        [("postgres", "failed NoSuchModuleError", &["sqlalchemy_postgres_scheme"][..]), ("postgresql", "loaded", &[])]
    {
        assert_eq!(python(SQLALCHEMY, &url(scheme)).trim(), said);
        assert_eq!(told(&url(scheme), "[python]"), codes, "{scheme}");
    }
}

/// The server's certificate is its own: `require` looks at none, but for node-postgres.
#[test]
fn node_postgres_verifies_where_others_do_not() {
    let own = Leaf::server("db", &["127.0.0.1"]).self_signed();
    let cluster = Cluster::start(&Options { tls: Some((&own.cert, &own.key)), ..Options::default() });
    let url = |more: &str| format!("postgres://app:{PASSWORD}@127.0.0.1:{}/app?sslmode=require{more}", cluster.port);
    assert_eq!(cluster.psql(&url(""), "SELECT 1").code, 0);
    let said = node(NODE_POSTGRES, &url(""));
    assert!(said.starts_with("failed DEPTH_ZERO_SELF_SIGNED_CERT"), "{said}");
    assert_eq!(told(&url(""), "[node@22]"), ["sslmode_node_postgres"]);
    let cured = url("&uselibpqcompat=true");
    assert_eq!(node(NODE_POSTGRES, &cured).trim(), "connected");
    assert!(!told(&cured, "[node@22]").contains(&"sslmode_node_postgres".to_owned()));
}

/// What is an option to one client is a setting of the server to another, and no URL to a third.
#[test]
fn parameters_that_reach_the_server() {
    let cluster = Cluster::plain();
    let url = |more: &str| format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/app{more}", cluster.port);
    let of_prisma = url("?schema=public");
    assert_eq!(node(NODE_POSTGRES, &of_prisma).trim(), "connected");
    for said in [node(POSTGRES_JS, &of_prisma), python(ASYNCPG, &of_prisma)] {
        assert!(said.starts_with("failed 42704 unrecognized configuration parameter \"schema\""), "{said}");
    }
    let psql = cluster.psql(&of_prisma, "SELECT 1");
    assert!(psql.stderr.contains("invalid URI query parameter: \"schema\""), "{psql:?}");
    assert_eq!(told(&of_prisma, "[node@22, python-asyncio, libpq]"), ["url_parameter_forwarded"]);
    assert!(told(&url(""), "[node@22, python-asyncio, libpq]").is_empty());
}

/// An escape in the database's name: postgres.js does not undo it.
#[test]
fn an_escape_that_not_every_client_reads() {
    let cluster = Cluster::plain();
    cluster.sql("CREATE DATABASE \"my shop\" OWNER app");
    let url = format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/my%20shop", cluster.port);
    assert_eq!(cluster.psql(&url, "SELECT 1").code, 0);
    let said = node(POSTGRES_JS, &url);
    assert!(said.starts_with("failed 3D000 database \"my%20shop\" does not exist"), "{said}");
    assert_eq!(told(&url, "[node@22]"), ["url_misread"]);
    assert!(told(&url, "[libpq]").is_empty());
}

#[test]
fn a_redis_password_without_its_colon() {
    let port = free_port();
    let mut command = Command::new(need("redis-server", "redis-server"));
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--requirepass", "hunter2", "--save", ""]);
    let _server = Running::start(command.stdout(Stdio::null()));
    let url = |login: &str| format!("redis://{login}@127.0.0.1:{port}/0");
    until("Redis answers", || python(REDIS_PY, &url(":hunter2")).trim() == "True");
    let said = python(REDIS_PY, &url("hunter2"));
    assert!(said.starts_with("failed invalid username-password pair"), "{said}");
    for (login, expected) in [(":hunter2", &[][..]), ("hunter2", &["redis_password_as_user"])] {
        let ran = run(pilotfish().args(["diagnose", &url(login), "-o", "json"]));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!(codes(&report["checks"][0]), expected, "{report}");
        assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    }
}

/// `postgres://app:12/x@db`: most clients look for a host `app`. Who gives the parts one by one took them from such a URL.
#[test]
fn the_user_taken_for_the_host() {
    let (pod, net) = (Namespace::new(), Namespace::new());
    pod.cable(&net, "eth0", &["10.0.0.5/24"], &["10.0.0.53/24"]);
    pod.resolv_conf("nameserver 10.0.0.53\n");
    let _names = NameServer::inside(&net, "10.0.0.53", "db A = 10.0.0.53\n");
    let mut psql = pod.command(need("psql", "postgresql").to_str().expect("the path is UTF-8"));
    let said = run(psql.args(["-X", "-w", "postgres://app:12/x@db/shop"])).stderr;
    assert!(said.contains("could not translate host name \"app\""), "{said}");
    let folder = Folder::new();
    let yaml = "checks: [{name: db, postgres: {host: app, port: 12, user: app, database: shop, password: hunter2}}]";
    let report = pod.json(&["check", "-o", "json", "-c", &folder.write("c.yaml", yaml)]);
    let check = &report["checks"][0];
    assert_eq!(
        (&check["failure"]["cause"], codes(check)),
        (&"dns_not_found".into(), vec!["url_host_is_user".to_owned()])
    );
    assert!(check["failure"]["hint"].as_str().is_some_and(|hint| hint.contains("/ as %2F")), "{check}");
}

/// Values alone; of Neon there is none that could be asked, its rules are its own documentation's.
#[test]
fn variables_as_they_stand() {
    let known = "better-auth-secret-12345678901234567890";
    let still = "cG9zdGdyZXM6Ly9hcHA6aHVudGVyMkBkYjo1NDMyL3Nob3A=";
    assert!(node(NODE_POSTGRES, still).contains("ENOTFOUND base"), "the host that node-postgres makes of it");
    let neon = "ep-blue-sun-123456.eu-central-1.aws.neon.tech/shop";
    for (name, value, rule, expected) in [
        ("DATABASE_URL", still.to_owned(), ", url: postgres", "env_base64_twice"),
        ("BETTER_AUTH_SECRET", known.to_owned(), "", "secret_default"),
        ("NEXT_PUBLIC_AUTH_SECRET", "0123456789abcdef0123456789abcdeX".to_owned(), "", "secret_public_prefix"),
        ("ALLOWED_ORIGINS", "https://shop.example.com/".to_owned(), "", "config_inconsistent"),
        ("DATABASE_URL", format!("postgres://app:hunter2@{neon}?sslmode=disable"), ", url: postgres", "neon_needs_tls"),
        (
            "DATABASE_URL",
            format!("postgres://app:hunter2@{neon}?sslmode=require&options=endpoint%3Dep-red-moon-1"),
            ", url: postgres",
            "neon_endpoint_mismatch",
        ),
        ("DATABASE_URL", format!("postgres://app:hunter2@{neon}?sslmode=require"), ", url: postgres", ""),
        ("ALLOWED_ORIGINS", "https://shop.example.com".to_owned(), "", ""),
    ] {
        let folder = Folder::new();
        let yaml = format!("checks: [{{name: variable, env: {{variables: [{{name: {name}{rule}}}]}}}}]");
        let ran = run(pilotfish().env(name, &value).args(["check", "-o", "json", "-c", &folder.write("c.yaml", yaml)]));
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        assert_eq!(codes(&report["checks"][0]).first().map_or("", String::as_str), expected, "{name}: {report}");
        assert!(!ran.stdout.contains("hunter2") && !ran.stdout.contains(known), "{}", ran.stdout);
    }
}

/// Where browsers find the app, and whom it lets in: only variables that contradict each other.
#[test]
fn variables_that_contradict_each_other() {
    let site = "https://shop.example.com";
    let local = "http://localhost:3000";
    for (vars, expected) in [
        (&[("BETTER_AUTH_URL", local), ("NEXT_PUBLIC_APP_URL", site)][..], true),
        (&[("NODE_ENV", "production"), ("NEXTAUTH_URL", local)], true),
        (&[("NODE_ENV", "production"), ("BETTER_AUTH_URL", "http://shop.example.com")], true),
        (&[("ALLOWED_ORIGINS", ""), ("FRONTEND_URL", site)], true),
        (&[("ALLOWED_ORIGINS", "https://shop.example.com/"), ("FRONTEND_URL", site)], true),
        (&[("CORS_ORIGINS", "https://shop.example.com/login"), ("FRONTEND_URL", site)], true),
        (&[("ALLOWED_ORIGINS", site), ("FRONTEND_URL", site)], false),
        (&[("NODE_ENV", "development"), ("BETTER_AUTH_URL", local), ("NEXT_PUBLIC_APP_URL", site)], false),
        (&[("NODE_ENV", "development"), ("ALLOWED_ORIGINS", ""), ("FRONTEND_URL", site)], false),
        (&[("BETTER_AUTH_URL", local), ("ALLOWED_ORIGINS", "")], false),
        (&[("NODE_ENV", "production"), ("BETTER_AUTH_URL", site)], false),
    ] {
        let folder = Folder::new();
        let names: Vec<String> = vars.iter().map(|(name, _)| format!("{{name: {name}, required: false}}")).collect();
        let yaml = format!("checks: [{{name: variables, env: {{variables: [{}]}}}}]", names.join(", "));
        let mut command = pilotfish();
        command.envs(vars.iter().copied()).args(["check", "-o", "json", "-c", &folder.write("c.yaml", yaml)]);
        let ran = run(&mut command);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
        let found = codes(&report["checks"][0]);
        assert!(found.iter().all(|code| code == "config_inconsistent"), "{vars:?}: {report}");
        assert_eq!(!found.is_empty(), expected, "{vars:?}: {report}");
        assert_eq!(report["checks"][0]["result"], "pass", "{vars:?}: {report}");
    }
}
