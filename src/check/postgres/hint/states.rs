//! What a SQLSTATE means for whoever runs the app, and for its class: PostgreSQL's manual, appendix A.

/// The longest start of the state counts: five characters are one error, two a class.
const STATES: &[(&str, &str)] = &[
    ("0A", "The server does not support this statement or mode. Correct the query, or update the server or pooler."),
    (
        "08",
        "The connection behind this one failed: a pooler or proxy lost its database, or a foreign server is away. Read \
         the log of the pooler and of the database at this time.",
    ),
    (
        "22023",
        "A value in the query or the URL is outside what the server accepts. Correct the one that the message names.",
    ),
    ("22", "The query works on data that does not fit (type, range, encoding). Correct the query, or cast the value."),
    (
        "23",
        "The query breaks a constraint of the table. A probe should only read: use SELECT, and no INSERT, UPDATE or DELETE.",
    ),
    (
        "25P02",
        "An earlier statement failed, so the server ignores the rest of its transaction. Send ROLLBACK and correct the \
         first statement; a pooler in statement mode cannot run transactions.",
    ),
    (
        "25P03",
        "The server ended a transaction that was idle (idle_in_transaction_session_timeout). End transactions sooner.",
    ),
    (
        "25",
        "The transaction is in a state that does not allow this statement. Run the query alone, outside BEGIN … COMMIT.",
    ),
    ("28", "The server rejects this user for what the query does. Check the role and its memberships (GRANT … TO …)."),
    ("2B", "Other objects depend on a privilege or role. A probe should only read: use SELECT."),
    ("3D000", "The database does not exist. Create it, or correct its name."),
    (
        "3F",
        "The schema does not exist in this database, or search_path names one that does not. Run the migrations, or correct \
         the schema in the query, the URL or ALTER ROLE … SET search_path.",
    ),
    (
        "40",
        "Another transaction interfered (deadlock, serialization). The next run may pass; see pg_locks if it does not.",
    ),
    (
        "42703",
        "The column does not exist in this table. Run the migrations, and quote names that have capital letters.",
    ),
    (
        "42883",
        "The function or operator does not exist for these types, or its extension or schema is missing. Run the \
         migrations or CREATE EXTENSION, check search_path, or cast the arguments.",
    ),
    ("42601", "The query has a syntax error. Run it with psql as the same user and correct it."),
    (
        "42704",
        "An object that the query names (type, extension, role) does not exist. Run the migrations or CREATE EXTENSION, and \
         check search_path.",
    ),
    (
        "42P05",
        "A prepared statement has this name already. Behind PgBouncer set max_prepared_statements, or turn them off.",
    ),
    (
        "26000",
        "The prepared statement is unknown on this connection, as behind a pooler in transaction mode. Set \
         max_prepared_statements in PgBouncer, or turn prepared statements off in the client.",
    ),
    (
        "42",
        "The query is wrong or names something that does not exist. Run it with psql as the same user and correct it.",
    ),
    ("53100", "The disk of the server is full. Check its volume (kubectl get pvc), then enlarge it or free space."),
    (
        "53200",
        "The server is out of memory. Raise its memory limit, or lower work_mem and max_connections; its log shows which \
         query took it.",
    ),
    ("53400", "A limit in the server's configuration is reached. Raise the one that the message names."),
    ("53", "The server is out of a resource. Check its disk, memory and connections, and its log at this time."),
    ("54", "The query is too large or too complex for the server. Use a simpler one, such as SELECT 1."),
    ("55P03", "Another session holds the lock. pg_locks and pg_stat_activity show which."),
    ("55006", "Another session uses the object. pg_stat_activity shows which."),
    (
        "55",
        "The object is not in the state that the query needs. Correct the query, or change the object as the message says.",
    ),
    (
        "57014",
        "Someone or a time limit cancelled the query (pg_cancel_backend, statement_timeout, a conflict with recovery). Use \
         a cheaper query, or raise the limit.",
    ),
    ("57P04", "The database was dropped. Create it again, or point the target at another one."),
    ("57P05", "The server ended the session because it was idle (idle_session_timeout). Use a pool that reconnects."),
    ("57", "The server or its administrator ended the query. The server's log at this time shows why."),
    (
        "58P01",
        "A file of the server is missing: an extension is not installed, or data is lost. The server's log names the file.",
    ),
    ("58", "The operating system of the server failed (disk, volume, file). Check its volume and its log."),
    ("72", "The snapshot of the query is too old. Use a shorter query."),
    (
        "F0",
        "The configuration or the lock file of the server is damaged. Read its log, and repair the file that it names.",
    ),
    ("HV", "A foreign data wrapper failed. Check the foreign server that the message names, or query a local table."),
    (
        "P0",
        "A function or trigger in the database raised this error. Its message says why; correct the query or the function.",
    ),
    (
        "XX001",
        "The server found damaged data. Stop writing, and restore a backup or a replica; its log names the file.",
    ),
    ("XX002", "The server found a damaged index. Run REINDEX on the index that the message names."),
    ("XX", "The server, or a pooler before it, reports an internal error. Read the log of both at this time."),
];

/// What this state means.
pub(super) fn hint(state: &str) -> Option<&'static str> {
    let fits = STATES.iter().filter(|(start, _)| state.starts_with(start));
    fits.max_by_key(|(start, _)| start.len()).map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::{STATES, hint};

    /// Appendix A has these classes; the ones of success and of warnings are no errors.
    #[test]
    fn every_class_of_errors_says_something() {
        const CLASSES: &str = "08 0A 22 23 25 28 2B 3F 40 42 53 54 55 57 58 72 F0 HV P0 XX";
        for class in CLASSES.split(' ') {
            assert!(hint(&format!("{class}0ZZ")).is_some_and(|text| !text.contains("ook up")), "{class}");
        }
        assert_eq!((hint(""), hint("ZZ000")), (None, None));
        assert!(hint("53200").is_some_and(|text| text.contains("memory")), "the longest one counts");
    }

    #[test]
    fn hints_are_short() {
        for (state, text) in STATES {
            assert!(text.len() <= 300 && text.matches(". ").count() <= 1, "{state}: {} bytes", text.len());
            assert!(text.ends_with('.') && !text.contains("  "), "{state}: {text}");
        }
    }
}
