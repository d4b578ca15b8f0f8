//! `migrations`, against what the real tools write. Prisma's engine, Ecto and Rails are not installed: their tables are created
//! by the statements of their sources. Flyway records a failure only where a database has no transactions for DDL: that row is
//! written by hand into its own table.

use std::process::Command;

use serde_json::Value;

use super::{failed, passed, polite};
use crate::support::postgres::{Cluster, PASSWORD};
use crate::support::{Folder, Ran, need, pilotfish, run, tool};

const TOOLS: &str = "migration-tools-1";
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/postgres/migrations");

/// A database of `app` in a cluster.
struct Database<'a> {
    cluster: &'a Cluster,
    name: &'a str,
}

impl<'a> Database<'a> {
    fn create(cluster: &'a Cluster, name: &'a str) -> Self {
        cluster.sql(&format!("CREATE DATABASE \"{name}\" OWNER app"));
        Self { cluster, name }
    }

    fn url(&self) -> String {
        format!("postgres://app:{PASSWORD}@127.0.0.1:{}/{}", self.cluster.port, self.name)
    }

    /// Runs SQL as the superuser.
    fn sql(&self, text: &str) {
        let at =
            format!("host={} port={} user=postgres dbname={}", self.cluster.socket(), self.cluster.port, self.name);
        let ran = self.cluster.psql(&at, text);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    /// The check with these keys of `migrations`.
    fn check(&self, keys: &str) -> Value {
        check(&self.url(), &format!("migrations: {{{keys}}}"))
    }

    /// Fails as behind; gives the message and the hint.
    #[track_caller]
    fn behind(&self, keys: &str) -> String {
        let check = self.check(keys);
        let message = failed(&check, "assert", "migration_behind");
        format!("{message}\n{}", check["failure"]["hint"].as_str().expect("a hint"))
    }

    #[track_caller]
    fn missing(&self, keys: &str, says: &str) {
        let check = self.check(keys);
        let message = failed(&check, "assert", "missing_table");
        let hint = check["failure"]["hint"].as_str().expect("a hint");
        assert!(format!("{message}\n{hint}").contains(says), "{message} {hint}");
    }
}

/// The check of a URL with other keys beside it.
pub(super) fn check(url: &str, keys: &str) -> Value {
    let folder = Folder::new();
    let text = format!("checks:\n- name: database\n  gates: [ready]\n  postgres: {{url: '{url}', {keys}}}\n");
    let config = folder.write("pilotfish.yaml", text);
    let ran = run(pilotfish().args(["check", "-o", "json", "-c", &config]));
    let mut report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    report["checks"][0].take()
}

#[track_caller]
fn contains(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

/// Applies migrations with a real tool; gives what it said.
fn apply(command: &mut Command, database: &Database<'_>, tool: &str, target: &str) -> Ran {
    let folder = Folder::new();
    run(command.arg(tool).arg(database.url()).arg(folder.path()).arg(target))
}

fn python(database: &Database<'_>, name: &str, target: &str) {
    let mut python = Command::new(tool(TOOLS).join("bin/python"));
    let ran = apply(python.arg(format!("{SCRIPTS}/tools.py")), database, name, target);
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn node(database: &Database<'_>, name: &str, target: &str) {
    let mut node = Command::new(need("node", "nodejs"));
    let ran = apply(node.arg(format!("{SCRIPTS}/tools.cjs")).arg(tool(TOOLS)), database, name, target);
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn java(database: &Database<'_>, name: &str, target: &str) {
    let folder = Folder::new();
    let mut java = Command::new(need("java", "openjdk-17-jdk-headless"));
    java.args(["-XX:TieredStopAtLevel=1", "-cp"])
        .arg(tool(TOOLS).join("jars/*"))
        .arg(format!("{SCRIPTS}/java/Tools.java"));
    java.args([
        name,
        &format!("jdbc:postgresql://127.0.0.1:{}/{}", database.cluster.port, database.name),
        "app",
        PASSWORD,
    ]);
    let ran = run(java.arg(folder.path()).arg(target));
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn alembic() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "alembic");
    database.missing("tool: alembic, head: '0002'", "Run alembic upgrade head against this database");
    python(&database, "alembic", "0001");
    let text = database.behind("tool: alembic, head: '0002'");
    contains(&text, &["at revision 0001, not at 0002", "alembic upgrade head", "newer release"]);
    passed(&database.check("tool: alembic"));
    python(&database, "alembic", "0002");
    let check = database.check("tool: alembic, head: '0002'");
    passed(&check);
    assert_eq!(check["facts"]["migration"], "0002", "{check:#}");
    contains(&database.behind("tool: alembic, head: '0001'"), &["at revision 0002, not at 0001"]);
    python(&database, "alembic", "zero");
    contains(&database.behind("tool: alembic, head: '0002'"), &["is not applied: none is"]);
    polite(&cluster.log());
}

#[test]
fn django() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "django");
    database.missing("tool: django, head: shop.0002_totals", "python manage.py migrate");
    python(&database, "django", "0001_initial");
    let text = database.behind("tool: django, head: shop.0002_totals");
    contains(
        &text,
        &["shop.0002_totals is not applied: the newest one is shop.0001_initial", "python manage.py migrate"],
    );
    passed(&database.check("tool: django, head: shop.0001_initial"));
    python(&database, "django", "0002_totals");
    for head in ["shop.0002_totals", "shop.0002", "'shop.0001_initial, shop.0002'"] {
        passed(&database.check(&format!("tool: django, head: {head}")));
    }
    contains(&database.behind("tool: django, head: shop.000"), &["shop.000 is not applied"]);
}

#[test]
fn tools_of_node() {
    let cluster = Cluster::plain();
    for (tool, first, second, command) in [
        ("drizzle", "1712000000001", "1712000000002", "drizzle-kit migrate"),
        ("knex", "20240101_step.js", "20240102_step", "knex migrate:latest"),
        ("sequelize", "20240101-step.js", "20240102-step", "sequelize-cli db:migrate"),
        ("typeorm", "Step1712000000001", "1712000000002", "typeorm migration:run"),
    ] {
        let database = Database::create(&cluster, tool);
        let keys = |head: &str| format!("tool: {tool}, head: '{head}'");
        database.missing(&keys(second), command);
        node(&database, tool, "1");
        passed(&database.check(&keys(first)));
        let text = database.behind(&keys(second));
        contains(&text, &[&format!("{second} is not applied: the newest one is {first}"), command]);
        node(&database, tool, "2");
        passed(&database.check(&keys(second)));
        passed(&database.check(&keys(first)));
    }
    let database = Database { cluster: &cluster, name: "knex" };
    database.sql("UPDATE knex_migrations_lock SET is_locked = 1");
    passed(&database.check("tool: knex, head: 20240102_step.js"));
    let text = database.behind("tool: knex, head: 20240103_step.js");
    contains(&text, &["and its lock is held", "knex migrate:unlock"]);
}

#[test]
fn drizzle_by_the_hash_of_its_file() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "drizzle");
    node(&database, "drizzle", "1");
    // Of `CREATE TABLE d0 (n int);`.
    let hash = "201312d10864f1d04f52380eee668cfb0cb76abfda305885f5446e7ac4ac00b6";
    passed(&database.check(&format!("tool: drizzle, head: '{hash}'")));
    database.behind(&format!("tool: drizzle, head: '{}'", hash.replace('2', "3")));
}

#[test]
fn goose_and_golang_migrate() {
    let cluster = Cluster::plain();
    let tools = || Command::new(tool(TOOLS).join("go-tools"));
    let database = Database::create(&cluster, "goose");
    database.missing("tool: goose, head: 2", "goose up");
    assert_eq!(apply(&mut tools(), &database, "goose", "1").code, 0);
    contains(
        &database.behind("tool: goose, head: 00002_step.sql"),
        &["2 is not applied: the newest one is 1", "goose up"],
    );
    assert_eq!(apply(&mut tools(), &database, "goose", "2").code, 0);
    passed(&database.check("tool: goose, head: 00002_step.sql"));
    assert_eq!(apply(&mut tools(), &database, "goose", "3").code, 1, "the third one is wrong");
    contains(&database.behind("tool: goose, head: 3"), &["3 is not applied: the newest one is 2"]);
    assert_eq!(apply(&mut tools(), &database, "goose", "down").code, 0);
    contains(&database.behind("tool: goose, head: 2"), &["is not applied"]);
    // As its versions before 3.9 record a step down.
    database.sql("INSERT INTO goose_db_version (version_id, is_applied) VALUES (2, true), (2, false)");
    contains(&database.behind("tool: goose, head: 2"), &["2 was rolled back"]);

    let database = Database::create(&cluster, "golang");
    let keys = |head: &str| format!("tool: golang-migrate, head: {head}");
    database.missing(&keys("2"), "migrate … up");
    assert_eq!(apply(&mut tools(), &database, "golang-migrate", "1").code, 0);
    contains(&database.behind(&keys("2_step.up.sql")), &["2 is not applied: the newest one is 1"]);
    assert_eq!(apply(&mut tools(), &database, "golang-migrate", "2").code, 0);
    passed(&database.check(&keys("2")));
    passed(&database.check(&keys("1")));
    assert_eq!(apply(&mut tools(), &database, "golang-migrate", "3").code, 1, "the third one is wrong");
    for head in ["3", "2"] {
        contains(&database.behind(&keys(head)), &["3 failed halfway: the schema is dirty", "force VERSION"]);
    }
}

#[test]
fn flyway_and_liquibase() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "flyway");
    let keys = |head: &str| format!("tool: flyway, head: '{head}'");
    database.missing(&keys("1"), "flyway migrate");
    java(&database, "flyway", "1");
    contains(&database.behind(&keys("1.10")), &["1.10 is not applied: the newest one is 1", "flyway migrate"]);
    java(&database, "flyway", "1.10");
    for head in ["1.10", "1.9", "1", "1.10.0", "V1.10__second.sql", "01.010"] {
        passed(&database.check(&keys(head)));
    }
    for head in ["1.11", "2", "1.10.1"] {
        contains(&database.behind(&keys(head)), &["is not applied: the newest one is 1.10"]);
    }
    database.sql(
        "INSERT INTO flyway_schema_history VALUES (3, '3', 'third', 'SQL', 'V3__third.sql', 1, 'app', now(), 5, false)",
    );
    contains(&database.behind(&keys("1.10")), &["the migration 3 failed", "flyway repair"]);
    database.sql("UPDATE flyway_schema_history SET success = true WHERE installed_rank = 3");
    passed(&database.check(&keys("3")));
    database.sql(
        "INSERT INTO flyway_schema_history VALUES (4, '3', 'third', 'UNDO_SQL', 'U3__third.sql', 1, 'app', now(), 5, true)",
    );
    contains(&database.behind(&keys("3")), &["3 is not applied"]);

    let database = Database::create(&cluster, "liquibase");
    let keys = |head: &str| format!("tool: liquibase, head: '{head}'");
    database.missing(&keys("step-1"), "liquibase update");
    java(&database, "liquibase", "1");
    contains(&database.behind(&keys("step-2")), &["the newest one is changes.sql::step-1::ann", "liquibase update"]);
    java(&database, "liquibase", "2");
    for head in ["step-2", "ann:step-2", "changes.sql::step-2::ann", "step-1, step-2"] {
        passed(&database.check(&keys(head)));
    }
    database.sql("UPDATE databasechangeloglock SET locked = true");
    contains(&database.behind(&keys("bob:step-2")), &["and its lock is held", "liquibase release-locks"]);
}

/// schema-engine's `CREATE TABLE _prisma_migrations`, word for word.
const PRISMA: &str = "CREATE TABLE _prisma_migrations (
    id                      VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum                VARCHAR(64) NOT NULL,
    finished_at             TIMESTAMPTZ,
    migration_name          VARCHAR(255) NOT NULL,
    logs                    TEXT,
    rolled_back_at          TIMESTAMPTZ,
    started_at              TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count     INTEGER NOT NULL DEFAULT 0
)";

#[test]
fn prisma() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "prisma");
    let url = format!("{}?schema=shop", database.url());
    let ask = |head: &str| check(&url, &format!("migrations: {{tool: prisma, head: {head}}}"));
    failed(&ask("1_init"), "assert", "missing_table");
    let hint = ask("1_init")["failure"]["hint"].as_str().expect("a hint").to_owned();
    contains(&hint, &["prisma migrate deploy", "db push records nothing"]);
    database.sql("CREATE SCHEMA shop AUTHORIZATION app");
    database.sql(&format!("SET ROLE app; SET search_path = shop; {PRISMA}"));
    let row = |name: &str, finished: &str, rolled_back: &str| {
        database.sql(&format!(
            "INSERT INTO shop._prisma_migrations (id, checksum, migration_name, finished_at, rolled_back_at) \
             VALUES (gen_random_uuid(), 'x', '{name}', {finished}, {rolled_back})"
        ));
    };
    row("1_init", "now()", "NULL");
    passed(&ask("1_init"));
    let message = failed(&ask("2_more"), "assert", "migration_behind");
    contains(&message, &["2_more is not applied: the newest one is 1_init"]);
    row("2_more", "NULL", "NULL");
    let check = ask("1_init");
    contains(&failed(&check, "assert", "migration_behind"), &["the migration 2_more failed, or is still running"]);
    contains(check["failure"]["hint"].as_str().expect("a hint"), &["prisma migrate resolve"]);
    database.sql("UPDATE shop._prisma_migrations SET rolled_back_at = now() WHERE finished_at IS NULL");
    passed(&ask("1_init"));
    contains(&failed(&ask("2_more"), "assert", "migration_behind"), &["2_more was rolled back"]);
    row("2_more", "now()", "NULL");
    passed(&ask("2_more"));
    // Without the parameter, Prisma and this check look in `public`.
    database.missing("tool: prisma, head: 1_init", "but in the schema shop");
    passed(&database.check("tool: prisma, head: 1_init, table: shop._prisma_migrations"));
}

#[test]
fn rails_and_ecto() {
    let cluster = Cluster::plain();
    let rails = Database::create(&cluster, "rails");
    // active_record/schema_migration.rb: a string, which PostgreSQL has as `character varying`.
    rails.missing("tool: rails, head: 20240101120000", "bin/rails db:migrate");
    rails.sql("SET ROLE app; CREATE TABLE schema_migrations (version character varying NOT NULL PRIMARY KEY)");
    rails.sql("INSERT INTO schema_migrations VALUES ('20240101120000'), ('20240202120000'), ('7')");
    passed(&rails.check("tool: rails, head: 20240101120000_create_users.rb"));
    passed(&rails.check("tool: rails, head: '007'"));
    let text = rails.behind("tool: rails, head: 20240303120000");
    contains(&text, &["20240303120000 is not applied: the newest one is 20240202120000", "bin/rails db:migrate"]);
    for tool in ["ecto", "golang-migrate"] {
        let text = rails.behind(&format!("tool: {tool}, head: 20240101120000"));
        contains(&text, &[&format!("schema_migrations is not one of {tool}"), "Correct `tool`"]);
    }
    let ecto = Database::create(&cluster, "ecto");
    // ecto/migration/schema_migration.ex: `version: :bigint`, `inserted_at: :naive_datetime`.
    ecto.sql("SET ROLE app; CREATE TABLE schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0))");
    contains(&ecto.behind("tool: ecto, head: 20240101120000"), &["none is", "mix ecto.migrate"]);
    ecto.sql("INSERT INTO schema_migrations VALUES (20240101120000, now())");
    passed(&ecto.check("tool: ecto, head: 20240101120000"));
    passed(&ecto.check("tool: ecto"));
}

#[test]
fn what_the_role_may_not_read_is_named() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "shop");
    database.sql("CREATE SCHEMA other; CREATE TABLE other.alembic_version (version_num varchar(32))");
    let check = database.check("tool: alembic, head: a");
    let message = failed(&check, "request", "permission_denied");
    contains(&message, &["the role app lacks USAGE on the schema other"]);
    database.sql("GRANT USAGE ON SCHEMA other TO app");
    database.missing("tool: alembic, head: a", "Set `table: SCHEMA.NAME`");
    let place = "tool: alembic, head: a, table: other.alembic_version";
    let check = database.check(place);
    let message = failed(&check, "request", "permission_denied");
    contains(&message, &["the role app lacks SELECT on the table other.alembic_version"]);
    contains(check["failure"]["hint"].as_str().expect("a hint"), &["GRANT it to this role"]);
    database.sql("GRANT SELECT ON other.alembic_version TO app; INSERT INTO other.alembic_version VALUES ('a')");
    passed(&database.check(place));
    let url = format!("{}?options=-csearch_path%3Dother", database.url());
    passed(&self::check(&url, "migrations: {tool: alembic, head: a}"));
    // The names of a user are names, and nothing else.
    let strange = "tool: knex, head: \"x'); DROP TABLE other.alembic_version; --\", table: other.\"a'b\"";
    failed(&database.check(strange), "assert", "missing_table");
    passed(&database.check(place));
    // Nothing of it writes.
    assert!(!cluster.log().contains("read-only transaction"), "{}", cluster.log());
    polite(&cluster.log());
}

/// A head that a variable or a file has, with a newline at its end, and one that is none.
#[test]
fn a_head_may_come_from_elsewhere() {
    let cluster = Cluster::plain();
    let database = Database::create(&cluster, "shop");
    database.sql("SET ROLE app; CREATE TABLE alembic_version (version_num varchar(32)); INSERT INTO alembic_version VALUES ('a')");
    let folder = Folder::new();
    let file = folder.write("head", "a\n");
    passed(&database.check(&format!("tool: alembic, head: {{file: {file}}}")));
    let file = folder.write("head", "head\n");
    let message = failed(&database.check(&format!("tool: alembic, head: {{file: {file}}}")), "assert", "file_invalid");
    contains(&message, &["the newest migration of this release"]);
}
