//! The kind `env`: rules, settings that must agree, and what a build of Next.js wrote into the scripts that browsers get.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::http::{HttpServer, page};
use crate::support::{Folder, Running, free_port, pilotfish, run, tool, until_listening};

/// What the app was built with; see scripts/install-test-tools.
const BUILT: [(&str, &str); 3] = [
    ("NEXT_PUBLIC_API_URL", "http://localhost:8000"),
    ("NEXT_PUBLIC_APP_URL", "http://localhost:3000"),
    ("NEXT_PUBLIC_AUTH_SECRET", "s3same-in-every-browser"),
];

/// The app of Next.js, and its port.
fn next() -> (Running, u16) {
    let port = free_port();
    let mut command = Command::new(tool("node-24.21.0/node"));
    command.arg(tool("next-app-1/app/server.js")).stdout(Stdio::null());
    let running = Running::start(command.env("PORT", port.to_string()).env("HOSTNAME", "127.0.0.1"));
    until_listening(([127, 0, 0, 1], port).into());
    (running, port)
}

/// The one check of a report of these variables, each with its rules, and of more keys of the check.
fn check(variables: &[(&str, &str)], rules: &str, keys: &str) -> Value {
    let folder = Folder::new();
    let bare = variables.iter().filter(|(name, _)| !rules.contains(&format!("name: {name}")));
    let bare: String = bare.map(|(name, _)| format!("{{name: {name}, required: false}}, ")).collect();
    let yaml = format!("checks: [{{name: it, env: {{variables: [{bare}{rules}]{keys}}}}}]");
    let path = folder.write("c.yaml", yaml);
    let ran = run(pilotfish().args(["check", "-o", "json", "-c", &path]).envs(variables.iter().copied()));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    report["checks"][0].clone()
}

/// Its findings, as `CODE: MESSAGE`.
fn findings(check: &Value) -> Vec<String> {
    let all = check["findings"].as_array().expect("a list").iter();
    all.map(|one| format!("{}: {}", one["code"].as_str().unwrap(), one["message"].as_str().unwrap())).collect()
}

#[test]
fn what_next_wrote_into_the_scripts_is_compared_with_the_container() {
    let (_next, port) = next();
    let bundle = format!(", bundle: \"http://127.0.0.1:{port}/\"");
    // As it was built, the secret but one is no matter of the scripts.
    let healthy = check(&BUILT[..2], "", &bundle);
    assert_eq!((healthy["result"].as_str(), findings(&healthy)), (Some("pass"), vec![]), "{healthy:#}");
    assert_eq!(healthy["degraded"], false, "{healthy:#}");
    let moved = [("NEXT_PUBLIC_API_URL", "http://todo.local/api"), BUILT[1]];
    let stale = check(&moved, "", &bundle);
    let expected = "public_value_stale: the scripts contain http://localhost:8000/todos, but the variable NEXT_PUBLIC_API_URL is \
                    http://todo.local/api";
    assert_eq!((stale["result"].as_str(), findings(&stale)), (Some("pass"), vec![expected.to_owned()]), "{stale:#}");
    assert!(stale["findings"][0]["fix"].as_str().unwrap().contains("rebuild the image"), "{stale:#}");
    let exposed = check(&BUILT, "", &bundle);
    assert!(
        findings(&exposed)
            .iter()
            .any(|one| one.starts_with("secret_in_bundle: the value of the variable NEXT_PUBLIC_AUTH")),
        "{exposed:#}"
    );
    assert!(!exposed.to_string().contains("s3same"), "{exposed:#}");
}

#[test]
fn a_page_that_cannot_be_read_fails_nothing() {
    let server = HttpServer::start(|asked| match asked.path() {
        "/login" => page(307, "Location: /sign-in\r\n", ""),
        "/half" => page(200, "Content-Type: text/html\r\n", "<script src=\"/_next/static/gone.js\"></script>"),
        "/plain" => page(200, "Content-Type: text/html\r\n", "<h1>hello</h1>"),
        _ => page(404, "", ""),
    });
    for (path, says) in [
        ("/login", "307"),
        ("/half", "/_next/static/gone.js: 404"),
        ("/plain", "names no script below /_next/static/"),
        ("/none", "404"),
    ] {
        let check = check(&BUILT[..1], "", &format!(", bundle: \"{}\"", server.url(path)));
        assert_eq!((check["result"].as_str(), check["degraded"].as_bool()), (Some("pass"), Some(true)), "{check:#}");
        let found = findings(&check);
        assert!(
            found.len() == 1 && found[0].starts_with("bundle_unread: ") && found[0].contains(says),
            "{path}: {found:?}"
        );
    }
    assert!(server.asked().iter().all(|asked| asked.line.starts_with("GET ")));
}

#[test]
fn a_page_that_drips_or_floods_is_given_up_in_time() {
    let scripts: String = (0..100).map(|index| format!("<script src=\"/_next/static/{index}.js\"></script>")).collect();
    let server = HttpServer::start(move |asked| match asked.path() {
        "/" => page(200, "", &scripts),
        "/big" => page(200, "", &"x".repeat(3 * 1024 * 1024)),
        _ => page(200, "", "a=\"http://localhost:1234/x\""),
    });
    let local = check(&[], "{name: NEXT_PUBLIC_X, required: false}", &format!(", bundle: \"{}\"", server.url("/")));
    let found = findings(&local);
    assert!(
        found.len() == 1 && found[0].contains("http://localhost:1234/x, which is the browser's own machine"),
        "{found:?}"
    );
    assert_eq!(server.asked().len(), 33, "the page and 32 scripts");
    let big = check(&BUILT[..1], "", &format!(", bundle: \"{}\"", server.url("/big")));
    assert!(findings(&big)[0].contains("over the limit"), "{big:#}");
}

#[test]
fn rules_name_the_variable_and_what_is_wrong() {
    for (value, rules, cause, says) in [
        (
            "vault:secret/data/app#key",
            "name: X",
            "variable_invalid",
            "X: it is a reference for Vault, which nothing resolved",
        ),
        ("op://vault/item/field", "name: X", "variable_invalid", "1Password"),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:app", "name: X", "variable_invalid", "AWS Secrets Manager"),
        ("ENC[AES256_GCM,data:abc,iv:x]", "name: X", "variable_invalid", "SOPS"),
        ("<path:secret/data/app#key>", "name: X", "variable_invalid", "Argo CD"),
        ("{{ .Values.key }}", "name: X", "variable_invalid", "X: it still contains {{ … }}"),
        ("${DB_PASSWORD}", "name: X", "variable_invalid", "X: it still contains ${DB_PASSWORD}"),
        ("sk-proj-123", "name: X, prefix: sk-ant-", "variable_invalid", "it does not start with the required prefix"),
        ("0123456789", "name: X, max_length: 8", "variable_invalid", "it is longer than 8 bytes"),
        (
            "moving_window",
            "name: X, one_of: [fixed-window, moving-window]",
            "variable_invalid",
            "none of the values of `one_of`",
        ),
        ("Fixed-Window", "name: X, one_of: [fixed-window]", "variable_invalid", "only capitals or spaces differ"),
        ("changeme", "name: X, not: []", "secret_too_weak", "value that everybody knows"),
        ("better-auth-secret-12345678901234567890", "name: X, not: []", "secret_too_weak", "everybody knows"),
        ("aaaaaaaaaaaaaaaa", "name: X, not: []", "secret_too_weak", "everybody knows"),
        ("of the example", "name: X, not: [of the example]", "variable_invalid", "it equals a value of `not`"),
        ("same", "name: X, not: [{env: OTHER}]", "variable_invalid", "(from the variable OTHER)"),
        (
            "other",
            "name: X, equals: {env: OTHER}",
            "variable_invalid",
            "it differs from `equals` (from the variable OTHER)",
        ),
        ("same\n", "name: X, equals: {env: OTHER}", "secret_whitespace", "only in white space"),
        (
            "mysql://u:p@db",
            "name: X, url: amqp",
            "url_malformed",
            "it is not a URL that starts with amqp:// or amqps://",
        ),
        ("mongodb://u:p@w@db/x", "name: X, url: mongodb", "url_password_unencoded", "X: "),
        ("ftp://x", "name: X, url: http", "url_malformed", "http:// or https://"),
    ] {
        let check = check(&[("X", value), ("OTHER", "same")], &format!("{{{rules}}}"), "");
        let failure = &check["failure"];
        assert_eq!(failure["cause"], cause, "{value} {rules}: {check:#}");
        assert!(failure["message"].as_str().unwrap().contains(says), "{value} {rules}: {check:#}");
        assert!(!failure["hint"].as_str().unwrap().is_empty(), "{check:#}");
    }
    for (value, rules) in [
        ("sk-ant-api03-abc", "name: X, prefix: sk-ant-, min_length: 10, max_length: 200"),
        ("fixed-window", "name: X, one_of: [fixed-window, moving-window]"),
        ("k3Jd9xQ2mZ7pL5vT", "name: X, not: [changeme, {env: OTHER}, {env: UNSET}]"),
        ("amqp://app:p%40w@mq:5672/shop", "name: X, url: amqp"),
        ("mongodb+srv://app:pw@cluster.example.com/shop", "name: X, url: mongodb"),
        ("nats://token@mq:4222", "name: X, url: nats"),
        ("ldap://directory:389/dc=example,dc=org", "name: X, url: ldap"),
        ("smtp://app:pw@mail:587", "name: X, url: smtp"),
        ("wss://live.example.com/x", "name: X, url: websocket"),
        ("mysql://app:pw@db/shop", "name: X, url: mysql"),
    ] {
        let check = check(&[("X", value), ("OTHER", "same")], &format!("{{{rules}}}"), "");
        assert_eq!((check["result"].as_str(), findings(&check)), (Some("pass"), vec![]), "{value} {rules}: {check:#}");
    }
}

#[test]
fn values_that_lost_their_form_are_findings() {
    let pem = |breaks: &str| {
        format!("-----BEGIN PRIVATE KEY-----{breaks}MIIBVgIBADANBgkqhkiG9w0B{breaks}-----END PRIVATE KEY-----")
    };
    for (name, value, code) in [
        ("DB_PASSWORD", "{\"username\":\"app\",\"password\":\"s3cret-value\"}", "env_json_secret: "),
        ("SIGNING_KEY", &*pem("\\n"), "env_pem_damaged: "),
        ("SIGNING_KEY", &*pem(" "), "env_pem_damaged: "),
        ("SIGNING_KEY", &*pem(""), "env_pem_damaged: "),
        ("NEXT_PUBLIC_AUTH_SECRET", "s3cret-value", "secret_public_prefix: "),
        ("REDIS_PORT", "tcp://10.96.0.7:6379", "env_service_link: "),
    ] {
        let found = findings(&check(&[(name, value)], "", ""));
        assert!(found.len() == 1 && found[0].starts_with(code) && !found[0].contains("s3cret"), "{name}: {found:?}");
    }
    for (name, value) in [
        ("DB_PASSWORD", "k3Jd9xQ2mZ7pL5vT"),
        ("SIGNING_KEY", &*pem("\n")),
        ("GOOGLE_CREDENTIALS", "{\"type\":\"service_account\",\"private_key\":\"x\"}"),
        ("NEXT_PUBLIC_MAPBOX_TOKEN", "pk.abc"),
        ("GREETING_TEMPLATE", "{{ .Name }}"),
        ("LOG_PATTERN", "${level}"),
    ] {
        let check = check(&[(name, value)], "", "");
        assert_eq!((check["result"].as_str(), findings(&check)), (Some("pass"), vec![]), "{name}: {check:#}");
    }
}

#[test]
fn settings_that_contradict_each_other_are_told_and_a_healthy_deployment_is_silent() {
    let healthy = [
        ("NODE_ENV", "production"),
        ("BETTER_AUTH_URL", "https://app.example.com"),
        ("FRONTEND_URL", "https://app.example.com"),
        ("CORS_ORIGINS", "https://app.example.com"),
        ("GOOGLE_REDIRECT_URI", "https://app.example.com/api/auth/callback/google"),
        ("SESSION_COOKIE_SECURE", "true"),
        ("COOKIE_DOMAIN", "example.com"),
        ("NEXT_PUBLIC_API_URL", "https://app.example.com/api"),
        ("API_BASE_URL", "http://backend-api:8000"),
    ];
    assert_eq!(findings(&check(&healthy, "", "")), Vec::<String>::new());
    for (name, value, says) in [
        ("BETTER_AUTH_URL", "http://app.example.com", "NODE_ENV is production"),
        ("CORS_ORIGINS", "https://app.example.com/", "ends with `/` or a path"),
        (
            "CORS_ORIGINS",
            "https://www.example.com",
            "does not list https://app.example.com, the origin of FRONTEND_URL",
        ),
        (
            "GOOGLE_REDIRECT_URI",
            "http://localhost:3001/api/auth/callback/google",
            "but browsers use https://app.example.com",
        ),
        ("COOKIE_DOMAIN", "example.org", "browsers drop such cookies"),
        ("NEXT_PUBLIC_API_URL", "https://app.example.com/api/api", "has /api twice"),
        ("NEXT_PUBLIC_API_URL", "http://backend-api:8000", "a name that only pods resolve"),
        ("API_BASE_URL", "https://app.example.com", "NEXT_PUBLIC_API_URL ends with /api"),
    ] {
        let mut variables = healthy;
        variables.iter_mut().filter(|(known, _)| *known == name).for_each(|variable| variable.1 = value);
        let found = findings(&check(&variables, "", ""));
        assert!(found.iter().any(|one| one.contains(says)), "{name}={value}: {found:?}");
        assert!(found.iter().all(|one| one.starts_with("config_inconsistent: ")), "{found:?}");
    }
}
