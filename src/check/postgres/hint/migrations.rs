//! Hints for `tables` and `migrations`: each names the command of the tool that records them.

use crate::check::postgres::sqlstate::code;

/// The command that applies migrations.
fn command(tool: &str) -> &'static str {
    match tool {
        "alembic" => "alembic upgrade head",
        "django" => "python manage.py migrate",
        "drizzle" => "drizzle-kit migrate",
        "ecto" => "mix ecto.migrate (of a release: the `eval` of its migrate function)",
        "flyway" => "flyway migrate",
        "golang-migrate" => "migrate … up",
        "goose" => "goose up",
        "knex" => "knex migrate:latest",
        "liquibase" => "liquibase update",
        "prisma" => "prisma migrate deploy",
        "rails" => "bin/rails db:migrate",
        "sequelize" => "sequelize-cli db:migrate",
        _ => "typeorm migration:run",
    }
}

/// What to do where a migration failed.
fn repair(tool: &str) -> &'static str {
    match tool {
        "flyway" => {
            "Fix the script and what it left behind, run flyway repair, then flyway migrate: Flyway does nothing else before \
             that."
        }
        "golang-migrate" => {
            "Repair by hand what the migration left behind, run migrate … force VERSION with the last good version, then \
             migrate … up."
        }
        "prisma" => {
            "Read the log of the migration. If it failed, repair what it left behind, then run prisma migrate resolve \
             --rolled-back (or --applied) NAME and prisma migrate deploy."
        }
        _ => "Read the log of the migration, repair what it left behind, and run it again.",
    }
}

/// The hint of a code, about the record of this tool.
pub(super) fn hint(code: &str, tool: Option<&str>) -> Option<String> {
    let tool = tool.unwrap_or_default();
    Some(match code {
        code::TABLE_MISSING => "Run the migrations, or correct the name of the database in the URL or of the table in \
                                `tables`. A table made with capitals has them in its name."
            .to_owned(),
        code::TABLE_ELSEWHERE => {
            "Set the search_path of the role (ALTER ROLE … SET search_path), or write the table in `tables` \
                                  as SCHEMA.NAME, with the capitals that it has in the database."
                .to_owned()
        }
        code::MIGRATION_TABLE_MISSING => {
            let push = match tool {
                "drizzle" => " (drizzle-kit push records nothing)",
                "prisma" => " (prisma db push records nothing)",
                _ => "",
            };
            format!(
                "Run {} against this database{push}, or correct the name of the database in the URL. If the tool uses another \
                 table, set `table`.",
                command(tool)
            )
        }
        code::MIGRATION_TABLE_ELSEWHERE => {
            "Set `table: SCHEMA.NAME` in `migrations` if the app uses that schema. Otherwise \
                                            correct the database in the URL or the search_path of the role."
                .to_owned()
        }
        code::OTHER_TOOL => {
            "Another tool made this table. Correct `tool` in `migrations`, or set `table` if the tool uses \
                             another one."
                .to_owned()
        }
        code::MIGRATION_BEHIND => format!(
            "Run {} with the image of this release, and read the log of the Job or init container that should have done it.",
            command(tool)
        ),
        code::MIGRATION_LOCKED => {
            let unlock = if tool == "knex" { "knex migrate:unlock" } else { "liquibase release-locks" };
            format!("Wait if a migration is running. If its process died, run {unlock}, then {}.", command(tool))
        }
        code::MIGRATION_UNKNOWN => {
            "Run alembic upgrade head with the image of this release if the database is older. If a \
                                    newer release has migrated it, update `head` or roll the app forward."
                .to_owned()
        }
        code::MIGRATION_FAILED => repair(tool).to_owned(),
        code::MIGRATION_UNDONE => format!(
            "Somebody rolled this migration back. Run {} to apply it again, or deploy the release that does not need it.",
            command(tool)
        ),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::hint;
    use crate::check::postgres::sqlstate::code;

    const TOOLS: [&str; 13] = [
        "alembic",
        "django",
        "drizzle",
        "ecto",
        "flyway",
        "golang-migrate",
        "goose",
        "knex",
        "liquibase",
        "prisma",
        "rails",
        "sequelize",
        "typeorm",
    ];

    #[test]
    fn each_names_the_command_of_its_tool() {
        for tool in TOOLS {
            for code in [code::MIGRATION_BEHIND, code::MIGRATION_TABLE_MISSING, code::MIGRATION_UNDONE] {
                let hint = hint(code, Some(tool)).expect(code);
                let word = tool.trim_start_matches("golang-").replace("django", "manage.py");
                assert!(hint.contains(&word), "{tool}: {hint}");
            }
        }
    }

    #[test]
    fn each_is_short_and_tells_what_to_do() {
        for code in [
            code::TABLE_MISSING,
            code::TABLE_ELSEWHERE,
            code::MIGRATION_TABLE_MISSING,
            code::MIGRATION_TABLE_ELSEWHERE,
            code::OTHER_TOOL,
            code::MIGRATION_BEHIND,
            code::MIGRATION_LOCKED,
            code::MIGRATION_UNKNOWN,
            code::MIGRATION_FAILED,
            code::MIGRATION_UNDONE,
        ] {
            for tool in TOOLS {
                let hint = hint(code, Some(tool)).expect(code);
                assert!(hint.len() <= 300, "{}: {hint}", hint.len());
                assert!(crate::outcome::tells_what_to_do(&hint), "{hint}");
            }
        }
        assert_eq!(hint(code::NO_RULE, None), None);
    }
}
