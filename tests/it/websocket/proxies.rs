//! nginx in front of the server: as it is right, and as it is often wrong.

use super::{check, failed, passed};
use crate::support::nginx::Nginx;
use crate::support::websocket::Server;
use crate::support::{dead_port, free_port};

/// nginx with this location, and the port that it passes on to.
fn behind(port: u16, settings: &str) -> (Nginx, serde_json::Value) {
    let listen = free_port();
    let location = format!("location / {{ proxy_pass http://127.0.0.1:{port}; {settings} }}");
    let nginx = Nginx::start(&[listen], &format!("server {{ listen 127.0.0.1:{listen}; {location} }}"));
    (nginx, check(&format!("{{url: 'ws://127.0.0.1:{listen}/hello', expect: '{{'}}")))
}

#[test]
fn a_proxy_that_passes_the_upgrade_on_is_no_hindrance() {
    let server = Server::start();
    let settings =
        "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
    passed(&behind(server.port, settings).1);
}

#[test]
fn a_proxy_that_drops_the_upgrade_is_named() {
    let server = Server::start();
    let report = behind(server.port, "").1;
    let message = failed(&report, "assert", "http_status", "proxy_set_header Upgrade");
    assert_eq!(message, "426, expected 101");
    // Half of the settings: nginx closes the connection to the app.
    let half = behind(server.port, "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;").1;
    failed(&half, "assert", "http_status", "proxy_set_header Connection");
}

#[test]
fn a_page_and_a_proxy_without_its_app_are_named() {
    let port = free_port();
    let _nginx = Nginx::start(
        &[port],
        &format!(
            "server {{ listen 127.0.0.1:{port}; location / {{ default_type text/html; return 200 '<html>app</html>'; }}
             location /bad {{ return 400; }} location /moved {{ return 301 https://$host/moved; }} }}"
        ),
    );
    let at = |path: &str| check(&format!("{{url: 'ws://127.0.0.1:{port}/{path}'}}"));
    failed(&at("x"), "assert", "http_status", "drops the header Upgrade");
    failed(&at("bad"), "assert", "http_status", "dropped the headers Upgrade and Connection");
    failed(&at("moved"), "assert", "http_redirect", "");
    failed(&behind(dead_port(), "").1, "assert", "http_status", "");
}
