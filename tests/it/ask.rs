//! `pilotfish ask` against a running sidecar: one line, stable, and the exit code.

use std::io::Write as _;
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::support::http::{HttpServer, page};
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::sidecar::Sidecar;
use crate::support::{Folder, Ran, dead_port, ran, read_all, until};

fn ask(question: &str, address: SocketAddr) -> Ran {
    ran(&["ask", question, "--url", &format!("http://{address}")])
}

fn said(ran: &Ran) -> (i32, &str) {
    assert_eq!(ran.stderr, "", "{ran:?}");
    let line = ran.stdout.strip_suffix('\n').expect("a line");
    assert!(!line.contains('\n'), "one line: {line}");
    (ran.code, line)
}

#[test]
fn the_failing_check_its_cause_and_its_hint_in_one_line_that_never_changes() {
    let cluster = Cluster::plain();
    let url = cluster.url().replace(PASSWORD, "qwZertY7");
    let dead = dead_port();
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: database, postgres: {{url: \"{url}\"}}, gates: [startup], starts_before: true}}\n  \
         - {{name: cache, tcp: {{address: \"127.0.0.1:{dead}\"}}, gates: [ready]}}\n"
    ));
    until("both were tried", || {
        let status = sidecar.get("/status").body;
        status.contains("password_rejected") && status.contains("connect_refused")
    });
    let first = ask("database", sidecar.address);
    let (code, line) = said(&first);
    assert_eq!(code, 1);
    assert!(line.starts_with("database: password_rejected for user app. Fix: ") && line.len() <= 200, "{line}");
    assert!(!line.contains("qwZertY7") && !line.contains("failing:"), "{line}");
    assert_eq!(said(&ask("startup", sidecar.address)), (1, line), "the same words");
    let runs = || {
        sidecar
            .get("/metrics")
            .body
            .lines()
            .find(|line| line.starts_with("pilotfish_check_runs_total{check=\"cache\"}"))
            .map(str::to_owned)
    };
    let before = runs();
    let (ready, cache) = (ask("ready", sidecar.address), ask("cache", sidecar.address));
    assert_eq!(said(&ready), (1, line), "the first that fails, whatever the others do");
    assert!(said(&cache).1.starts_with("cache: connect_refused: "), "{cache:?}");
    until("another run ended", || runs() != before);
    assert_eq!(said(&ask("cache", sidecar.address)), said(&cache), "no counter, no time");
    assert_eq!(said(&ask("live", sidecar.address)), (0, "ok"));
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test dials as it likes")]
fn when_it_runs_next_is_told_on_demand_and_a_repair_can_be_tried_at_once() {
    let cluster = Cluster::plain();
    let secret = Folder::new();
    let file = secret.write("url", cluster.url().replace(PASSWORD, "qwZertY7"));
    let sidecar = Sidecar::start(&format!(
        "checks:\n  - {{name: database, postgres: {{url: {{file: {file}}}}}, gates: [ready], interval: 5m}}\n"
    ));
    until("it was tried", || sidecar.get("/status").body.contains("password_rejected"));
    let ask = |args: &[&str]| {
        let url = format!("http://{}", sidecar.address);
        ran(&[&["ask", "--url", &url], args].concat())
    };
    let verbose = ask(&["database", "--verbose"]);
    let lines: Vec<&str> = verbose.stdout.lines().collect();
    assert_eq!((verbose.code, lines.len()), (1, 2), "{verbose:?}");
    assert_eq!(format!("{}\n", lines[0]), ask(&["database"]).stdout, "the stable line comes first");
    let runs = lines[1];
    assert!(
        runs.starts_with("database: last run ") && runs.contains(" ago: password_rejected; next run in "),
        "{runs}"
    );
    assert!(runs.ends_with(", because the check backs off; to run it now: pilotfish ask --retry database"), "{runs}");
    assert_eq!(ask(&["ready", "--verbose"]).stdout.lines().count(), 2, "every check of the gate");
    cluster.sql("ALTER ROLE app PASSWORD 'qwZertY7'");
    let retry = ask(&["--retry", "database"]);
    assert_eq!(said(&retry), (0, "database: the check runs now"));
    until("it is up at once", || ask(&["database"]).code == 0);
    let again = ask(&["--retry", "database"]);
    let (code, line) = said(&again);
    assert!(
        code == 1 && line.starts_with("database: retried less than 30 s ago; it can be retried again in "),
        "{line}"
    );
    assert_eq!(ask(&["--retry", "nope"]).code, 2);
    assert_eq!(ask(&["--retry", "ready"]).code, 2);
    let post = |headers: &str| {
        let mut stream = TcpStream::connect(sidecar.address).expect("the sidecar listens");
        let request = format!("POST /retry/database HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("it reads");
        read_all(stream)
    };
    assert!(post("").starts_with("HTTP/1.1 429 "));
    for stranger in ["Origin: http://localhost\r\n", "X-Forwarded-For: 10.0.0.1\r\n"] {
        assert!(post(stranger).starts_with("HTTP/1.1 403 "), "{stranger}");
    }
}

#[test]
fn what_is_up_is_ok() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    let sidecar =
        Sidecar::start(&format!("checks:\n  - {{name: cache, tcp: {{address: \"{address}\"}}, gates: [ready]}}\n"));
    sidecar.until_status("/readyz", 200);
    for question in ["startup", "ready", "live", "cache"] {
        assert_eq!(said(&ask(question, sidecar.address)), (0, "ok"), "{question}");
    }
    let port = sidecar.address.port();
    let by_name = ran(&["ask", "--url", &format!("http://localhost:{port}")]);
    assert_eq!(said(&by_name), (0, "ok"), "ready is the default, and localhost is 127.0.0.1");
    let unknown = ask("nope", sidecar.address);
    assert_eq!(said(&unknown), (2, "there is no check \"nope\"; there are: cache"));
}

#[test]
fn a_sidecar_with_a_token_answers_ask_all_the_same() {
    let dead = dead_port();
    let sidecar = Sidecar::start(&format!(
        "serve: {{bearer_token: s3cret}}\nchecks:\n  \
         - {{name: cache, tcp: {{address: \"127.0.0.1:{dead}\"}}, gates: [ready]}}\n"
    ));
    until("it was tried", || ask("ready", sidecar.address).stdout.contains("connect_refused"));
    assert_eq!(sidecar.status("/status"), 401);
}

#[test]
fn nobody_there_is_said_with_the_remedy() {
    let address = SocketAddr::from(([127, 0, 0, 1], dead_port()));
    let expected = format!(
        "pilotfish does not answer at http://{address}: connection refused; \
         check whether `pilotfish serve` runs in this pod; if its `listen` is another address, set --url"
    );
    assert_eq!(said(&ask("ready", address)), (1, &*expected));
}

#[test]
fn somebody_else_there_is_said_so() {
    // Through the kernel's backlog: it accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = silent.local_addr().expect("it has an address");
    let nothing = ask("ready", address);
    assert!(said(&nothing).1.contains("timed out"), "{nothing:?}");
    let answers = std::thread::spawn(move || {
        for text in [
            "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
            "SSH-2.0-x\r\n",
            "",
            "HTTP/1.1 503 x\r\nContent-Length: 9\r\n\r\nx",
        ] {
            let (mut stream, _) = silent.accept().expect("it asks");
            drop(std::io::Write::write_all(&mut stream, text.as_bytes()));
            drop(std::io::Read::read(&mut stream, &mut [0; 1024]));
        }
    });
    // The first connection is the one that was given up.
    assert!(answers.thread().name().is_none());
    for _ in 0..3 {
        let ran = ask("ready", address);
        let (code, line) = said(&ran);
        assert_eq!(code, 1, "{line}");
        assert!(line.contains("the answer is not HTTP") || line.contains("another server than pilotfish"), "{line}");
    }
    answers.join().expect("it answered");
}

#[test]
fn bad_usage_is_told_apart_and_repeats_no_secret() {
    for (question, url) in [
        ("postgres://app:s3cret@db/app", "http://127.0.0.1:9809"),
        ("ready", "http://app:s3cret@127.0.0.1:9809"),
        ("ready", "https://127.0.0.1:9809"),
        ("ready", "http://sidecar.example:9809"),
        ("Database", "http://127.0.0.1:9809"),
        ("", "http://127.0.0.1:9809"),
    ] {
        let ran = ran(&["ask", question, "--url", url]);
        let (code, line) = said(&ran);
        assert_eq!(code, 2, "{question} {url}: {line}");
        assert!(!line.contains("s3cret"), "{line}");
    }
}

#[test]
fn a_peer_whose_answers_change_is_one_event() {
    let count = std::sync::atomic::AtomicU32::new(0);
    let server = HttpServer::start(move |asked| {
        let run = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match asked.path() {
            "/health" => page(
                503,
                "Content-Type: application/json\r\n",
                &format!(r#"{{"status":"down","took":{run},"checks":{{"db-{run}":"disconnected: since {run} s"}}}}"#),
            ),
            _ => page(u16::try_from(500 + run % 4).expect("a status"), "", &format!("request {run} failed")),
        }
    });
    let (peer, web) = (server.url("/health"), server.url("/orders/1"));
    let sidecar = Sidecar::start(&format!(
        "defaults: {{interval: 100ms}}\nchecks:\n  - {{name: backend, peer: {{url: \"{peer}\"}}, gates: [ready]}}\n  \
         - {{name: web, http: {{url: \"{web}\"}}, gates: [ready]}}\n"
    ));
    let runs = |name: &str| {
        let metrics = sidecar.get("/metrics").body;
        let line = format!("pilotfish_check_runs_total{{check=\"{name}\"}} ");
        metrics.lines().find_map(|text| text.strip_prefix(&line)?.parse::<u32>().ok()).unwrap_or(0)
    };
    until("both have run", || runs("backend") > 0 && runs("web") > 0);
    let first = [ask("backend", sidecar.address), ask("web", sidecar.address)].map(|ran| ran.stdout);
    assert!(first[0].starts_with("backend: health_down: db-… is disconnected. Fix: "), "{}", first[0]);
    assert!(first[1].starts_with("web: http_status: GET /orders/1 answered 50"), "{}", first[1]);
    for _ in 0..20 {
        let before = runs("backend").min(runs("web"));
        until("another run of both", || runs("backend").min(runs("web")) > before);
        let now = [ask("backend", sidecar.address), ask("web", sidecar.address)].map(|ran| ran.stdout);
        assert_eq!(now, first, "each new text would be a new event");
    }
}
