//! Entry points for fuzzing: the answers of a broker in every session, and to every request.

use std::io::Cursor;

use tokio::io::{AsyncReadExt as _, join, sink};

use super::client::Client;
use super::login::{Login, Work, name, prove};
use super::messages::{handshake, metadata, read_metadata, versions};
use super::words::OWN;
use crate::net::turns::Turns;
use crate::secret::Secret;
use crate::slices::at_once;

/// The first byte says after how many the stream pauses; the rest is what comes.
pub(crate) fn kafka(bytes: &[u8]) {
    let Some((pause, bytes)) = bytes.split_first() else { return };
    let stream = || {
        let (first, rest) = bytes.split_at(bytes.len().min(usize::from(*pause)));
        join(Cursor::new(first.to_vec()).chain(Cursor::new(rest.to_vec())), sink())
    };
    let login = Login { user: "app".to_owned(), password: Secret::new("sesame".to_owned()), hidden_user: None };
    let topics = ["orders".to_owned()];
    at_once(async {
        let mut client = Client::new(stream());
        if let Ok(versions) = versions(&mut client).await {
            versions.login();
            versions.metadata();
        }
        if let Ok(answer) = handshake(&mut client, "PLAIN").await {
            assert!(answer.offered.iter().all(|name| name.len() <= 32 && name.is_ascii()), "{answer:?}");
        }
        for mechanism in OWN {
            let mut client = Client::new(stream());
            let work = Work { least_rounds: 1, turns: Turns::default() };
            if name(&mut client, mechanism).await.is_ok() {
                drop(prove(&mut client, 0, mechanism, &login, work).await);
            }
        }
        if let Ok(answer) = metadata(&mut Client::new(stream()), 8, &topics).await {
            judged(&answer, &topics);
        }
    });
    judged(bytes, &topics);
}

fn judged(bytes: &[u8], topics: &[String]) {
    for version in 4..=8 {
        let Ok(metadata) = read_metadata(bytes, version) else { continue };
        assert!(metadata.brokers.iter().all(|broker| broker.endpoint.port > 0), "{metadata:?}");
        if let Err(fault) = metadata.judge(topics, Some(2)) {
            assert!(!fault.message.contains(|c: char| c.is_control()), "{}", fault.message);
        }
    }
}
