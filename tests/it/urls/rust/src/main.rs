//! Same as clients.py, for tokio-postgres, sqlx, the library of Prisma's engines, and redis-rs.

use serde_json::{Value, json};
use sqlx_core::connection::ConnectOptions as _;
use sqlx_core::percent_encoding::percent_decode_str;

fn tokio_postgres(url: &str) -> Option<Value> {
    let config: tokio_postgres::Config = url.parse().ok()?;
    let tokio_postgres::config::Host::Tcp(host) = config.get_hosts().first()?.clone() else { return None };
    let password = String::from_utf8(config.get_password().unwrap_or_default().to_vec()).ok()?;
    Some(json!([config.get_user(), password, host, config.get_ports().first(), config.get_dbname()]))
}

fn sqlx(url: &str) -> Option<Value> {
    let options: sqlx_postgres::PgConnectOptions = url.parse().ok()?;
    // It returns the password only inside a URL, in which host and user are not encoded.
    let url = options.clone().host("host").username("user").to_url_lossy();
    let password = percent_decode_str(url.password().unwrap_or_default()).decode_utf8_lossy();
    let database = options.get_database();
    Some(json!([options.get_username(), password, options.get_host(), options.get_port(), database]))
}

fn prisma(url: &str) -> Option<Value> {
    let quaint::connector::ConnectionInfo::Postgres(url) = quaint::connector::ConnectionInfo::from_url(url).ok()?;
    Some(json!([url.username(), url.password(), url.host(), url.port(), url.dbname()]))
}

fn redis_rs(text: &str) -> Option<Value> {
    use redis::IntoConnectionInfo as _;
    let info = text.into_connection_info().ok()?;
    let (host, port) = match info.addr() {
        redis::ConnectionAddr::Tcp(host, port) | redis::ConnectionAddr::TcpTls { host, port, .. } => (host.clone(), *port),
        _ => return None,
    };
    let settings = info.redis_settings();
    Some(json!([settings.username(), settings.password(), host, port, settings.db().to_string()]))
}

/// None of them sends an unknown parameter to the server as a setting.
fn parameter(read: fn(&str) -> Option<Value>, url: &str) -> &'static str {
    if read(url).is_some() { "." } else { "R" }
}

fn main() {
    let urls: Value = serde_json::from_reader(std::io::stdin()).expect("a JSON document");
    let postgres: [(&str, fn(&str) -> Option<Value>); 3] =
        [("tokio-postgres", tokio_postgres), ("sqlx", sqlx), ("prisma-6", prisma)];
    let mut answers = serde_json::Map::new();
    for (family, urls) in urls.as_object().expect("a list for each family") {
        let urls: Vec<&str> = urls.as_array().expect("a list").iter().map(|url| url.as_str().expect("a text")).collect();
        let mut all = |name: &str, read: &dyn Fn(&str) -> Value| {
            answers.insert(name.to_owned(), urls.iter().map(|url| read(url)).collect());
        };
        match family.as_str() {
            "postgres" => postgres.iter().for_each(|(name, read)| all(name, &|url| json!(read(url)))),
            "parameters" => postgres.iter().for_each(|(name, read)| all(name, &|url| json!(parameter(*read, url)))),
            _ => all("redis-rs", &|url| json!(redis_rs(url))),
        }
    }
    println!("{}", Value::Object(answers));
}
