//! As clients.py, for tokio-postgres and redis-rs, and for the crate `url` as sqlx uses it.

use serde_json::{Value, json};

fn tokio_postgres(url: &str) -> Option<Value> {
    let config: tokio_postgres::Config = url.parse().ok()?;
    let tokio_postgres::config::Host::Tcp(host) = config.get_hosts().first()?.clone() else { return None };
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).ok()?;
    Some(json!([config.get_user(), password, host, config.get_ports().first(), config.get_dbname()]))
}

/// `PgConnectOptions::parse_from_url`.
fn sqlx(text: &str) -> Option<Value> {
    let url = url::Url::parse(text).ok()?;
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    let (user, password) = (decode(url.username())?, decode(url.password().unwrap_or_default())?);
    Some(json!([user, password, decode(url.host_str()?)?, url.port(), decode(url.path().trim_start_matches('/'))?]))
}

fn redis_rs(text: &str) -> Option<Value> {
    use redis::IntoConnectionInfo as _;
    let info = text.into_connection_info().ok()?;
    let (host, port) = match info.addr() {
        redis::ConnectionAddr::Tcp(host, port) => (host.clone(), *port),
        _ => return None,
    };
    let settings = info.redis_settings();
    Some(json!([settings.username(), settings.password(), host, port, settings.db().to_string()]))
}

fn main() {
    let urls: Value = serde_json::from_reader(std::io::stdin()).expect("a JSON document");
    let all = |family: &str, read: fn(&str) -> Option<Value>| -> Vec<Option<Value>> {
        let urls = urls[family].as_array().expect("a list");
        urls.iter().map(|url| read(url.as_str().expect("a text"))).collect()
    };
    let answers = json!({
        "tokio-postgres": all("postgres", tokio_postgres),
        "sqlx": all("postgres", sqlx),
        "redis-rs": all("redis", redis_rs),
    });
    println!("{answers}");
}
