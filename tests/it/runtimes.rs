//! What is foretold of other runtimes, beside what the real ones do: in a namespace with the same addresses and latencies
//! pilotfish measures and predicts, then every runtime connects, and both must come to the same end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use crate::support::delay::Link;
use crate::support::hostile::{Inside, Manner};
use crate::support::netns::Namespace;
use crate::support::{Folder, PILOTFISH, need, run, tool, until};

/// Who is still waiting then hangs: nothing that comes to an end here needs as long.
const PATIENCE: &str = "7";
/// How many connect at the same time: the timers of a runtime that gets no processor are late.
const AT_A_TIME: usize = 4;
/// How often a runtime is asked that does not do what was foretold.
const ASKED: usize = 3;
/// Runs this test binary as a client over tokio.
const TOKIO: &str = "PILOTFISH_TEST_TOKIO_CLIENT";

/// A pod and what it dials: `db` on port 5432, at these addresses.
struct Scene<'a> {
    /// The pod's own addresses.
    pod: &'a [&'a str],
    /// `203.0.113.1 310`: answers after so many milliseconds; `drop`: silent; `refused`: nobody listens; `away`: there
    /// is no such address (and in an IPv4 pod no route).
    addresses: &'a [&'a str],
}

const IPV4_POD: &[&str] = &["10.9.0.1/24"];
const BOTH_POD: &[&str] = &["10.9.0.1/24", "2600:1::1/64"];
const IPV6_POD: &[&str] = &["2600:1::1/64"];
const PRIVATE_POD: &[&str] = &["10.9.0.1/24", "fd09::1/64"];

/// A login without a password, and that the server waits for queries: enough for what speaks PostgreSQL.
const WELCOME: &[u8] = b"R\0\0\0\x08\0\0\0\0S\0\0\0\x18server_version\x0015.4\x00Z\0\0\0\x05I";

/// The scene as it stands while the test runs.
struct Stage {
    pod: Namespace,
    _net: Namespace,
    _link: Link,
    _server: Option<Inside>,
}

impl Stage {
    fn set(scene: &Scene<'_>) -> Self {
        let (pod, net) = (Namespace::new(), Namespace::new());
        let rows: Vec<(&str, &str)> =
            scene.addresses.iter().map(|row| row.split_once(' ').expect("an address and what it does")).collect();
        let width = |address: &str| if address.contains(':') { "128" } else { "32" };
        let theirs: Vec<String> = rows
            .iter()
            .filter(|(_, does)| *does != "away")
            .map(|(address, _)| format!("{address}/{}", width(address)))
            .collect();
        let holds: Vec<String> = rows
            .iter()
            .filter(|(_, does)| *does == "drop" || does.parse::<u32>().is_ok())
            .map(|(address, does)| format!("{address}={does}"))
            .collect();
        let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
        let link = Link::join((&pod, scene.pod), (&net, &theirs), &holds);
        if scene.pod.iter().any(|address| address.contains('.')) {
            pod.ip(&["route", "add", "default", "dev", "eth0"]);
        }
        net.ip(&["route", "add", "default", "dev", "eth0"]);
        if scene.pod.iter().any(|address| address.contains(':')) {
            pod.ip(&["-6", "route", "add", "default", "dev", "eth0"]);
            net.ip(&["-6", "route", "add", "default", "dev", "eth0"]);
        }
        let listening: Vec<String> = rows
            .iter()
            .filter(|(_, does)| does.parse::<u32>().is_ok())
            .map(
                |(address, _)| {
                    if address.contains(':') { format!("[{address}]:5432") } else { format!("{address}:5432") }
                },
            )
            .collect();
        let listening: Vec<&str> = listening.iter().map(String::as_str).collect();
        let answer = Manner::SaysAndEnds(WELCOME.to_vec());
        let server = (!listening.is_empty()).then(|| Inside::start(&net, &listening, &answer));
        pod.hosts(rows.iter().map(|(address, _)| format!("{address} db\n")).collect::<String>());
        Self { pod, _net: net, _link: link, _server: server }
    }

    /// The one check of a report on `tcp://db:5432`, judged for every runtime.
    fn check(&self) -> Value {
        self.check_that_fails_on("")
    }

    fn check_that_fails_on(&self, code: &str) -> Value {
        let folder = Folder::new();
        let names: Vec<&str> = CLIENTS.iter().map(|(name, _)| *name).collect();
        let config = format!(
            "checks: [{{name: db, tcp: {{address: 'db:5432'}}, clients: ['{}'], fail_on: [{code}]}}]\n",
            names.join("', '")
        );
        let config = folder.write("pilotfish.yaml", config);
        self.pod.json(&["check", "-c", &config, "-o", "json"])["checks"][0].clone()
    }

    /// What a real runtime does: `connected 312`, `failed 270 ETIMEDOUT …`, `hangs`.
    fn connects(&self, client: Client) -> String {
        self.connects_with(client, ("NODE_OPTIONS", ""))
    }

    /// The same with this variable.
    fn connects_with(&self, client: Client, (name, value): (&str, &str)) -> String {
        let mut command = self.pod.command(need("timeout", "coreutils").to_str().expect("the path is UTF-8"));
        command.arg(PATIENCE).stdin(Stdio::null()).env_remove("PGCONNECT_TIMEOUT").env(name, value);
        client.arguments(&mut command);
        let ran = run(&mut command);
        if ran.code == 124 {
            return "hangs".to_owned();
        }
        let said = client.said(&ran);
        said.unwrap_or_else(|| panic!("{client:?}: {ran:?}"))
    }
}

/// A real runtime.
#[derive(Debug, Clone, Copy)]
enum Client {
    Node(&'static str),
    Python(&'static str),
    Go,
    Java,
    Curl,
    Psql,
    Tokio,
}

/// Every runtime that predictions are made for, and the real one that it is compared with.
const CLIENTS: &[(&str, Client)] = &[
    ("node@18", Client::Node("node-18.20.8")),
    ("node@20", Client::Node("node-20.20.2")),
    ("node@22", Client::Node("node-22.23.3")),
    ("node@24", Client::Node("node-24.21.0")),
    ("node@25", Client::Node("node-25.2.0")),
    ("node@26", Client::Node("node-26.10.0")),
    ("go", Client::Go),
    ("python", Client::Python("socket")),
    ("python-asyncio", Client::Python("asyncio")),
    ("python-anyio", Client::Python("anyio")),
    ("libpq", Client::Psql),
    ("psycopg3", Client::Python("psycopg")),
    ("jvm", Client::Java),
    ("curl", Client::Curl),
    ("tokio", Client::Tokio),
];

impl Client {
    fn arguments(self, command: &mut Command) {
        let programs = programs();
        match self {
            Self::Node(version) => command.arg(tool(&format!("{version}/node"))).arg(programs.join("dial.cjs")),
            Self::Python(way) => {
                command.arg(tool("python-clients-1/bin/python")).arg(programs.join("dial.py")).arg(way)
            }
            Self::Go => command.arg(programs.join("dial-go")),
            Self::Java => {
                let java = need("java", "openjdk-17-jdk-headless");
                command.arg(java).args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"]).arg(programs).arg("Dial")
            }
            Self::Curl => {
                command.arg(need("curl", "curl")).args(["-s", "-S", "-o", "/dev/null", "http://db:5432/"]);
                return;
            }
            Self::Psql => {
                let psql = need("psql", "postgresql");
                command.arg(psql).args(["-X", "-w"]).arg("host=db port=5432 user=app dbname=app sslmode=disable");
                return;
            }
            Self::Tokio => {
                let myself = std::env::current_exe().expect("a test knows its own file");
                command.arg(myself).args(["--exact", "runtimes::tokio_client", "--nocapture"]).env(TOKIO, "db:5432");
                return;
            }
        };
        command.args(["db", "5432"]);
    }

    /// How it ended, in the words of the programs.
    fn said(self, ran: &crate::support::Ran) -> Option<String> {
        match self {
            // The peer speaks no HTTP, which is another error than not to reach it.
            Self::Curl if ran.code == 1 => Some("connected".to_owned()),
            Self::Curl => (ran.code == 7).then(|| format!("failed curl: ({}) ", ran.code)),
            Self::Psql if ran.code == 0 => Some("connected".to_owned()),
            Self::Psql => Some(format!("failed {}", ran.stderr)),
            _ => {
                let mut lines = ran.stdout.lines();
                let line = lines.find(|line| line.starts_with("connected") || line.starts_with("failed"))?;
                Some(line.trim_end().to_owned())
            }
        }
    }
}

/// The folder of the small programs, compiled once.
fn programs() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("runtimes");
        std::fs::create_dir_all(&folder).expect("the folder is made");
        for (name, text) in [
            ("dial.cjs", include_str!("runtimes/dial.cjs")),
            ("dial.py", include_str!("runtimes/dial.py")),
            ("dial.go", include_str!("runtimes/dial.go")),
            ("Dial.java", include_str!("runtimes/Dial.java")),
        ] {
            std::fs::write(folder.join(name), text).expect("the program is written");
        }
        let compiled = |command: &mut Command| {
            let ran = run(command.current_dir(&folder));
            assert_eq!(ran.code, 0, "{command:?}: {ran:?}");
        };
        compiled(Command::new(need("javac", "openjdk-17-jdk-headless")).arg("Dial.java"));
        compiled(
            Command::new(need("go", "golang-go")).args(["build", "-o", "dial-go", "dial.go"]).env("CGO_ENABLED", "0"),
        );
        folder
    })
}

/// Not a test: the client over tokio. Without its variable it has nothing to do.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "how the process is told from the tests, and a test dials as it likes")]
async fn tokio_client() {
    let Ok(address) = std::env::var(TOKIO) else { return };
    match tokio::net::TcpStream::connect(address).await {
        Ok(_) => println!("\nconnected"),
        Err(error) => println!("\nfailed {error}"),
    }
}

/// Compares every prediction with the real runtime; gives the check's report.
fn compared(scene: &Scene<'_>) -> Value {
    compared_on(&Stage::set(scene))
}

fn compared_on(stage: &Stage) -> Value {
    let check = stage.check();
    let wrong: Mutex<Vec<String>> = Mutex::default();
    let ask = |(name, client): (&str, Client)| {
        let prediction = prediction(&check, name);
        // On a busy machine timers are late: whoever differs is asked again.
        let mut differs = (0..ASKED).map(|_| difference(prediction, &stage.connects(client)));
        if let Some(Some(difference)) = differs.try_fold(None, |_, one| one.map(Some)) {
            wrong.lock().expect("no thread panics with it").push(format!("{name}: {difference}"));
        }
    };
    // Who waits needs no processor, and waits beside the others.
    let waits = |name: &str| {
        let told = prediction(&check, name);
        told["result"] == "hangs" || told["after_seconds"].as_f64().is_some_and(|after| after > 2.0)
    };
    let (waiting, busy): (Vec<_>, Vec<_>) = CLIENTS.iter().copied().partition(|(name, _)| waits(name));
    let busy = Mutex::new(busy);
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                let next = || busy.lock().expect("no thread panics with it").pop();
                std::iter::from_fn(next).for_each(ask);
            });
        }
        for one in waiting {
            scope.spawn(move || ask(one));
        }
    });
    let wrong = wrong.into_inner().expect("no thread panics with it");
    assert!(wrong.is_empty(), "{wrong:#?}\n{}", check["survey"]);
    check
}

fn prediction<'a>(check: &'a Value, name: &str) -> &'a Value {
    let all = check["runtimes"].as_array().unwrap_or_else(|| panic!("no predictions: {check}"));
    all.iter().find(|one| one["runtime"] == name).unwrap_or_else(|| panic!("{name} is not foretold: {check}"))
}

/// Where what was foretold and what happened differ.
fn difference(prediction: &Value, real: &str) -> Option<String> {
    let error = prediction["error"].as_str().unwrap_or_default();
    let same = match prediction["result"].as_str()? {
        "connects" => real.starts_with("connected"),
        "hangs" => real == "hangs",
        "fails" => real.starts_with("failed") && names(real, error),
        // The real ones here are linked with glibc.
        "borderline" => real.starts_with("connected") && error.starts_with("images with glibc (Debian): connects "),
        _ => false,
    };
    (!same).then(|| format!("foretold {prediction}, but it {real}"))
}

/// Whether an error that happened is the one that was foretold.
fn names(real: &str, foretold: &str) -> bool {
    if foretold.starts_with("connection to server at ") {
        // libpq has the name beside the address, and a line for each.
        // psycopg 3 names what the kernel knew before its first question, which is a race, or a lost connection.
        let texts = foretold.rsplit("failed: ").next().unwrap_or_default().trim_end_matches(')');
        return texts.split(" (so it calls: ").any(|text| real.contains(text));
    }
    match foretold.split_once(" (") {
        _ if real.contains(foretold) => true,
        Some((before, _)) => real.contains(before) || real.contains("curl: (7)"),
        None => false,
    }
}

fn results(check: &Value, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| prediction(check, name)["result"].as_str().expect("a word").to_owned()).collect()
}

fn findings(check: &Value) -> Vec<&str> {
    check["findings"].as_array().expect("a list").iter().filter_map(|one| one["code"].as_str()).collect()
}

const NODES: &[&str] = &["node@18", "node@20", "node@22", "node@24", "node@25", "node@26"];

#[test]
fn slow_ipv4_and_unroutable_ipv6() {
    let stage = Stage::set(&Scene {
        pod: IPV4_POD,
        addresses: &[
            "203.0.113.1 310",
            "203.0.113.2 310",
            "203.0.113.3 310",
            "2600::1 away",
            "2600::2 away",
            "2600::3 away",
        ],
    });
    let check = compared_on(&stage);
    assert_eq!(results(&check, NODES), ["connects", "fails", "fails", "fails", "connects", "connects"]);
    assert_eq!((findings(&check), &check["result"]), (vec!["node_connect_cut"], &Value::from("pass")), "{check}");
    let strict = stage.check_that_fails_on("node_connect_cut");
    assert_eq!(strict["failure"]["cause"], "connect_timeout", "{strict}");
    for (name, client) in CLIENTS.iter().filter(|(name, _)| ["node@20", "node@24"].contains(name)) {
        let cures = prediction(&check, name)["cure"].as_str().expect("there is a cure");
        let options: Vec<&str> = cures
            .split(", or ")
            .filter_map(|cure| cure.strip_prefix("NODE_OPTIONS="))
            .map(|option| option.split(' ').next().unwrap_or_default())
            .collect();
        assert_eq!(options.len(), 2, "{cures}");
        for option in options {
            let cured =
                (0..ASKED).any(|_| stage.connects_with(*client, ("NODE_OPTIONS", option)).starts_with("connected"));
            assert!(cured, "{name} with {option}");
        }
        let order = stage.connects_with(*client, ("NODE_OPTIONS", "--dns-result-order=ipv4first"));
        assert!(order.starts_with("failed"), "the order alone does not help: {order}");
    }
}

#[test]
fn slow_ipv4_only() {
    let check =
        compared(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 310", "203.0.113.2 310", "203.0.113.3 310"] });
    assert_eq!(results(&check, NODES), ["connects"; 6]);
    assert!(findings(&check).is_empty(), "{check}");
}

#[test]
fn one_slow_address() {
    let check = compared(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 310"] });
    assert!(findings(&check).is_empty(), "{check}");
}

#[test]
fn blackholed_ipv6_first() {
    let check = compared(&Scene { pod: BOTH_POD, addresses: &["203.0.113.1 310", "2600:2::1 drop"] });
    let told = results(&check, &["node@18", "node@20", "python", "python-asyncio", "libpq", "go", "jvm"]);
    assert_eq!(told, ["hangs", "connects", "connects", "hangs", "hangs", "connects", "connects"]);
    assert_eq!(findings(&check), ["ipv6_dead"], "{check}");
}

/// Such a pod is as it is meant to be, and glibc does not give Node what it cannot reach.
#[test]
fn a_pod_without_ipv4() {
    let slow = compared(&Scene { pod: IPV6_POD, addresses: &["203.0.113.1 away", "2600:2::1 310"] });
    assert_eq!(results(&slow, &["node@20", "node@26", "jvm"]), ["borderline", "connects", "fails"]);
    assert_eq!(findings(&slow), ["node_connect_cut", "address_dead"], "{slow}");
    assert_eq!((&slow["findings"][0]["severity"], &slow["degraded"]), (&"warning".into(), &false.into()), "{slow}");
    let of_java = &slow["findings"][1];
    assert!(of_java["message"].as_str().is_some_and(|text| text.ends_with("; Java fails")), "{of_java}");
    assert!(of_java["fix"].as_str().is_some_and(|text| text.ends_with("Java: -Djava.net.preferIPv6Addresses=true")));
    let fast = compared(&Scene { pod: IPV6_POD, addresses: &["203.0.113.1 away", "2600:2::1 5"] });
    assert_eq!((&fast["result"], &fast["degraded"]), (&Value::from("pass"), &Value::from(false)), "{fast}");
}

#[test]
fn fast_ipv4_before_blackholed_ipv6() {
    let check = compared(&Scene { pod: PRIVATE_POD, addresses: &["203.0.113.1 2", "2600:2::1 drop"] });
    assert!(findings(&check).is_empty(), "{check}");
}

#[test]
fn slow_ipv4_before_blackholed_ipv6() {
    let check = compared(&Scene { pod: PRIVATE_POD, addresses: &["203.0.113.1 310", "2600:2::1 drop"] });
    assert_eq!(results(&check, NODES), ["connects", "hangs", "hangs", "hangs", "connects", "connects"]);
    assert_eq!(findings(&check), ["node_connect_cut"], "{check}");
}

#[test]
fn a_dead_address_before_a_good_one() {
    let check = compared(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 drop", "203.0.113.2 5"] });
    assert_eq!(findings(&check), ["address_dead"], "{check}");
    let check = compared(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 5", "203.0.113.2 drop"] });
    assert_eq!(results(&check, &["jvm", "node@18", "libpq"]), ["connects"; 3], "as the name server has them now");
    let check = compared(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 refused", "203.0.113.2 5"] });
    assert_eq!(results(&check, &["jvm", "node@18", "libpq"]), ["fails", "fails", "connects"]);
}

#[test]
fn what_the_environment_sets_is_known() {
    let judged = |stage: &Stage, (name, value): (&str, &str)| -> Value {
        let mut command = stage.pod.command(PILOTFISH);
        let ran = run(command.env(name, value).args(["diagnose", "-o", "json", "tcp://db:5432"]));
        serde_json::from_str::<Value>(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"))["checks"][0]
            .clone()
    };
    let dead = Stage::set(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 drop", "203.0.113.2 5"] });
    let limit = ("PGCONNECT_TIMEOUT", "2");
    let check = judged(&dead, limit);
    for (name, client) in [("libpq", Client::Psql), ("psycopg3", Client::Python("psycopg"))] {
        assert_eq!(results(&check, &[name]), ["connects"]);
        assert!(dead.connects_with(client, limit).starts_with("connected"), "{name}");
    }
    let slow = Stage::set(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 310", "2600::1 away"] });
    for (options, found) in [
        ("--network-family-autoselection-attempt-timeout=1000", 0),
        ("--no-network-family-autoselection", 0),
        ("--dns-result-order=ipv4first", 1),
    ] {
        let options = ("NODE_OPTIONS", options);
        let check = judged(&slow, options);
        assert_eq!(findings(&check).len(), found, "{options:?}: {check}");
        let real = || slow.connects_with(Client::Node("node-22.23.3"), options);
        let expected = if found == 0 { "connected" } else { "failed" };
        assert!((0..ASKED).any(|_| real().starts_with(expected)), "{options:?}");
    }
}

#[test]
fn everything_is_refused() {
    let check = compared(&Scene { pod: BOTH_POD, addresses: &["203.0.113.1 refused", "2600:2::1 refused"] });
    assert_eq!(results(&check, NODES), ["fails"; 6]);
    assert!(findings(&check).is_empty(), "the failure itself says it: {check}");
}

/// Which side of the limit the next one falls on, nobody knows.
#[test]
fn near_to_the_limit_of_node() {
    let stage = Stage::set(&Scene { pod: IPV4_POD, addresses: &["203.0.113.1 243", "2600::1 away"] });
    until("it is measured near to 250 ms", || findings(&stage.check()) == ["node_connect_borderline"]);
}
