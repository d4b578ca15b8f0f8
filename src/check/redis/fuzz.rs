//! Entry points for fuzzing: replies of a server, a Sentinel and a node of a cluster, and the texts of errors.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::client::{Client, Reply};
use super::cluster::{self, State};
use super::errors::ServerError;
use super::sentinel::{address, names};
use super::session::{Login, has_key, identify, is_sentinel, log_in, ping};
use crate::secret::Secret;
use crate::slices::at_once;
use crate::url::{Endpoint, Host};

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn redis(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    at_once(async {
        let mut client = Client::new(stream());
        while let Ok(reply) = client.call("PING", &[]).await {
            if let Reply::Error(error) = reply {
                shown(&error);
            }
        }
        let secret = Secret::new("sesame".to_owned());
        let login = Login { user: Some("app"), password: Some(&secret), database: 2 };
        let mut client = Client::new(stream());
        if log_in(&mut client, login).await.is_ok() {
            drop(ping(&mut client).await);
            is_sentinel(&mut client).await;
        }
        drop(has_key(&mut Client::new(stream()), &secret).await);
        let asked = Endpoint { host: Host::Name("cache".to_owned()), port: 6379 };
        if let Ok(state) = cluster::state(&mut Client::new(stream())).await {
            assert!(state.uncovered <= 16_384, "{state:?}");
        }
        let all_lost = State { is_ok: false, uncovered: 16_384 };
        if let Ok(nodes) = cluster::nodes(&mut Client::new(stream()), all_lost, &asked).await {
            assert!(nodes.iter().all(|node| node.endpoint.port > 0), "{nodes:?}");
        }
        let reply = Client::new(stream()).call("SENTINEL", &[]).await;
        if let Some(Ok(primary)) = reply.as_ref().ok().and_then(address) {
            assert!(primary.port > 0, "{primary}");
        }
        let names = reply.as_ref().map(names).unwrap_or_default();
        assert!(names.iter().all(|name| name.len() <= 64 && name.is_ascii()), "{names:?}");
        if let Ok(identity) = identify(&mut Client::new(stream())).await {
            let version = identity.version.unwrap_or_default();
            assert!(version.len() <= 32 && version.is_ascii(), "{version}");
        }
    });
    let error = ServerError::read(&String::from_utf8_lossy(bytes));
    let asked = Endpoint { host: Host::Name("cache".to_owned()), port: 6379 };
    assert!(error.owner(&asked).is_none_or(|owner| owner.port > 0));
    shown(&error);
}

fn shown(error: &ServerError) {
    let error = error.clone().of_auth();
    error.says();
    error.shows_a_working_login();
    let message = error.message("PING", &[]);
    assert!(!message.contains(|c: char| c.is_control()), "{message}");
}
