use super::super::keys::PostgresKeys;
use super::super::words::{ChannelBinding, Role, SslMode};
use super::{Server, Settings, Target};
use crate::env::MapEnv;
use crate::net::tls::Pem;
use crate::value::Value;

fn of_url(text: &str) -> Result<Settings, String> {
    of_url_in(text, &MapEnv::default())
}

fn of_url_in(text: &str, env: &MapEnv) -> Result<Settings, String> {
    let keys = PostgresKeys { url: Some(Value::literal(text)), ..PostgresKeys::default() };
    Settings::resolve(&keys, env).map_err(|fault| format!("{}: {}", fault.cause.slug(), fault.message))
}

fn shown(keys: &PostgresKeys, env: &MapEnv) -> String {
    Target::resolve(keys, env).unwrap().redacted()
}

fn shown_url(text: &str) -> String {
    shown(&PostgresKeys { url: Some(Value::literal(text)), ..PostgresKeys::default() }, &MapEnv::default())
}

fn hosts(settings: &Settings) -> String {
    settings.hosts.iter().map(|server| server.endpoint.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn defaults_are_those_of_libpq() {
    let settings = of_url("postgres://app@db").unwrap();
    assert_eq!(hosts(&settings), "db:5432");
    assert_eq!((settings.sslmode, settings.channel_binding), (SslMode::Prefer, ChannelBinding::Prefer));
    assert_eq!((settings.role, settings.database.as_str(), settings.password), (Role::Any, "app", None));
    assert_eq!(settings.application_name, "pilotfish");
}

#[test]
fn parameters_of_the_url() {
    let text = "postgresql://a@h1:1,h2/db?sslmode=verify-ca&sslrootcert=/ca.pem&sslcert=/c.pem&sslkey=/k.pem&user=app&password=p%20w\
         &dbname=shop&application_name=x&options=endpoint%3Dep-1&channel_binding=require&target_session_attrs=read-write\
         &connect_timeout=3&schema=public&pgbouncer=true&work_mem=1";
    let settings = of_url(text).unwrap();
    assert_eq!(hosts(&settings), "h1:1 h2:5432");
    assert_eq!(settings.user, "app");
    assert_eq!(settings.password.as_ref().unwrap().expose(), "p w");
    assert_eq!(settings.database, "shop");
    assert_eq!(settings.options.as_deref(), Some("endpoint=ep-1"));
    assert_eq!(settings.ca, Some(Pem::new(Value::literal("/ca.pem"))));
    assert_eq!((settings.sslmode, settings.role), (SslMode::VerifyCa, Role::ReadWrite));
    assert_eq!(shown_url(text), "postgres://app@h1:1,h2:5432/shop");
}

#[test]
fn hosts_in_parameters() {
    assert_eq!(hosts(&of_url("postgres:///db?host=h1,h2&port=1,2&user=u").unwrap()), "h1:1 h2:2");
    assert_eq!(hosts(&of_url("postgres://u:p@/db?port=9&host=h1,h2").unwrap()), "h1:9 h2:9");
    assert_eq!(hosts(&of_url("postgres://u@a:7/db?host=::1").unwrap()), "[::1]:5432");
    assert!(of_url("postgres://u@a,b/db?port=1,2,3").unwrap_err().contains("number of ports"));
    assert!(of_url("postgres://u@/db").unwrap_err().contains("the host is empty"));
}

#[test]
fn sockets_are_where_libpq_looks_for_them() {
    for (url, socket, target) in [
        ("postgres://u:s3cret@/d?host=/run/pg", "/run/pg/.s.PGSQL.5432", "postgres://u@/d?host=/run/pg"),
        ("postgres:///d?host=/run/pg/&port=7&user=u", "/run/pg/.s.PGSQL.7", "postgres://u@/d?host=/run/pg/.s.PGSQL.7"),
        ("postgres://u:s3cret@%2Frun%2Fpg/d", "/run/pg/.s.PGSQL.5432", "postgres://u@/d?host=/run/pg"),
        ("postgres://u:s3cret@%2frun%2fpg:7/d", "/run/pg/.s.PGSQL.7", "postgres://u@/d?host=/run/pg/.s.PGSQL.7"),
        (
            "host=/cloudsql/p:r:i user=u dbname=d",
            "/cloudsql/p:r:i/.s.PGSQL.5432",
            "postgres://u@/d?host=/cloudsql/p:r:i",
        ),
        (
            "postgresql+pg8000://u:s3cret@/d?unix_sock=/cloudsql/p:r:i/.s.PGSQL.5432",
            "/cloudsql/p:r:i/.s.PGSQL.5432",
            "postgres://u@/d?host=/cloudsql/p:r:i",
        ),
        ("postgres://u:s3cret@db/d?host=@name", "@name/.s.PGSQL.5432", "postgres://u@/d?host=@name"),
        ("postgres://u:%2Frun%2Fpg@/d?host=/run/pg", "/run/pg/.s.PGSQL.5432", "postgres://u@/d?host=***"),
        (
            "postgres://u:s3cret@/d?host=/run/pg&sslmode=verify-full",
            "/run/pg/.s.PGSQL.5432",
            "postgres://u@/d?host=/run/pg",
        ),
        ("postgres://u@/d?host=/run/pg&hostaddr=10.0.0.7", "-", "postgres://u@10.0.0.7:5432/d"),
    ] {
        let Ok(settings) = of_url(url) else { panic!("{url}: {:?}", of_url(url).err()) };
        let socket_of = |server: &Server| server.socket.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let found: Vec<String> = settings.hosts.iter().map(socket_of).collect();
        assert_eq!(found, [socket], "{url}");
        assert_eq!(shown_url(url), target, "{url}");
    }
    let several = of_url("postgres://u@/d?host=/run/a,db&port=1,2").unwrap();
    assert!(several.hosts[0].socket.is_some() && several.hosts[1].socket.is_none());
    for text in ["postgres://u:s3cret@/d?host=/", "postgres://u:s3cret@%2F/d", "postgres://u@/d?host=unix:run"] {
        assert!(!of_url(text).unwrap_err().contains("s3"), "{text}");
    }
    let long = format!("postgres://u@/d?host=/{}", "x".repeat(100));
    assert!(of_url(&long).unwrap_err().contains("107 bytes"));
}

#[test]
fn what_cannot_be_used_is_said_without_its_text() {
    for (text, says) in [
        ("mysql://u:s3cret@h/d", "neither postgres:// nor postgresql://"),
        ("postgres://u:s3cret@h/d?sslmode=s3cret", "sslmode is not one of disable, allow"),
        ("postgres://u:s3cret@h/d?port=s3cret", "port is not a port"),
        ("postgres://u:s3cret@h/%zz", "percent-encoding"),
        ("postgres://u:s3cret@h/d?sslrootcert=system&sslmode=require", "verify-full alone"),
    ] {
        let error = of_url(text).unwrap_err();
        assert!(error.starts_with("url_malformed: ") && error.contains(says), "{text}: {error}");
        assert!(!error.contains("s3"), "{error}");
    }
}

#[test]
fn what_only_other_clients_can_use_is_a_limit() {
    for (text, says) in [
        ("jdbc:mysql://h/d?user=u&password=s3cret", "a JDBC URL"),
        ("postgres://db", "no user"),
        ("prisma://u:s3cret@h/d", "neither postgres:// nor postgresql://"),
        ("Server=h;Initial Catalog=d;User Id=u;Password=s3cret", "ADO.NET"),
        ("h:5432/d", "a bare host and port"),
        ("user=u password=s3cret dbname=d", "names no host"),
        ("service=main password=s3cret", "pg_service.conf"),
    ] {
        let error = of_url(text).unwrap_err();
        assert!(error.starts_with("probe_limit: ") && error.contains(says), "{text}: {error}");
        assert!(!error.contains("s3"), "{error}");
    }
}

/// As `initialize_SSL` of libpq decides.
#[test]
fn files_that_are_not_here_are_what_they_are_to_libpq() {
    let env = MapEnv::default().with_file("/ca.pem", b"x").with_file("/c.pem", b"x").with_file("/k.pem", b"x");
    for (more, ca, cert, absent) in [
        ("sslmode=require&sslrootcert=/ca.pem", true, false, ""),
        ("sslmode=require&sslrootcert=/none.pem", false, false, "sslrootcert=/none.pem"),
        ("sslrootcert=/none.pem", false, false, "sslrootcert=/none.pem"),
        ("sslmode=verify-ca&sslrootcert=/none.pem", true, false, ""),
        ("sslmode=verify-full&sslrootcert=/none.pem&sslcert=/none.pem", true, false, "sslcert=/none.pem"),
        ("sslrootcert=system", true, false, ""),
        ("sslcert=/c.pem&sslkey=/k.pem", false, true, ""),
        ("sslcert=/c.pem&sslkey=/none.pem", false, true, ""),
        ("sslcert=/none.pem&sslkey=/k.pem", false, false, "sslcert=/none.pem"),
        ("sslcert=/none.pem", false, false, "sslcert=/none.pem"),
        ("sslkey=/k.pem", false, false, ""),
    ] {
        let settings = of_url_in(&format!("postgres://u@h/d?{more}"), &env).expect(more);
        let absent_files = settings.absent_files.iter().map(|file| format!("{}={}", file.parameter, file.path));
        let found = (settings.ca.is_some(), settings.cert.is_some(), absent_files.collect::<Vec<_>>().join(" "));
        assert_eq!(found, (ca, cert, absent.to_owned()), "{more}");
    }
    let alone = of_url_in("postgres://u:s3cret@h/d?sslcert=/c.pem", &env).unwrap_err();
    assert!(alone.starts_with("url_malformed: ") && alone.contains("go together"), "{alone}");
}

#[test]
fn a_keyword_string_is_a_url_in_another_form() {
    let text = "host=h1,h2 port=1,2 user=app password='p w' dbname=shop sslmode=verify-ca sslrootcert=/ca.pem \
                application_name=x options='-c search_path=x' target_session_attrs=primary channel_binding=require";
    let settings = of_url(text).unwrap();
    assert_eq!(hosts(&settings), "h1:1 h2:2");
    assert_eq!((settings.user.as_str(), settings.database.as_str()), ("app", "shop"));
    assert_eq!(settings.password.as_ref().unwrap().expose(), "p w");
    assert_eq!((settings.sslmode, settings.role), (SslMode::VerifyCa, Role::Primary));
    assert_eq!(settings.options.as_deref(), Some("-c search_path=x"));
    assert_eq!(shown_url(text), "postgres://app@h1:1,h2:2/shop");
    for (text, says) in [
        ("host=h user=u password='s3cret", "a quote is not closed"),
        ("host=h user=u password=s3cret sslmode=s3cret", "sslmode is not one of disable, allow"),
        ("host=h user=u port=s3cret", "port is not a port"),
        ("host=h:1 user=u password=s3cret", "a port follows the host"),
    ] {
        let error = of_url(text).unwrap_err();
        assert!(error.starts_with("url_malformed: ") && error.contains(says), "{text}: {error}");
        assert!(!error.contains("s3"), "{error}");
    }
    // White space at its ends means nothing, unlike in a URL.
    assert_eq!(hosts(&of_url(" host=h user=u\n").unwrap()), "h:5432");
}

#[test]
fn hostaddr_is_dialled_and_the_host_is_its_name() {
    let shown = |text: &str| {
        let servers = of_url(text)?.hosts.into_iter();
        let name = |server: &Server| server.name.as_ref().map_or("-".to_owned(), ToString::to_string);
        Ok::<_, String>(
            servers.map(|server| format!("{} as {}", server.endpoint, name(&server))).collect::<Vec<_>>().join(" "),
        )
    };
    for (text, expected) in [
        ("postgres://u@db/d?hostaddr=10.0.0.9", "10.0.0.9:5432 as db"),
        ("postgres://u@db:6432/d?hostaddr=::1", "[::1]:6432 as db"),
        ("postgres:///d?user=u&hostaddr=10.0.0.9&port=1", "10.0.0.9:1 as -"),
        ("postgres://u@a:1,b:2/d?hostaddr=10.0.0.1,10.0.0.2", "10.0.0.1:1 as a 10.0.0.2:2 as b"),
        ("postgres://u@a,b/d?hostaddr=,10.0.0.2", "a:5432 as a 10.0.0.2:5432 as b"),
        ("hostaddr=10.0.0.9 host=db user=u", "10.0.0.9:5432 as db"),
        ("hostaddr=10.0.0.1,10.0.0.2 user=u port=7", "10.0.0.1:7 as - 10.0.0.2:7 as -"),
    ] {
        assert_eq!(shown(text).as_deref(), Ok(expected), "{text}");
    }
    for (text, says) in [
        ("postgres://u@db/d?hostaddr=db2", "hostaddr is no IP address"),
        ("postgres://u@a,b/d?hostaddr=10.0.0.1", "another number of addresses"),
        ("hostaddr=10.0.0.1 user=u sslmode=verify-full", "needs the host name"),
        ("hostaddr=10.0.0.1, user=u", "hostaddr is no IP address"),
    ] {
        let error = of_url(text).unwrap_err();
        assert!(error.starts_with("url_malformed: ") && error.contains(says), "{text}: {error}");
    }
    assert_eq!(shown_url("postgres://u@db/d?hostaddr=10.0.0.9"), "postgres://u@db:5432/d");
    assert_eq!(shown_url("postgres:///d?user=u&hostaddr=10.0.0.9"), "postgres://u@10.0.0.9:5432/d");
    // The key takes the place of both.
    let url = Some(Value::literal("postgres://u@db/d?hostaddr=10.0.0.9"));
    let keys = PostgresKeys { url, host: Some(Value::literal("other")), ..PostgresKeys::default() };
    let settings = Settings::resolve(&keys, &MapEnv::default()).unwrap();
    assert_eq!(hosts(&settings), "other:5432");
}

#[test]
fn what_is_wrong_with_the_value_has_causes_of_its_own() {
    for (text, starts) in [
        (
            "postgres://u:s3/cret@h/d",
            "url_password_unencoded: the URL from the configuration: the password with `/` unencoded",
        ),
        (
            "postgres://u:s3 cret@h/d",
            "url_password_unencoded: the URL from the configuration: the password with a space",
        ),
        ("postgres://u:s3cret@u:s3cret@h/d", "url_password_doubled: "),
        ("postgres://u:s3cret@h/d\n", "secret_whitespace: the URL from the configuration: it has a newline at its end"),
        ("'postgres://u:s3cret@h/d'", "url_malformed: the URL from the configuration: it is in quotes"),
        ("postgres://u:s3cret@$(HOST)/d", "url_malformed: the URL from the configuration: it still contains $(HOST)"),
    ] {
        let error = of_url(text).unwrap_err();
        assert!(error.starts_with(starts) && !error.contains("s3"), "{text}: {error}");
    }
}

#[test]
fn other_spellings() {
    assert_eq!(of_url("postgresql+asyncpg://u@h/d").unwrap().database, "d");
    let raw = of_url("postgresql+psycopg2://u:p/w#?@h/d").unwrap();
    assert_eq!((raw.password.unwrap().expose(), raw.database.as_str()), ("p/w#?", "d"), "as SQLAlchemy reads it");
    assert_eq!(of_url("postgres://u@h/d?ssl=true").unwrap().sslmode, SslMode::Require);
    assert_eq!(of_url("postgres://u@h/d?sslmode=no-verify").unwrap().sslmode, SslMode::Require, "node-postgres' word");
    let system = of_url("postgres://u@h/d?sslrootcert=system").unwrap();
    assert_eq!(system.sslmode, SslMode::VerifyFull);
    assert_eq!(of_url("postgres://u@h/a%2Fb%20c").unwrap().database, "a/b c");
    assert!(of_url("postgres://u:@h/d").unwrap().password.is_none(), "an empty password is none, as for libpq");
}

#[test]
fn keys_override_the_url() {
    let env = MapEnv::with_vars(&[("URL", "postgres://app:old@db:6432/app?sslmode=require"), ("PORT", "7")]);
    let keys = PostgresKeys {
        url: Some(Value::Env("URL".into())),
        host: Some(Value::literal("other")),
        password: Some(Value::literal("p%40ss")),
        ..PostgresKeys::default()
    };
    let settings = Settings::resolve(&keys, &env).unwrap();
    assert_eq!(shown(&keys, &env), "postgres://app@other:6432/app");
    assert_eq!(settings.password.unwrap().expose(), "p%40ss", "taken as it is");
    assert_eq!(settings.sslmode, SslMode::Require);
    let keys = PostgresKeys { port: Some(crate::value::Setting::Later(Value::Env("PORT".into()))), ..keys };
    assert_eq!(shown(&keys, &env), "postgres://app@other:7/app");
}

/// The server would repeat the name, and the password in it.
#[test]
fn a_url_in_the_place_of_a_name_is_not_sent() {
    let env = MapEnv::with_vars(&[("URL", "postgres://app:s3cret@db/app")]);
    let host = || Some(Value::literal("db"));
    let keys = PostgresKeys {
        host: host(),
        user: host(),
        database: Some(Value::Env("URL".into())),
        ..PostgresKeys::default()
    };
    let fault = Settings::resolve(&keys, &env).unwrap_err();
    assert_eq!(
        (fault.cause.slug(), &*fault.message),
        ("variable_invalid", "database: there is a URL where a name belongs")
    );
    let keys = PostgresKeys { host: host(), user: Some(Value::Env("URL".into())), ..PostgresKeys::default() };
    assert_eq!(Settings::resolve(&keys, &env).unwrap_err().message, "user: there is a URL where a name belongs");
}

#[test]
fn an_empty_file_is_no_login_without_a_password() {
    let env = MapEnv::with_vars(&[]).with_file("/pw", b"");
    let url = Some(Value::literal("postgres://app:x@db/app"));
    let keys = PostgresKeys { url, password: Some(Value::File("/pw".into())), ..PostgresKeys::default() };
    let fault = Settings::resolve(&keys, &env).unwrap_err();
    assert_eq!((fault.cause.slug(), &*fault.message), ("file_invalid", "the file /pw is empty"));
}

#[test]
fn long_names_of_databases_are_masked_like_path_segments() {
    assert_eq!(shown_url("postgres://app@db/a_database_with_a_very_long_name"), "postgres://app@db:5432/***");
}

#[test]
fn the_target_needs_no_password_nor_user() {
    let keys = PostgresKeys {
        host: Some(Value::literal("db")),
        user: Some(Value::literal("app")),
        password: Some(Value::Env("NOPE".into())),
        ..PostgresKeys::default()
    };
    assert_eq!(shown(&keys, &MapEnv::default()), "postgres://app@db:5432/app");
    assert_eq!(Settings::resolve(&keys, &MapEnv::default()).unwrap_err().cause.slug(), "variable_missing");
    assert_eq!(shown_url("postgres://db"), "postgres://db:5432");
    assert!(of_url("postgres://db").unwrap_err().starts_with("probe_limit: no user"));
}

/// What the target masks is masked where a server repeats it, too.
#[test]
fn what_is_not_shown_is_struck_out_of_an_answer() {
    for (url, echo, shown) in [
        (
            "postgres://u:x@h/shop&password=Zq7Xw9Kp&sslmode=require",
            "database \"shop&password=Zq7Xw9Kp&sslmode=require\" does not exist",
            "database \"***\" does not exist",
        ),
        ("postgres://u:secretpw@h/d", "you sent secretpw", "you sent ***"),
        (
            "postgres://u:x@h/d?options=-c%20x%3Dc4nary9",
            "invalid value for parameter \"x\": \"c4nary9\"",
            "invalid value for parameter \"x\": \"***\"",
        ),
        ("postgres://u:x@h/d?application_name=c4nary9", "who is c4nary9", "who is ***"),
        // Of these nothing is masked in the target either; nor what is the user as well.
        ("postgres://u:x@h/shop", "database \"shop\" does not exist", "database \"shop\" does not exist"),
        ("postgres://postgres:postgres@h/shop", "role \"postgres\" may not", "role \"postgres\" may not"),
        ("postgres://u:x@h/app%0A", "database \"app \" does not exist", "database \"app \" does not exist"),
        ("postgres://u:x@h/d?application_name=pilotfish", "pilotfish is here", "pilotfish is here"),
    ] {
        assert_eq!(of_url(url).unwrap().confidential().strike(echo), shown, "{url}");
    }
}
