//! The part of a NATS server that a login needs: INFO, CONNECT, PING.

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

const INFO: &str = "INFO {\"server_id\":\"DEMO\",\"version\":\"2.12.0\",\"proto\":1,\"max_payload\":1048576,\
                    \"headers\":true,\"auth_required\":true}\r\n";

/// Runs one session until the client closes the connection.
pub(crate) async fn session(client: TcpStream, password: &str) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    client.write_all(INFO.as_bytes()).await?;
    let mut line = String::new();
    while client.read_line(&mut line).await? > 0 {
        if let Some(fields) = line.strip_prefix("CONNECT ") {
            let fields: serde_json::Value = serde_json::from_str(fields)?;
            if fields["pass"] != password {
                return client.write_all(b"-ERR 'Authorization Violation'\r\n").await;
            }
        } else if line.starts_with("PING") {
            client.write_all(b"PONG\r\n").await?;
        }
        line.clear();
    }
    Ok(())
}
