//! `tables`: what is missing or not permitted, by name, in one query.

use super::migrations::check;
use super::{failed, passed, polite};
use crate::support::postgres::Cluster;

#[test]
fn what_is_missing_or_not_permitted_is_named() {
    let cluster = Cluster::plain();
    let app = |text: &str| {
        let at = format!("host={} port={} user=postgres dbname=app", cluster.socket(), cluster.port);
        let ran = cluster.psql(&at, text);
        assert_eq!(ran.code, 0, "{ran:?}");
    };
    app("SET ROLE app; CREATE TABLE orders (n int); CREATE SCHEMA shop; CREATE TABLE shop.items (n int)");
    app("CREATE SCHEMA hidden; CREATE TABLE hidden.secrets (n int); CREATE TABLE audit (n int, at date)");
    app("CREATE VIEW totals AS SELECT 1 AS n; CREATE TABLE \"User\" (n int); GRANT SELECT, INSERT (n) ON audit TO app");
    let ask = |tables: &str| check(&cluster.url(), &format!("tables: {tables}"));
    for tables in [
        "orders",
        "[orders, shop.items, totals, User, '\"User\"']",
        "[{name: orders, privileges: [select, insert, update, delete, truncate, references, trigger]}]",
        "[{name: audit, privileges: [select, insert]}]",
        "[pg_catalog.pg_class, information_schema.tables]",
    ] {
        passed(&ask(tables));
    }
    for (tables, says, hint) in [
        ("[orders, jobs]", "the table jobs does not exist", "Run the migrations"),
        ("[jobs, shop.jobs]", "the tables jobs, shop.jobs do not exist", "Run the migrations"),
        ("items", "the table items does not exist; there is a table shop.items", "search_path"),
        ("user", "the table user does not exist; there is a table public.User", "capitals"),
        ("other.orders", "the table other.orders does not exist; there is a table public.orders", "search_path"),
        ("\"x'); DROP TABLE orders; --\"", "the table x'); DROP TABLE orders; -- does not exist", "Run the migrations"),
    ] {
        let check = ask(tables);
        assert_eq!(failed(&check, "assert", "missing_table"), says);
        assert!(check["failure"]["hint"].as_str().is_some_and(|text| text.contains(hint)), "{check:#}");
    }
    for (tables, says) in [
        (
            "[{name: audit, privileges: [select, delete, update]}]",
            "the role app lacks DELETE on audit, UPDATE on audit",
        ),
        ("hidden.secrets", "the role app lacks USAGE on the schema of hidden.secrets"),
        (
            "[{name: hidden.secrets, privileges: [select]}]",
            "the role app lacks USAGE on the schema of hidden.secrets, SELECT on hidden.secrets",
        ),
    ] {
        assert_eq!(failed(&ask(tables), "request", "permission_denied"), says);
    }
    // The search path of the session, and that of the URL.
    let url = format!("{}?options=-csearch_path%3Dshop", cluster.url());
    passed(&check(&url, "tables: items"));
    passed(&check(&format!("{}?schema=shop", cluster.url()), "tables: items"));
    polite(&cluster.log());
}

/// The names that a message repeats are bounded, and so is the answer of the server.
#[test]
fn many_tables_may_be_missing() {
    let cluster = Cluster::plain();
    let names: Vec<String> = (0..100).map(|n| format!("{{name: t{n:02}, privileges: [select, insert]}}")).collect();
    let message = failed(&check(&cluster.url(), &format!("tables: [{}]", names.join(", "))), "assert", "missing_table");
    assert_eq!(message, "the tables t00, t01, t02, t03, t04 and 85 more do not exist");
}
