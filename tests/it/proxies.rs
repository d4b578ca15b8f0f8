//! Who sends a request for the cluster to a proxy: what is foretold, beside what the real HTTP clients do with the same
//! variables, in a namespace where `proxy` and the servers of the cluster answer.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::support::hostile::{Inside, Manner};
use crate::support::netns::Namespace;
use crate::support::{Folder, PILOTFISH, need, run, tool};

const PROXY: &str = "http://app:hunter2@127.0.0.1:3128";
const HOSTS: &str = "127.0.0.1 localhost\n127.0.0.1 web web. web.shop web.shop.svc web.shop.svc.cluster.local \
    web.shop.svc.cluster.local.\n";

/// A real client: what the finding calls it, the runtime of `clients` that it belongs to, and how it is started.
const CLIENTS: &[(&str, &str)] = &[
    ("Go", "go"),
    ("requests", "python"),
    ("urllib", "python"),
    ("httpx", "python"),
    ("aiohttp", "python-asyncio"),
    ("curl", "curl"),
    ("fetch", "node@24"),
    ("http of Node", "node@24"),
    ("axios", "node@24"),
];

/// A URL, and variables.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)]);

const CASES: &[Case<'_>] = &[
    ("http://web:8000/", &[]),
    ("http://web:8000/", &[("HTTP_PROXY", PROXY)]),
    ("http://web:8000/", &[("http_proxy", PROXY)]),
    ("http://web:8000/", &[("HTTPS_PROXY", PROXY)]),
    ("http://web:8000/", &[("ALL_PROXY", PROXY)]),
    ("http://web:8000/", &[("all_proxy", PROXY)]),
    ("http://web:8000/", &[("HTTP_PROXY", PROXY), ("http_proxy", "")]),
    ("http://web:8000/", &[("HTTP_PROXY", PROXY), ("NODE_USE_ENV_PROXY", "1")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "*")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "localhost,*")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "localhost, WEB")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", ".web")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "web:8000")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "web:9000")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "db web")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", ".svc,.cluster.local")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NO_PROXY", "web"), ("no_proxy", "db")]),
    ("http://web:8000/", &[("http_proxy", PROXY), ("NO_PROXY", "web"), ("no_proxy", "")]),
    ("http://web.shop:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "shop")]),
    ("http://web.shop.svc:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", ".svc")]),
    ("http://web.shop.svc:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "svc")]),
    ("http://web.shop.svc:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "*.svc")]),
    (
        "http://web.shop.svc.cluster.local:8000/",
        &[
            ("HTTP_PROXY", PROXY),
            ("http_proxy", PROXY),
            ("NODE_USE_ENV_PROXY", "1"),
            ("no_proxy", ".svc,.cluster.local"),
        ],
    ),
    ("http://10.9.0.1:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "10.0.0.0/8")]),
    ("http://10.9.0.1:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "10.9.0.1")]),
    ("http://10.9.0.1:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "10.9.")]),
    ("http://10.9.0.1:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "10.9.0.0-10.9.0.9")]),
    ("http://localhost:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1")]),
    ("http://127.0.0.1:8000/", &[("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", "localhost")]),
];

/// A URL, and a list that every client reads.
const LISTS: &[(&str, &str)] = &[
    ("http://10.9.0.1:8000/", "10.9.0.0/16, 192.168.0.0/16"),
    ("http://10.9.0.1:8000/", "10.9.0.1/32"),
    ("http://10.9.0.1:8000/", "10.9.0.1/8"),
    ("http://10.9.0.1:8000/", "10.10.0.0/16"),
    ("http://10.9.0.1:8000/", "10.9.0.1:9000"),
    ("http://10.9.0.1:8000/", "10.*"),
    ("http://10.9.0.1:8000/", "10.0.0.0/33"),
    ("http://10.9.0.1:8000/", "10.0.0.0/255.0.0.0"),
    ("http://web:8000/", "http://web"),
    ("http://web:8000/", "web."),
    ("http://web:8000/", "*web"),
    ("http://web:8000/", "localhost;web"),
    ("http://web:8000/", "\"web\""),
    ("http://web:8000/", "localhost,,web"),
    ("http://web.shop.svc:8000/", "*.shop.svc"),
    ("http://web.shop.svc:8000/", "web.*"),
    ("http://web.shop.svc:8000/", "..svc"),
    ("http://web.shop.svc:8000/", ".SVC"),
    ("http://web.shop.svc:8000/", "*svc"),
    ("http://web.shop.svc:8000/", ".svc:8000"),
    ("http://web.shop.svc:8000/", ".svc:9000"),
    ("http://web.shop.svc:8000/", ".svc."),
    ("http://web.:8000/", "web"),
    ("http://web.shop.svc.cluster.local.:8000/", ".svc,.cluster.local"),
    ("http://10.9.0.1:8000/", "10.9.0.1:8000"),
    ("http://10.9.0.1:8000/", ".9.0.1"),
    ("http://10.9.0.1:8000/", "0.0.0.0/0"),
    ("http://web:8000/", "web/"),
    ("http://localhost:8000/", "127.0.0.1"),
    ("http://localhost:8000/", "127.0.0.0/8"),
    ("http://127.0.0.1:8000/", "127.0.0.0/8"),
];

fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proxies");
        std::fs::create_dir_all(&folder).expect("the folder is made");
        for (name, text) in [
            ("ask.go", include_str!("proxies/ask.go")),
            ("ask.py", include_str!("proxies/ask.py")),
            ("ask.cjs", include_str!("proxies/ask.cjs")),
        ] {
            std::fs::write(folder.join(name), text).expect("the program is written");
        }
        let mut go = Command::new(need("go", "golang-go"));
        go.args(["build", "-o", "ask-go", "ask.go"]).env("CGO_ENABLED", "0").current_dir(&folder);
        let ran = run(&mut go);
        assert_eq!(ran.code, 0, "{ran:?}");
        folder
    })
}

/// The clients that the proxy answered: each program prints a line for each of its clients, `NAME: BODY`.
fn asked_the_proxy(pod: &Namespace, (url, vars): Case<'_>) -> BTreeSet<String> {
    let programs = programs();
    let clients = tool("http-clients-1");
    let lines = |command: &mut Command| {
        let ran = run(command.stdin(Stdio::null()));
        assert_eq!(ran.code, 0, "{url} {vars:?}: {ran:?}");
        ran.stdout
    };
    let text = |path: PathBuf| path.to_str().expect("the path is UTF-8").to_owned();
    let start = |program: PathBuf| {
        let mut command = pod.command(&text(program));
        command.env_clear().env("PATH", "/usr/bin:/bin").envs(vars.iter().copied());
        command
    };
    let mut said = lines(start(programs.join("ask-go")).arg(url));
    said += &lines(start(clients.join("bin/python")).arg(programs.join("ask.py")).arg(url));
    let mut node = start(tool("node-24.21.0/node"));
    said += &lines(node.arg(programs.join("ask.cjs")).arg(url).env("NODE_PATH", clients.join("node_modules")));
    said += &format!("curl: {}\n", lines(start(need("curl", "curl")).args(["-s", "-S", "-m", "10", url])));
    let mut proxied = BTreeSet::new();
    for (name, _) in CLIENTS {
        let body = said.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        match body {
            Some("proxy") => drop(proxied.insert((*name).to_owned())),
            Some("direct") => {}
            // Whatever else it said is no prediction of ours.
            _ => drop(proxied.insert(format!("{name} said {body:?}"))),
        }
    }
    proxied
}

/// The clients that the finding names, of those that are compared.
fn foretold(pod: &Namespace, (url, vars): Case<'_>) -> BTreeSet<String> {
    let folder = Folder::new();
    let mut runtimes: Vec<&str> = CLIENTS.iter().map(|(_, runtime)| *runtime).collect();
    runtimes.dedup();
    let config =
        format!("checks: [{{name: web, gates: [], http: {{url: '{url}'}}, clients: ['{}']}}]\n", runtimes.join("', '"));
    let config = folder.write("pilotfish.yaml", config);
    let mut command = pod.command(PILOTFISH);
    command.args(["check", "-c", &config, "-o", "json"]).env_clear().envs(vars.iter().copied());
    let ran = run(&mut command);
    assert!(!ran.stdout.contains("hunter2"), "{ran:?}");
    let report: serde_json::Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let check = &report["checks"][0];
    assert_eq!(check["result"], "pass", "{ran:?}");
    let findings = check["findings"].as_array().expect("a list");
    let Some(found) = findings.iter().find(|finding| finding["code"] == "proxy_catches_cluster_name") else {
        return BTreeSet::new();
    };
    let message = found["message"].as_str().expect("a text");
    let named = message.split(": ").nth(1).and_then(|rest| rest.split(" would").next()).expect("names");
    let named = named.replace(" and ", ", ");
    named.split(", ").filter(|name| CLIENTS.iter().any(|(known, _)| known == name)).map(str::to_owned).collect()
}

#[test]
fn real_clients_go_to_the_proxy_where_it_is_foretold() {
    let pod = Namespace::new();
    pod.hosts(HOSTS);
    pod.ip(&["addr", "add", "10.9.0.1/32", "dev", "lo"]);
    let answer = |status: &str, body: &str| {
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Type: text/plain\r\n");
        Manner::SaysAndEnds(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    };
    // What a proxy outside the cluster says of a name that it does not know.
    let _proxy = Inside::start(&pod, &["127.0.0.1:3128"], &answer("502 Bad Gateway", "proxy"));
    let _web = Inside::start(&pod, &["127.0.0.1:8000", "10.9.0.1:8000"], &answer("200 OK", "direct"));
    let mut wrong = Vec::new();
    let lists: Vec<[(&str, &str); 3]> = LISTS
        .iter()
        .map(|(_, list)| [("http_proxy", PROXY), ("NODE_USE_ENV_PROXY", "1"), ("NO_PROXY", list)])
        .collect();
    let by_list = LISTS.iter().zip(&lists).map(|((url, _), vars)| (*url, &vars[..]));
    for case in CASES.iter().copied().chain(by_list) {
        let (real, told) = (asked_the_proxy(&pod, case), foretold(&pod, case));
        if real != told {
            wrong.push(format!("{case:?}\n  real: {real:?}\n  told: {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `diagnose` judges every runtime; `check` none that nobody named.
#[test]
fn diagnose_tells_of_the_proxy_and_a_check_without_clients_does_not() {
    let pod = Namespace::new();
    pod.hosts(HOSTS);
    let _web = Inside::start(&pod, &["127.0.0.1:8000"], &Manner::SaysAndEnds(b"HTTP/1.0 200 OK\r\n\r\n".to_vec()));
    let says = |command: &str, list: &str| {
        let mut pilotfish = pod.command(PILOTFISH);
        pilotfish.args([command, "http://web:8000", "-o", "json"]).env_clear();
        let ran = run(pilotfish.env("HTTP_PROXY", PROXY).env("NO_PROXY", list));
        assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{ran:?}");
        ran.stdout.contains("proxy_catches_cluster_name")
    };
    assert!(says("diagnose", "localhost,127.0.0.1"));
    assert!(!says("diagnose", "localhost,web"));
    assert!(!says("diagnose", "*"));
    assert!(!says("check", "localhost"));
}
