//! `migrations`: that the newest migration of a release is applied, as the tool itself has recorded it.

pub(super) mod tool;

use std::fmt::Write as _;
use std::str::FromStr;

use super::catalog::{READABLE, TableName, constant, identifier};
use super::sqlstate::code;
use crate::cause::Cause;
use crate::config::node::{Keys, Node, Problem};
use crate::env::Env;
use crate::outcome::{Detail, FactKey, Fault, Phase, clean_text};
use crate::value::{Setting, Value};
use tool::{Record, Tool};

/// How many heads may be given: branches of Alembic, apps of Django.
const MOST: usize = 20;
/// The longest name of a migration that is shown.
const SHOWN: usize = 120;

/// The newest migration.
pub(super) const MIGRATION: FactKey = FactKey { name: "migration", meaning: "the newest applied migration" };

/// The block `migrations`.
#[derive(Debug, Clone, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PostgresMigrations"))]
#[serde(deny_unknown_fields)]
pub(super) struct MigrationsKeys {
    /// The tool that records the migrations: alembic, django, drizzle, ecto, flyway, golang-migrate, goose, knex, liquibase,
    /// prisma, rails, sequelize or typeorm.
    pub(super) tool: Tool,
    /// The newest migration of this release, as the tool records it: the revision of Alembic, `APP.NAME` for Django, `when` of
    /// Drizzle's journal, the version of Flyway, the id of Liquibase's change set, the number or name of the others. Several,
    /// separated by commas, must all be applied. A newer one does no harm, except with Alembic, whose revisions have no order.
    /// Without this key, the tool's table must exist and no migration may have failed.
    pub(super) head: Option<Setting<Heads>>,
    /// The table of the tool, as `NAME` or `SCHEMA.NAME`. Default: that of the tool, in the search path of the role
    /// (drizzle: in the schema `drizzle`).
    pub(super) table: Option<Setting<TableName>>,
}

/// Heads, separated by commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heads(Vec<String>);

impl FromStr for Heads {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all: Vec<String> = text.split(',').map(|head| head.trim().to_owned()).collect();
        match all.iter().any(String::is_empty) || all.len() > MOST {
            true => Err(format!("1 to {MOST} migrations, separated by commas")),
            false => Ok(Self(all)),
        }
    }
}

impl Heads {
    fn read(&self, tool: Tool) -> Result<Vec<String>, &'static str> {
        self.0.iter().map(|head| tool.head_form().read(head)).collect()
    }
}

impl MigrationsKeys {
    /// What does not go together.
    pub(super) fn problems(&self, node: &Node) -> Vec<Problem> {
        let Some(Setting::Known(heads)) = &self.head else { return Vec::new() };
        let span = node.get("head").map_or(node.span, |value| value.span);
        let problem = heads.read(self.tool).err();
        problem.map(|expected| Problem::new(span, "head", format!("expected {expected}"))).into_iter().collect()
    }

    /// Every value that is read at a run.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        let head = self.head.as_ref().and_then(Setting::later);
        head.into_iter().chain(self.table.as_ref().and_then(Setting::later))
    }

    /// Resolves the keys, now. `schema` is where the app looks by its URL.
    ///
    /// # Errors
    /// As [`Setting::resolve`].
    pub(super) fn resolve(&self, schema: Option<&str>, env: &dyn Env) -> Result<Migrations, Fault> {
        let heads = match &self.head {
            None => Vec::new(),
            Some(setting) => setting.resolve("head", env)?.read(self.tool).map_err(|expected| {
                let cause = setting.later().map_or(Cause::VariableInvalid, Value::invalid_cause);
                Fault::new(Phase::Assert, cause, format!("head: expected {expected}"))
            })?,
        };
        let record = self.tool.record();
        let schema = record.schema.or(schema).map(str::to_owned);
        let table = match &self.table {
            Some(setting) => setting.resolve("table", env)?,
            None => TableName { schema, name: record.table.to_owned() },
        };
        Ok(Migrations { tool: self.tool, record, heads, table })
    }
}

/// What is asked for in one run.
#[derive(Debug)]
pub(super) struct Migrations {
    tool: Tool,
    record: Record,
    heads: Vec<String>,
    table: TableName,
}

/// A table with the name of the tool's table, or of its lock.
struct Found {
    is_lock: bool,
    visible: bool,
    usage: bool,
    select: bool,
    column: bool,
    schema: String,
}

impl Found {
    /// Reads a row of [`Migrations::find`].
    fn read(row: &str) -> Option<Self> {
        let (flags, schema) = row.split_at_checked(5)?;
        let is = |at: usize, flag: u8| flags.as_bytes()[at] == flag;
        Some(Self {
            is_lock: is(0, b'l'),
            visible: is(1, b'v'),
            usage: is(2, b'u'),
            select: is(3, b's'),
            column: is(4, b'c'),
            schema: schema.to_owned(),
        })
    }
}

impl Migrations {
    /// The query for where tables of that name are: flags, and the schema.
    pub(super) fn find(&self) -> String {
        let (lock, held) = self.record.lock.map_or(("", ""), |(table, held)| (table, held));
        let lock_column = held.trim_start_matches("m.").split(' ').next().unwrap_or_default();
        let name = constant(&self.table.name);
        format!(
            "SELECT CASE WHEN c.relname = {name} THEN 't' ELSE 'l' END \
             || CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN 'v' ELSE '-' END \
             || CASE WHEN pg_catalog.has_schema_privilege(n.oid, 'USAGE') THEN 'u' ELSE '-' END \
             || CASE WHEN pg_catalog.has_table_privilege(c.oid, 'SELECT') THEN 's' ELSE '-' END \
             || CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped \
             AND a.attname = CASE WHEN c.relname = {name} THEN {column} ELSE {lock_column} END) THEN 'c' ELSE '-' END \
             || n.nspname \
             FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE c.relname IN ({name}, {lock}) AND c.relkind IN {READABLE} \
             ORDER BY pg_catalog.pg_table_is_visible(c.oid) DESC, n.nspname LIMIT 50",
            column = constant(self.record.column),
            lock_column = constant(lock_column),
            lock = constant(lock),
        )
    }

    /// The place whose table is read, of the answer to [`Migrations::find`].
    ///
    /// # Errors
    /// `missing_table`, `permission_denied`, and `migration_behind` for the table of another tool.
    pub(super) fn choose(&self, rows: &[String], user: &str) -> Result<Place, Fault> {
        let found = rows.iter().filter_map(|row| Found::read(row));
        let (locks, tables): (Vec<_>, Vec<_>) = found.partition(|table| table.is_lock);
        let is_meant = |table: &&Found| match &self.table.schema {
            Some(schema) => table.schema == *schema,
            None => table.visible,
        };
        let Some(table) = tables.iter().find(is_meant) else { return Err(self.missing(&tables, user)) };
        if !table.usage {
            return Err(self.no_usage(table, user));
        }
        if !table.select {
            let statement = format!("the role {user} lacks SELECT on the table {}", self.table);
            let message = format!("{statement}, which is in the schema {}", table.schema);
            return Err(Fault::new(Phase::Request, Cause::PermissionDenied, message).stating(statement));
        }
        if !table.column {
            let statement = format!("the table {} is not one of {}", self.table, self.tool.as_str());
            let fault = Fault::new(Phase::Assert, Cause::MigrationBehind, &statement).stating(statement);
            return Err(fault.with(self.about(code::OTHER_TOOL)));
        }
        let of_table = |lock: &Found| lock.schema == table.schema && lock.usage && lock.select && lock.column;
        Ok(Place { schema: table.schema.clone(), has_lock: locks.iter().any(of_table) })
    }

    fn no_usage(&self, table: &Found, user: &str) -> Fault {
        let lacks = format!("the role {user} lacks USAGE on the schema");
        let statement = format!("{lacks} of the table {}", self.table);
        let message = format!("{lacks} {}, which has the table {}", table.schema, self.table.name);
        Fault::new(Phase::Request, Cause::PermissionDenied, message).stating(statement)
    }

    /// No table is where it is looked for; these are elsewhere.
    fn missing(&self, elsewhere: &[Found], user: &str) -> Fault {
        // What is in the search path is not visible either, if the role may not look into the schema.
        if let (None, [only]) = (&self.table.schema, elsewhere)
            && !only.usage
        {
            return self.no_usage(only, user);
        }
        let statement = format!("the table {} does not exist", self.table);
        let schemas: Vec<&str> = elsewhere.iter().take(3).map(|table| table.schema.as_str()).collect();
        let (about, message) = match (&self.table.schema, &schemas[..]) {
            (_, []) => (code::MIGRATION_TABLE_MISSING, statement.clone()),
            (None, _) => {
                let text = format!("{statement} in the search path, but in the schema {}", schemas.join(", "));
                (code::MIGRATION_TABLE_ELSEWHERE, text)
            }
            (Some(_), _) => {
                (code::MIGRATION_TABLE_ELSEWHERE, format!("{statement}, but is in the schema {}", schemas.join(", ")))
            }
        };
        Fault::new(Phase::Assert, Cause::MissingTable, message).stating(statement).with(self.about(about))
    }

    /// What the table says: `n` and the newest migration, `h` and the number of a head that is applied, `u` and that of one that
    /// was rolled back, `f` and a migration that failed.
    pub(super) fn record_query(&self, place: &Place) -> String {
        let table = place.table(&self.table.name);
        let Record { name, newest, is_head, failed, undone, .. } = self.record;
        let mut heads = String::new();
        for (index, head) in self.heads.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(heads, "{comma}({index},{}::text)", constant(head)).expect("a text takes it");
        }
        let heads =
            if heads.is_empty() { "SELECT 0, NULL::text WHERE false".to_owned() } else { format!("VALUES {heads}") };
        let mut query = format!(
            "WITH w(i, head) AS ({heads}) \
             (SELECT 'n' || left(({name})::text, 200) FROM {table} m {newest} LIMIT {MOST})"
        );
        let of_head = |tag: char, condition: &str| {
            let condition = condition.replace("{table}", &table);
            format!(
                " UNION ALL (SELECT '{tag}' || w.i::text FROM w WHERE EXISTS (SELECT 1 FROM {table} m WHERE {condition}))"
            )
        };
        query.push_str(&of_head('h', is_head));
        if let Some(condition) = undone {
            query.push_str(&of_head('u', condition));
        }
        if let Some(condition) = failed {
            let condition = condition.replace("{table}", &table);
            let row = format!(
                " UNION ALL (SELECT 'f' || left(({name})::text, 200) FROM {table} m WHERE {condition} LIMIT 3)"
            );
            query.push_str(&row);
        }
        query
    }

    /// The query for whether the lock of the tool is held, where that may be why the database is behind.
    pub(super) fn lock_query(&self, place: &Place, fault: &Fault) -> Option<String> {
        let is_behind = fault.detail == Some(self.about(code::MIGRATION_BEHIND));
        let (lock, held) = self.record.lock.filter(|_| is_behind && place.has_lock)?;
        Some(format!("SELECT 'held' FROM {} m WHERE {held} LIMIT 1", place.table(lock)))
    }

    /// The same fault, where the lock of the tool is held.
    pub(super) fn locked(&self, fault: Fault) -> Fault {
        let message = format!("{}, and its lock is held", fault.message);
        fault.with_message(message).with(self.about(code::MIGRATION_LOCKED))
    }

    /// Compares what the tool has recorded.
    ///
    /// # Errors
    /// `migration_behind`.
    pub(super) fn compare(&self, applied: &Applied) -> Result<(), Fault> {
        let fault = |about, message: String, statement: String| {
            let fault = Fault::new(Phase::Assert, Cause::MigrationBehind, message).stating(statement);
            Err(fault.with(self.about(about)))
        };
        if let Some(failed) = applied.failed.first() {
            let (how, statement) = match self.tool {
                Tool::GolangMigrate => ("failed halfway: the schema is dirty", "the schema is dirty"),
                Tool::Prisma => ("failed, or is still running", "a migration failed, or is still running"),
                _ => ("failed", "a migration failed"),
            };
            return fault(code::MIGRATION_FAILED, format!("the migration {failed} {how}"), statement.to_owned());
        }
        let lacks = |(index, _): &(usize, &String)| !applied.heads.contains(index);
        let Some((index, head)) = self.heads.iter().enumerate().find(lacks) else {
            return Ok(());
        };
        if applied.undone.contains(&index) {
            let statement = format!("the migration {head} was rolled back");
            return fault(code::MIGRATION_UNDONE, statement.clone(), statement);
        }
        let statement = format!("the migration {head} is not applied");
        let newest = match applied.newest.first() {
            None => return fault(code::MIGRATION_BEHIND, format!("{statement}: none is"), statement),
            Some(_) if self.tool == Tool::Alembic => {
                let now = applied.newest.join(", ");
                let message = format!("the database is at revision {now}, not at {head}");
                let statement = format!("the database is not at revision {head}");
                return fault(code::MIGRATION_UNKNOWN, message, statement);
            }
            Some(newest) => newest,
        };
        fault(code::MIGRATION_BEHIND, format!("{statement}: the newest one is {newest}"), statement)
    }

    /// What a failure is about, of the record of this tool.
    const fn about(&self, code: &'static str) -> Detail {
        Detail::Protocol { code, product: Some(self.tool.as_str()) }
    }
}

/// Where the record of a tool is.
#[derive(Debug)]
pub(super) struct Place {
    schema: String,
    /// The table of its lock is there too, and can be read.
    has_lock: bool,
}

impl Place {
    fn table(&self, name: &str) -> String {
        format!("{}.{}", identifier(&self.schema), identifier(name))
    }
}

/// What a tool has recorded.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// The newest migration; of Alembic, every revision.
    pub(super) newest: Vec<String>,
    /// The numbers of the heads that are applied.
    heads: Vec<usize>,
    /// The numbers of those that were rolled back.
    undone: Vec<usize>,
    failed: Vec<String>,
}

impl Applied {
    /// Reads the answer to [`Migrations::record_query`].
    pub(super) fn of(rows: Vec<String>) -> Self {
        let mut applied = Self::default();
        for row in rows {
            let Some((tag, text)) = row.split_at_checked(1) else { continue };
            let name = || clean_text(text, SHOWN);
            match tag {
                "n" => applied.newest.push(name()),
                "f" => applied.failed.push(name()),
                "h" => applied.heads.extend(text.parse::<usize>().ok()),
                "u" => applied.undone.extend(text.parse::<usize>().ok()),
                _ => {}
            }
        }
        applied
    }
}

#[cfg(test)]
mod tests {
    use super::tool::Tool;
    use super::{Applied, Heads, Migrations, MigrationsKeys, Place};
    use crate::check::postgres::catalog::TableName;

    fn migrations(tool: Tool, heads: &[&str]) -> Migrations {
        let record = tool.record();
        let table = TableName { schema: None, name: record.table.to_owned() };
        Migrations { tool, record, heads: heads.iter().map(|&head| head.to_owned()).collect(), table }
    }

    #[test]
    fn what_is_recorded_is_compared() {
        for (tool, heads, rows, expected) in [
            (Tool::Knex, &["b"][..], &["nb", "h0"][..], Ok(())),
            (Tool::Knex, &[], &["nb"], Ok(())),
            (Tool::Knex, &[], &[], Ok(())),
            (Tool::Knex, &["b"], &["na"], Err("the migration b is not applied: the newest one is a")),
            (Tool::Knex, &["b"], &[], Err("the migration b is not applied: none is")),
            (
                Tool::Django,
                &["a.1", "b.2"],
                &["na.1", "h0"],
                Err("the migration b.2 is not applied: the newest one is a.1"),
            ),
            (Tool::Alembic, &["b"], &["na", "nc"], Err("the database is at revision a, c, not at b")),
            (Tool::Alembic, &["b"], &[], Err("the migration b is not applied: none is")),
            (Tool::Alembic, &["b"], &["na", "nb", "h0"], Ok(())),
            (Tool::Prisma, &["b"], &["na", "fb"], Err("the migration b failed, or is still running")),
            (Tool::Prisma, &["b"], &["na", "u0"], Err("the migration b was rolled back")),
            (Tool::Prisma, &["b"], &["nb", "h0", "u0"], Ok(())),
            (
                Tool::GolangMigrate,
                &["3"],
                &["n3", "h0", "f3"],
                Err("the migration 3 failed halfway: the schema is dirty"),
            ),
            (Tool::Flyway, &["3"], &["n4", "h0"], Ok(())),
            (Tool::Goose, &["3"], &["", "x", "hx", "é"], Err("the migration 3 is not applied: none is")),
        ] {
            let applied = Applied::of(rows.iter().map(|&row| row.to_owned()).collect());
            let compared = migrations(tool, heads).compare(&applied).map_err(|fault| fault.message);
            assert_eq!(compared, expected.map_err(str::to_owned), "{tool:?} {heads:?} {rows:?}");
        }
    }

    #[test]
    fn names_of_the_user_stay_names() {
        let mut wanted = migrations(Tool::Knex, &["x'); DROP TABLE users; --"]);
        wanted.table.name = "a\"b".to_owned();
        let query = wanted.record_query(&Place { schema: "s\"s".to_owned(), has_lock: false });
        assert!(query.contains("'x''); DROP TABLE users; --'") && query.contains("\"s\"\"s\".\"a\"\"b\" m"), "{query}");
        assert!(!query.contains("{table}"), "{query}");
    }

    #[test]
    fn heads_are_judged_at_load() {
        use crate::config::node::{parse, parse_leniently};
        for (yaml, problem) in [
            ("{tool: alembic, head: 1975ea83b712}", None),
            ("{tool: alembic, head: head}", Some("the newest migration of this release")),
            ("{tool: django, head: 0007_totals}", Some("APP.MIGRATION")),
            ("{tool: drizzle, head: 0003_dazzling_wolverine}", Some("_journal.json")),
            ("{tool: knex, head: {env: HEAD}}", None),
        ] {
            let node = parse(yaml).unwrap();
            let keys = parse_leniently::<MigrationsKeys>(&node, &[]).value.expect(yaml);
            let problems = keys.problems(&node);
            assert_eq!(problems.len(), usize::from(problem.is_some()), "{yaml}");
            assert!(problems.iter().all(|found| found.message.contains(problem.unwrap_or_default())), "{yaml}");
        }
        assert!(",".parse::<Heads>().is_err() && "a, b".parse::<Heads>().is_ok());
    }
}
