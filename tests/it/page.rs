//! The page at `/`, in a real browser. What it looks like is in target/screenshots, for a person to look at.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use crate::support::http::{HttpServer, page};
use crate::support::sidecar::{Sidecar, get_with};
use crate::support::{Folder, dead_port, need, run, until};

/// What a peer says of itself: markup in each place that people see.
const HOSTILE: &str = r#"{"status":"fail","checks":{"<img src=x onerror=document.title='owned'>":
    [{"status":"fail","output":"</script><script>document.title='owned'</script>"}]}}"#;

fn browser(folder: &Folder) -> Command {
    let mut command = Command::new(need("chromium", "chromium"));
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--virtual-time-budget=5000"]);
    command.arg(format!("--user-data-dir={}", folder.path().join("profile").display()));
    command
}

/// The document as the browser has it, once the script has run.
fn document(folder: &Folder, host: &str, address: SocketAddr) -> String {
    let mapped = format!("--host-resolver-rules=MAP stranger.example {}", address.ip());
    let url = format!("http://{host}:{}/", address.port());
    let ran = run(browser(folder).args([&mapped, "--dump-dom", &url]));
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout
}

#[test]
fn a_browser_shows_gates_checks_and_what_to_do_and_strangers_see_names_alone() {
    let peer = HttpServer::start(|_| page(200, "Content-Type: application/health+json\r\n", HOSTILE));
    let cache = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let sidecar = Sidecar::start(&format!(
        "defaults: {{interval: 1s, failure_threshold: 1}}\nchecks:\n  \
         - {{name: cache, tcp: {{address: \"{}\"}}, gates: [live]}}\n  \
         - {{name: backend, peer: {{url: \"{}\"}}, gates: [ready]}}\n  \
         - {{name: database, postgres: {{url: \"postgres://app:s3cret@127.0.0.1:{}/shop\"}}, gates: [ready]}}\n",
        cache.local_addr().expect("it has an address"),
        peer.url("/health"),
        dead_port(),
    ));
    until("each has run twice", || sidecar.get("/status").body.matches("\"last_runs\": \"--").count() == 2);
    let folder = Folder::new();
    let shown = document(&folder, "127.0.0.1", sidecar.address);
    for part in [
        "<title>✗ 2 down · pilotfish</title>",
        "held by backend, database",
        "<h2>cache</h2><b class=\"pass\">up</b>",
        "<h2>database</h2><b class=\"fail\">down</b>",
        "connect_refused</b> (connect)",
        "Use the Service name if the server runs in another pod",
        "<b>localhost_in_pod</b>",
        "postgres://app@127.0.0.1:",
        "<div class=\"bar\"><span>connect</span><i style=\"width: 100%;\">",
        "role=\"img\" aria-label=\"last ",
        "&lt;img src=x onerror=document.title='owned'&gt;: fail",
        "<html lang=\"en\">",
        "aria-live=\"polite\"",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains("<img") && shown.matches("<script>").count() == 1, "{shown}");
    assert!(!shown.contains("s3cret") && shown.contains("<p id=\"note\">3 checks, 2 not well</p>"), "{shown}");

    let stranger = document(&folder, "stranger.example", sidecar.address);
    assert!(stranger.contains("<h2>database</h2><b class=\"fail\">down</b>"), "{stranger}");
    for part in ["127.0.0.1", "connect_refused", "postgres", "<dl>", "onerror"] {
        let (_, body) = stranger.split_once("<main").expect("it has a body");
        let (body, _) = body.split_once("</main>").expect("it ends");
        assert!(!body.contains(part), "{part}\n{body}");
    }

    let folder_of_pictures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder_of_pictures).expect("it can be made");
    for (name, size, scheme) in [
        ("desk-light", "900,1200", 1),
        ("desk-dark", "900,1200", 0),
        ("phone-light", "390,1600", 1),
        ("phone-dark", "390,1600", 0),
    ] {
        let picture = folder_of_pictures.join(format!("{name}.png"));
        std::fs::remove_file(&picture).ok();
        let mut command = browser(&folder);
        command.arg(format!("--screenshot={}", picture.display())).arg(format!("--window-size={size}"));
        let ran = run(command
            .arg(format!("--blink-settings=preferredColorScheme={scheme}"))
            .arg(format!("http://{}/", sidecar.address)));
        assert!(ran.code == 0 && picture.exists(), "{ran:?}");
    }
}

#[test]
fn only_browsers_get_the_page_and_it_may_load_nothing() {
    let sidecar = Sidecar::start("checks: [{name: app, listen: {port: 1}, gates: []}]\n");
    let plain = sidecar.get("/");
    assert!(plain.head.contains("content-type: text/plain") && plain.body.contains("in a browser"), "{plain:?}");
    let accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    let shown = get_with(sidecar.address, "/", accept).expect("it answers");
    assert!(shown.head.contains("content-type: text/html; charset=utf-8"), "{}", shown.head);
    for part in ["default-src 'none'", "frame-ancestors 'none'", "script-src 'sha256-", "connect-src 'self'"] {
        assert!(shown.head.contains(part), "{}", shown.head);
    }
    assert!(shown.body.len() < 30_000 && !shown.body.contains("listen::1"), "it holds nothing of this pod");
}
