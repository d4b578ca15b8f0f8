//! How each tool for migrations records in the database what it has applied. Nothing here is written or locked.
//!
//! Sources: the tools' own code. alembic/runtime/migration.py; drizzle-orm/src/pg-core/dialect.ts; schema-engine's
//! imperative_migrations_persistence; django/db/migrations/recorder.py; flyway's PostgreSQLDatabase; liquibase's
//! CreateDatabaseChangeLogTableGenerator; active_record/schema_migration.rb; ecto/migration/schema_migration.ex; knex/lib/
//! migrations/migrate/table-creator.js; goose's dialects/postgres.go; golang-migrate's database/postgres; typeorm's
//! MigrationExecutor.ts; umzug's sequelize storage.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// A tool for migrations; its word is also how it names itself.
    pub(in crate::check::postgres) enum Tool {
        Alembic = "alembic",
        Drizzle = "drizzle",
        Prisma = "prisma",
        Django = "django",
        Flyway = "flyway",
        Liquibase = "liquibase",
        Rails = "rails",
        Ecto = "ecto",
        Knex = "knex",
        Goose = "goose",
        GolangMigrate = "golang-migrate",
        Typeorm = "typeorm",
        Sequelize = "sequelize",
    }
}

/// What a tool writes. In the conditions, `m` is a row of its table, and `w.head` the migration that is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// The table of the tool, unless it is configured to use another one.
    pub(super) table: &'static str,
    /// Its schema, if that is not a matter of the search path.
    pub(super) schema: Option<&'static str>,
    /// A column that the tables of other tools lack.
    pub(super) column: &'static str,
    /// The name of a migration.
    pub(super) name: &'static str,
    /// Which of them are applied, and the newest first.
    pub(super) newest: &'static str,
    /// Whether the row says that the head is applied.
    pub(super) is_head: &'static str,
    /// Whether the row is of a migration that failed, or is running.
    pub(super) failed: Option<&'static str>,
    /// Whether the row says that the head was rolled back.
    pub(super) undone: Option<&'static str>,
    /// The table of its lock, and whether a row means that it is held.
    pub(super) lock: Option<(&'static str, &'static str)>,
}

/// What heads look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadForm {
    /// Any text.
    Name,
    /// `APP.MIGRATION`.
    OfApp,
    /// A number; of the name of a file, its start.
    Number,
    /// A number, or a SHA-256 in hexadecimal.
    NumberOrHash,
    /// Numbers with dots.
    Version,
}

/// A version of Flyway as numbers: `1.0` is `1`.
macro_rules! version {
    ($column:literal) => {
        concat!(
            "CASE WHEN ",
            $column,
            " ~ '^[0-9]{1,18}([._][0-9]{1,18})*$' THEN string_to_array(regexp_replace(replace(",
            $column,
            ", '_', '.'), '([.]0+)+$', ''), '.')::numeric[] END"
        )
    };
}

impl Tool {
    pub(super) const fn record(self) -> Record {
        const PLAIN: Record = Record {
            table: "",
            schema: None,
            column: "",
            name: "m.name",
            newest: "ORDER BY m.id DESC",
            is_head: "m.name = w.head",
            failed: None,
            undone: None,
            lock: None,
        };
        match self {
            Self::Alembic => Record {
                table: "alembic_version",
                column: "version_num",
                name: "m.version_num",
                newest: "ORDER BY m.version_num",
                is_head: "m.version_num = w.head",
                ..PLAIN
            },
            Self::Drizzle => Record {
                table: "__drizzle_migrations",
                schema: Some("drizzle"),
                column: "hash",
                name: "m.created_at",
                newest: "ORDER BY m.created_at DESC NULLS LAST",
                is_head: "CASE WHEN w.head ~ '^[0-9]{1,18}$' THEN m.created_at >= w.head::bigint ELSE m.hash = w.head END",
                ..PLAIN
            },
            Self::Prisma => Record {
                table: "_prisma_migrations",
                column: "migration_name",
                name: "m.migration_name",
                newest: "WHERE m.finished_at IS NOT NULL AND m.rolled_back_at IS NULL ORDER BY m.started_at DESC",
                is_head: "m.migration_name = w.head AND m.finished_at IS NOT NULL AND m.rolled_back_at IS NULL",
                failed: Some("m.finished_at IS NULL AND m.rolled_back_at IS NULL"),
                undone: Some("m.migration_name = w.head AND m.rolled_back_at IS NOT NULL"),
                ..PLAIN
            },
            Self::Django => Record {
                table: "django_migrations",
                column: "app",
                name: "m.app || '.' || m.name",
                newest: "ORDER BY m.app NOT IN (SELECT split_part(w.head, '.', 1) FROM w), m.id DESC",
                // `shop.0007` is `shop.0007_totals`, as Django's own command has it.
                is_head: "m.app = split_part(w.head, '.', 1) \
                          AND left(m.app || '.' || m.name || '_', length(w.head) + 1) = w.head || '_'",
                ..PLAIN
            },
            Self::Flyway => Record {
                table: "flyway_schema_history",
                column: "installed_rank",
                name: "coalesce(m.version, m.script)",
                newest: "WHERE m.success AND m.version IS NOT NULL ORDER BY m.installed_rank DESC",
                is_head: concat!(
                    "m.success AND m.type <> 'DELETE' AND m.type NOT LIKE 'UNDO%' AND ",
                    version!("m.version"),
                    " >= ",
                    version!("w.head"),
                    " AND NOT EXISTS (SELECT 1 FROM {table} l WHERE l.version = m.version AND l.success \
                     AND l.installed_rank > m.installed_rank AND (l.type = 'DELETE' OR l.type LIKE 'UNDO%'))"
                ),
                failed: Some(
                    "NOT m.success AND NOT EXISTS (SELECT 1 FROM {table} l WHERE l.script = m.script AND l.success \
                     AND l.installed_rank > m.installed_rank)",
                ),
                ..PLAIN
            },
            Self::Liquibase => Record {
                table: "databasechangelog",
                column: "exectype",
                name: "m.filename || '::' || m.id || '::' || m.author",
                newest: "ORDER BY m.orderexecuted DESC, m.dateexecuted DESC",
                is_head: "w.head IN (m.id, m.author || ':' || m.id, m.filename || '::' || m.id || '::' || m.author) \
                          AND coalesce(m.exectype, '') NOT IN ('FAILED', 'SKIPPED')",
                failed: Some("m.exectype = 'FAILED'"),
                lock: Some(("databasechangeloglock", "m.locked")),
                ..PLAIN
            },
            Self::Rails => Record {
                table: "schema_migrations",
                column: "version",
                name: "m.version",
                newest: "ORDER BY length(ltrim(m.version::text, '0')) DESC, m.version DESC",
                is_head: "ltrim(m.version::text, '0') = ltrim(w.head, '0')",
                ..PLAIN
            },
            Self::Ecto => Record {
                table: "schema_migrations",
                column: "inserted_at",
                name: "m.version",
                newest: "ORDER BY m.version DESC",
                is_head: "m.version = w.head::bigint",
                ..PLAIN
            },
            Self::Knex => Record {
                table: "knex_migrations",
                column: "batch",
                is_head: "left(m.name || '.', length(w.head) + 1) = w.head || '.'",
                lock: Some(("knex_migrations_lock", "m.is_locked = 1")),
                ..PLAIN
            },
            Self::Goose => Record {
                table: "goose_db_version",
                column: "version_id",
                name: "m.version_id",
                newest: "WHERE m.is_applied AND m.version_id > 0 ORDER BY m.version_id DESC",
                // Older versions of it add a row for each step down.
                is_head: "m.version_id = w.head::bigint AND m.is_applied AND NOT EXISTS (SELECT 1 FROM {table} l \
                          WHERE l.version_id = m.version_id AND l.id > m.id AND NOT l.is_applied)",
                undone: Some("m.version_id = w.head::bigint AND NOT m.is_applied"),
                ..PLAIN
            },
            Self::GolangMigrate => Record {
                table: "schema_migrations",
                column: "dirty",
                name: "m.version",
                newest: "ORDER BY m.version DESC",
                is_head: "m.version >= w.head::bigint",
                failed: Some("m.dirty"),
                ..PLAIN
            },
            Self::Typeorm => Record {
                table: "migrations",
                column: "timestamp",
                newest: "ORDER BY m.\"timestamp\" DESC",
                is_head: "w.head IN (m.name, m.\"timestamp\"::text)",
                ..PLAIN
            },
            Self::Sequelize => Record {
                table: "SequelizeMeta",
                column: "name",
                newest: "ORDER BY m.name DESC",
                is_head: "left(m.name || '.', length(w.head) + 1) = w.head || '.'",
                ..PLAIN
            },
        }
    }

    pub(super) const fn head_form(self) -> HeadForm {
        match self {
            Self::Alembic | Self::Prisma | Self::Liquibase | Self::Knex | Self::Typeorm | Self::Sequelize => {
                HeadForm::Name
            }
            Self::Django => HeadForm::OfApp,
            Self::Rails | Self::Ecto | Self::Goose | Self::GolangMigrate => HeadForm::Number,
            Self::Drizzle => HeadForm::NumberOrHash,
            Self::Flyway => HeadForm::Version,
        }
    }
}

/// The longest head, in bytes.
const LONGEST: usize = 500;
/// The most digits of a number that PostgreSQL's bigint holds, whatever they are.
const DIGITS: usize = 18;

impl HeadForm {
    /// The head as it is compared.
    ///
    /// # Errors
    /// What is expected.
    pub(super) fn read(self, text: &str) -> Result<String, &'static str> {
        const WORDS: [&str; 6] = ["head", "heads", "latest", "@latest", "HEAD", "LATEST"];
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) || WORDS.contains(&text) {
            return Err("the id of the newest migration of this release, not a word such as head");
        }
        let number = |text: &str| {
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            let (digits, rest) = text.split_at(end);
            let fits = (1..=DIGITS).contains(&digits.len()) && (rest.is_empty() || rest.starts_with(['_', '-', '.']));
            fits.then(|| digits.to_owned())
        };
        match self {
            Self::Name => Some(text.to_owned()).ok_or(""),
            Self::OfApp => {
                let names = text.split_once('.').filter(|(app, name)| !app.is_empty() && !name.is_empty());
                names.map(|_| text.to_owned()).ok_or("APP.MIGRATION, as in shop.0007_totals")
            }
            Self::Number => number(text).ok_or("the number that the file of the migration starts with"),
            Self::NumberOrHash => {
                let is_hash = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
                let is_number = text.len() <= DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
                let lower = (is_hash || is_number).then(|| text.to_ascii_lowercase());
                lower.ok_or("`when` of the last entry in drizzle/meta/_journal.json, or the SHA-256 of its SQL file")
            }
            Self::Version => {
                let version = text.strip_prefix(['V', 'v']).unwrap_or(text);
                let version = version.split("__").next().unwrap_or_default();
                let parts = || version.split(['.', '_']);
                let is_number =
                    |part: &str| (1..=DIGITS).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
                parts().all(is_number).then(|| version.to_owned()).ok_or("a version such as 7 or 2024.1")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HeadForm::{Name, Number, NumberOrHash, OfApp, Version};

    #[test]
    fn heads_are_read_as_their_tools_write_them() {
        let hash = "AB".repeat(32);
        for (form, text, expected) in [
            (Name, " 1975ea83b712\n", "1975ea83b712"),
            (OfApp, "shop.0007_totals", "shop.0007_totals"),
            (Number, "20240101120000_create_users.rb", "20240101120000"),
            (Number, "00003", "00003"),
            (Number, "3_init.up.sql", "3"),
            (NumberOrHash, "1712345678901", "1712345678901"),
            (NumberOrHash, hash.as_str(), &hash.to_lowercase()),
            (Version, "V2024_01__create_users.sql", "2024_01"),
            (Version, "1.0.3", "1.0.3"),
        ] {
            assert_eq!(form.read(text).as_deref(), Ok(expected), "{form:?} {text}");
        }
        for (form, text) in [
            (Name, "head"),
            (Name, ""),
            (Name, "a\nb"),
            (OfApp, "0007_totals"),
            (OfApp, "shop."),
            (Number, "latest"),
            (Number, "init_3"),
            (Number, "1234567890123456789"),
            (NumberOrHash, "0003_dazzling_wolverine"),
            (Version, "V__x.sql"),
            (Version, "1..2"),
        ] {
            assert!(form.read(text).is_err(), "{form:?} {text}");
        }
    }
}
