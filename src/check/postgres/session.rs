//! A session of tokio-postgres over a guarded stream: queries, and the goodbye. What an error means is not decided here.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::{Client, Connection, Error, SimpleQueryMessage};

use super::guard::{Guard, Parameters};
use super::session_error::{SessionError, zero_byte};

/// The answer to a query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct QueryResult {
    /// The first column of the first row: none without a row, none inside for NULL or no column.
    pub(super) first: Option<Option<String>>,
}

/// A session that is logged in.
pub(super) struct Session<S> {
    guard: Guard<S>,
    client: Client,
    connection: Connection<Guard<S>, Guard<S>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) const fn new(guard: Guard<S>, client: Client, connection: Connection<Guard<S>, Guard<S>>) -> Self {
        Self { guard, client, connection }
    }

    /// What the server told of itself.
    pub(super) fn parameters(&self) -> Parameters {
        self.guard.record().parameters
    }

    /// Runs a text as a simple query, whatever it holds, and reads to the end of its answer.
    pub(super) async fn query(&mut self, text: &str) -> Result<QueryResult, SessionError> {
        let mut answer = QueryResult::default();
        self.run(text, |value| answer.first = answer.first.take().or_else(|| Some(value.map(str::to_owned)))).await?;
        Ok(answer)
    }

    /// Runs one query in a transaction that cannot write; gives the first column of every row, NULL left out.
    pub(super) async fn read(&mut self, query: &str) -> Result<Vec<String>, SessionError> {
        let mut column = Vec::new();
        let text = format!("BEGIN READ ONLY; {query}; COMMIT");
        self.run(&text, |value| column.extend(value.map(str::to_owned))).await?;
        Ok(column)
    }

    /// Gives the first column of each row to `row`: none for NULL or no column.
    async fn run(&mut self, text: &str, row: impl FnMut(Option<&str>)) -> Result<(), SessionError> {
        if text.contains('\0') {
            return Err(zero_byte());
        }
        let Self { guard, client, connection } = self;
        tokio::select! {
            biased;
            answer = ask(client, text, row) => answer.map_err(|error| guard.session_error(&error)),
            // It moves what the client waits for, and ends before that only with an error.
            Err(error) = connection => Err(guard.session_error(&error)),
        }
    }

    /// Says goodbye and gives the stream back.
    pub(super) async fn terminate(self) -> S {
        let Self { guard, client, connection } = self;
        drop((client, connection));
        guard.terminate().await
    }
}

async fn ask(client: &Client, text: &str, mut row: impl FnMut(Option<&str>)) -> Result<(), Error> {
    let mut messages = pin!(client.simple_query_raw(text).await?);
    while let Some(message) = messages.try_next().await? {
        if let SimpleQueryMessage::Row(columns) = message {
            row(if columns.is_empty() { None } else { columns.try_get(0)? });
        }
    }
    Ok(())
}
