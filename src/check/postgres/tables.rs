//! `tables`: that tables exist, and that the role has the privileges that the app needs. One query for all of them.

use std::fmt::Write as _;

use super::catalog::{READABLE, TableName, constant};
use super::sqlstate::code;
use crate::cause::Cause;
use crate::config::node::{Error, FromNode, Keys, Reader, Typed};
use crate::outcome::{Detail, Fault, Phase, clean_text};
use crate::vocabulary::vocabulary;

/// How many tables a check may name.
const MOST: usize = 100;
/// How many of those that are missing, or of the privileges, a message names.
const NAMED: usize = 5;
/// The longest name of another table that is shown.
const SHOWN: usize = 130;

vocabulary! {
    /// A privilege on a table.
    pub(super) enum Privilege {
        Select = "select",
        Insert = "insert",
        Update = "update",
        Delete = "delete",
        Truncate = "truncate",
        References = "references",
        Trigger = "trigger",
    }
}

/// A table that must exist.
#[derive(Debug, Clone)]
pub(super) struct TableKey {
    pub(super) table: TableName,
    pub(super) privileges: Vec<Privilege>,
}

/// The tables that must exist.
#[derive(Debug, Clone)]
pub(super) struct Tables(pub(super) Vec<TableKey>);

/// The long form of a table.
#[derive(Debug, Keys)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "PostgresTable"))]
#[serde(deny_unknown_fields)]
struct LongForm {
    /// `NAME`, or `SCHEMA.NAME`. Without a schema, the search path of the role decides. The name is compared as it is
    /// stored: `User` is not `user`.
    name: String,
    /// The privileges that the role must have on the table: select, insert, update, delete, truncate, references, trigger.
    #[serde(default)]
    privileges: Vec<Privilege>,
}

impl FromNode for TableKey {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if node.is_mapping() {
            let LongForm { name, privileges } = LongForm::from_node(node)?;
            return Ok(Self { table: read_name(&name)?, privileges });
        }
        match node.typed("a table: NAME, SCHEMA.NAME, or {name, privileges}")? {
            Typed::Text(name) => Ok(Self { table: read_name(name)?, privileges: Vec::new() }),
            _ => Err(Error::expected("a table: NAME, SCHEMA.NAME, or {name, privileges}")),
        }
    }
}

fn read_name(text: &str) -> Result<TableName, Error> {
    text.parse().map_err(Error::expected)
}

impl FromNode for Tables {
    fn from_node(node: &Reader<'_>) -> Result<Self, Error> {
        if !node.is_list() {
            return match node.typed("a list of tables")? {
                Typed::Text(_) => TableKey::from_node(node).map(|one| Self(vec![one])),
                _ => Err(Error::expected("a list of tables")),
            };
        }
        let all: Vec<TableKey> = Vec::from_node(node)?;
        if all.len() > MOST { Err(Error::expected(format_args!("at most {MOST} tables"))) } else { Ok(Self(all)) }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Tables {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "PostgresTables".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let long = generator.subschema_for::<LongForm>();
        schemars::json_schema!({"anyOf": [
            {"type": "string"},
            {"type": "array", "minItems": 1, "maxItems": MOST, "items": {"anyOf": [{"type": "string"}, long]}}
        ]})
    }
}

impl Tables {
    /// The query: one row for each thing that is missing, the number of the table and what it lacks. `schema` is where the app
    /// looks by its URL.
    pub(super) fn query(&self, schema: Option<&str>) -> String {
        let mut rows = String::new();
        for (index, TableKey { table, privileges }) in self.0.iter().enumerate() {
            let in_schema = table.schema.as_deref().or(schema).map_or_else(|| "NULL".to_owned(), constant);
            // That it exists is asked in any case.
            for privilege in std::iter::once("").chain(privileges.iter().map(|one| one.as_str())) {
                let comma = if rows.is_empty() { "" } else { "," };
                let name = constant(&table.name);
                write!(rows, "{comma}({index},{in_schema}::text,{name}::text,'{privilege}'::text)")
                    .expect("a text takes it");
            }
        }
        let elsewhere = format!(
            "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE lower(c.relname) = lower(w.name) AND c.relkind IN {READABLE} ORDER BY c.relname <> w.name, n.nspname LIMIT 1"
        );
        format!(
            "WITH w(i, sch, name, priv) AS (VALUES {rows}), \
             t AS (SELECT w.i, w.name, w.priv, (SELECT c.oid FROM pg_catalog.pg_class c \
             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = w.name AND c.relkind IN {READABLE} \
             AND CASE WHEN w.sch IS NULL THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = w.sch END LIMIT 1) AS oid \
             FROM w) \
             SELECT w.i::text || ':' || CASE WHEN w.oid IS NULL THEN 'missing:' || coalesce(({elsewhere}), '') \
             WHEN w.priv = '' THEN 'usage:' ELSE 'right:' || w.priv END \
             FROM t w LEFT JOIN pg_catalog.pg_class r ON r.oid = w.oid LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace \
             WHERE CASE WHEN w.oid IS NULL THEN w.priv = '' \
             WHEN w.priv = '' THEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE') \
             WHEN w.priv IN ('select', 'insert', 'update', 'references') \
             THEN NOT (pg_catalog.has_table_privilege(w.oid, w.priv) OR pg_catalog.has_any_column_privilege(w.oid, w.priv)) \
             ELSE NOT pg_catalog.has_table_privilege(w.oid, w.priv) END \
             ORDER BY w.i, w.priv LIMIT 90"
        )
    }

    /// What the answer to [`Tables::query`] comes to, for the role `user`.
    ///
    /// # Errors
    /// `missing_table`, naming each; `permission_denied`, naming each privilege.
    pub(super) fn judge(&self, answer: &[String], user: &str) -> Result<(), Fault> {
        let lacking: Vec<Lack<'_>> = answer.iter().filter_map(|row| self.lack(row)).collect();
        let missing: Vec<String> = lacking.iter().filter_map(Lack::missing).collect();
        if !missing.is_empty() {
            let statement = match &missing[..] {
                [one] => format!("the table {one} does not exist"),
                _ => format!("the tables {} do not exist", list(&missing)),
            };
            let near = lacking.iter().filter_map(Lack::elsewhere);
            let message = near.fold(statement.clone(), |text, near| format!("{text}; {near}"));
            let elsewhere = lacking.iter().any(|lack| lack.elsewhere().is_some());
            let fault = Fault::new(Phase::Assert, Cause::MissingTable, message).stating(statement);
            let about = if elsewhere { code::TABLE_ELSEWHERE } else { code::TABLE_MISSING };
            return Err(fault.with(Detail::Protocol { code: about, product: None }));
        }
        if lacking.is_empty() {
            return Ok(());
        }
        let rights: Vec<String> = lacking.iter().map(Lack::right).collect();
        let statement = format!("the role {user} lacks {}", list(&rights));
        Err(Fault::new(Phase::Request, Cause::PermissionDenied, &statement).stating(statement))
    }

    fn lack(&self, row: &str) -> Option<Lack<'_>> {
        let mut parts = row.splitn(3, ':');
        let table = &self.0.get(parts.next()?.parse::<usize>().ok()?)?.table;
        let (what, detail) = (parts.next()?, parts.next()?.to_owned());
        Some(match what {
            "missing" => {
                let near = clean_text(&detail, SHOWN);
                Lack::Table { table, elsewhere: Some(near).filter(|near| !near.is_empty()) }
            }
            "usage" => Lack::Schema { table },
            _ => Lack::Right { table, privilege: detail.to_uppercase() },
        })
    }
}

/// What a table lacks.
enum Lack<'a> {
    /// It does not exist; where one of this name does.
    Table { table: &'a TableName, elsewhere: Option<String> },
    /// The role may not look into the schema.
    Schema { table: &'a TableName },
    /// The role has not this privilege.
    Right { table: &'a TableName, privilege: String },
}

impl Lack<'_> {
    fn missing(&self) -> Option<String> {
        match self {
            Self::Table { table, .. } => Some(table.to_string()),
            Self::Schema { .. } | Self::Right { .. } => None,
        }
    }

    fn elsewhere(&self) -> Option<String> {
        match self {
            Self::Table { elsewhere: Some(near), .. } => Some(format!("there is a table {near}")),
            _ => None,
        }
    }

    fn right(&self) -> String {
        match self {
            Self::Table { table, .. } => table.to_string(),
            Self::Schema { table } => format!("USAGE on the schema of {table}"),
            Self::Right { table, privilege } => format!("{privilege} on {table}"),
        }
    }
}

/// The first of them, with commas, and how many more there are.
fn list(all: &[String]) -> String {
    let shown = all[..all.len().min(NAMED)].join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {

    use super::Tables;
    use crate::config::node::{Keys, parse, parse_leniently};

    #[derive(Keys)]
    struct Sample {
        tables: Tables,
    }

    fn read(yaml: &str) -> Result<Tables, String> {
        let read = parse_leniently::<Sample>(&parse(yaml).unwrap(), &[]);
        match (read.value, read.problems.first()) {
            (Some(keys), None) => Ok(keys.tables),
            (_, problem) => Err(problem.map(|problem| problem.message.clone()).unwrap_or_default()),
        }
    }

    #[test]
    fn tables_are_names_or_more() {
        for yaml in [
            "tables: orders",
            "tables: [orders, shop.items]",
            "tables: [{name: orders}, {name: shop.items, privileges: [select, insert]}]",
        ] {
            read(yaml).unwrap_or_else(|problem| panic!("{yaml}: {problem}"));
        }
        for (yaml, says) in [
            ("tables: [a.b.c]", "NAME or SCHEMA.NAME"),
            ("tables: [{name: a.b.c}]", "NAME or SCHEMA.NAME"),
            ("tables: [{name: a, privileges: [own]}]", "select"),
            ("tables: [{privileges: [select]}]", "name"),
        ] {
            let problem = read(yaml).expect_err(yaml);
            assert!(problem.contains(says), "{yaml}: {problem}");
        }
        let many: Vec<String> = (0..101).map(|number| format!("t{number}")).collect();
        assert!(read(&format!("tables: [{}]", many.join(","))).is_err());
    }

    #[test]
    fn what_is_lacking_is_named() {
        let tables = read("tables: [orders, {name: shop.items, privileges: [select, insert]}]").unwrap();
        let judge = |rows: &[&str]| {
            let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
            tables.judge(&rows, "app").map_err(|fault| (fault.cause.slug(), fault.message))
        };
        assert_eq!(judge(&[]), Ok(()));
        assert_eq!(judge(&["0:missing:"]), Err(("missing_table", "the table orders does not exist".to_owned())));
        assert_eq!(
            judge(&["0:missing:old.Orders", "1:missing:"]),
            Err((
                "missing_table",
                "the tables orders, shop.items do not exist; there is a table old.Orders".to_owned()
            ))
        );
        assert_eq!(
            judge(&["1:usage:", "1:right:insert"]),
            Err((
                "permission_denied",
                "the role app lacks USAGE on the schema of shop.items, INSERT on shop.items".to_owned()
            ))
        );
        assert_eq!(judge(&["7:right:insert", "x", ""]), Ok(()), "rows that no table asked for");
    }
}
