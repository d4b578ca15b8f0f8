//! What is asked of the schema of a database: its tables, and what a tool for migrations has recorded. Nothing is written.

use super::migrations::{Applied, MIGRATION, Migrations};
use super::route::{self, LoggedIn};
use super::tables::Tables;
use crate::net::attempt::Attempt;
use crate::outcome::{FactValue, Fault, Phase};

/// Whether the tables are there, in one query. `schema` is where the app looks by its URL.
///
/// # Errors
/// `missing_table`, `permission_denied`, and those of a query.
pub(super) async fn judge_tables(
    attempt: &mut Attempt,
    login: &mut LoggedIn,
    tables: &Tables,
    schema: Option<&str>,
    user: &str,
) -> Result<(), Fault> {
    let answer = read(attempt, login, &tables.query(schema)).await?;
    tables.judge(&answer, user).map_err(|fault| attempt.of_connection(fault))
}

/// Whether the migrations are applied.
///
/// # Errors
/// `missing_table`, `permission_denied`, `migration_behind`, and those of a query.
pub(super) async fn judge_migrations(
    attempt: &mut Attempt,
    login: &mut LoggedIn,
    migrations: &Migrations,
    user: &str,
) -> Result<(), Fault> {
    let tables = read(attempt, login, &migrations.find()).await?;
    let place = migrations.choose(&tables, user).map_err(|fault| attempt.of_connection(fault))?;
    let applied = Applied::of(read(attempt, login, &migrations.record_query(&place)).await?);
    attempt.facts().learn(MIGRATION, applied.newest.first().cloned().map(FactValue::text));
    let Err(mut fault) = migrations.compare(&applied) else { return Ok(()) };
    if let Some(query) = migrations.lock_query(&place, &fault)
        && !read(attempt, login, &query).await?.is_empty()
    {
        fault = migrations.locked(fault);
    }
    Err(attempt.of_connection(fault))
}

/// Runs a query of ours in a read-only transaction, and gives the first column.
async fn read(attempt: &mut Attempt, login: &mut LoggedIn, query: &str) -> Result<Vec<String>, Fault> {
    attempt.enter(Phase::Request);
    let answer = login.session.read(query).await;
    answer.map_err(|session_error| route::fault(attempt, &session_error, login.link))
}
