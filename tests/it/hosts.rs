//! Apps that serve some hosts only: the hint names the list to extend.

use crate::support::contracts::App;
use crate::support::one_check::{check_of, failed, passed};

#[test]
fn the_hint_names_the_list_of_the_framework() {
    let django = App::with("hosts.py", &[("DEBUG", "0")]);
    let debug = App::with("hosts.py", &[("DEBUG", "1")]);
    let api = App::start("api.py");
    let mcp = App::start("mcp_server.py");
    let typescript = App::start("mcp.mjs");
    for (url, host, own, list) in [
        (django.url("/health"), "web:8000", "shop.example.com", "ALLOWED_HOSTS in the Django settings"),
        (debug.url("/health"), "web:8000", "shop.example.com", "ALLOWED_HOSTS in the Django settings"),
        (api.url("/hosts/ok"), "web:8000", "api.example.com", "TrustedHostMiddleware"),
        (mcp.url("/mcp"), "mcp-server:8000", "", "allowed_hosts of TransportSecuritySettings"),
        (typescript.url("/guarded"), "mcp-server:8000", "", "`allowedHosts`"),
    ] {
        let keys = |host: &str| format!("{{url: '{url}', headers: {{Host: '{host}'}}}}");
        failed(&check_of("http", "10s", &keys(host)), "assert", "http_status", list);
        if !own.is_empty() {
            passed(&check_of("http", "10s", &keys(own)));
        }
        let websocket = format!("{{url: '{}', headers: {{Host: '{host}'}}}}", url.replace("http:", "ws:"));
        if !own.is_empty() {
            failed(&check_of("websocket", "10s", &websocket), "assert", "http_status", list);
        }
    }
}
