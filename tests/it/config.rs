//! `pilotfish config`, and what every command says of an invalid configuration.

use crate::support::{Folder, pilotfish, ran, run};

const GOOD: &str = "checks:\n  - name: database\n    postgres: {url: {env: DATABASE_URL}, password: {file: /nowhere/pw}}\n  - name: cache\n    tcp: {address: \"cache:6379\"}\n";
const BAD: &str = "listen: s3cret\nchecks:\n  - name: a\n    postgres: {url: {env: X}, sslmod: require}\n  - name: a\n    tcp: {address: s3cret}\n";

#[test]
fn check_counts_checks_and_warns_of_what_is_not_there() {
    let folder = Folder::new();
    let file = folder.write("good.yaml", GOOD);
    let ran = ran(&["config", "check", "-c", &file]);
    assert_eq!(ran.stdout, format!("{file}: ok, 2 checks\n"));
    let warnings = "warning: database: the variable DATABASE_URL is not set or empty\n\
                    warning: database: the file /nowhere/pw does not exist\n";
    assert_eq!(ran.stderr, warnings);
    assert_eq!(ran.code, 0);
}

#[test]
fn every_command_tells_every_fault_and_probes_nothing() {
    let folder = Folder::new();
    let file = folder.write("bad.yaml", BAD);
    let expected = [
        format!(r#"{file}:1:9: listen: expected an address and a port, such as "[::]:9809" or "127.0.0.1:9809""#),
        format!("{file}:4:31: checks[0].postgres.sslmod: unknown key, did you mean sslmode?"),
        format!("{file}:5:11: checks[1].name: checks[0] in line 3 already has this name"),
        format!("{file}:6:20: checks[1].tcp.address: "),
    ];
    let commands: [&[&str]; 5] = [&["config", "check"], &["config", "show"], &["check"], &["wait"], &["serve"]];
    for command in commands {
        let ran = run(pilotfish().args(command).args(["-c", &file]));
        assert_eq!(ran.code, 2, "{command:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{command:?}");
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert_eq!(lines.len(), expected.len(), "{command:?}: {ran:?}");
        for (line, expected) in lines.iter().zip(&expected) {
            assert!(line.contains(expected.as_str()), "{command:?}: {line}");
            assert!(!line.contains("s3cret"), "{command:?}: {line}");
        }
    }
}

#[test]
fn show_fills_in_and_masks() {
    let folder = Folder::new();
    let text = "checks: [{name: db, postgres: {url: \"postgres://app:s3cret@db/app\", password: \"${PW}\"}}]\n";
    let file = folder.write("a.yaml", text);
    let ran = run(pilotfish().args(["config", "show"]).env("PILOTFISH_CONFIG", &file).env("PW", "s3cret"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with(&format!("# from the file {file} (PILOTFISH_CONFIG)\n")), "{ran:?}");
    assert!(ran.stdout.contains("url: \"postgres://app@db/app\""), "{ran:?}");
    assert!(ran.stdout.contains("password: \"${PW}\"  # it can be read now"), "{ran:?}");
    assert!(ran.stdout.contains("timeout: 5s"), "{ran:?}");
    assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
}

#[test]
fn schema_is_json() {
    let ran = ran(&["config", "schema"]);
    let schema: serde_json::Value = serde_json::from_str(&ran.stdout).expect("the schema is JSON");
    assert_eq!(schema["title"], "pilotfish");
    assert!(schema["properties"]["checks"]["items"]["properties"]["postgres"].is_object());
}

#[test]
fn a_file_that_cannot_be_read_is_said_by_name() {
    let folder = Folder::new();
    let missing = folder.path().join("missing.yaml").to_str().expect("UTF-8").to_owned();
    let large = folder.write("large.yaml", vec![b'#'; 1024 * 1024 + 1]);
    let binary = folder.write("binary.yaml", [b'a', b':', b' ', 0xff]);
    let empty = folder.write("empty.yaml", "");
    let here = folder.path().to_str().expect("UTF-8").to_owned();
    for (file, text) in [
        (&missing, "the file does not exist"),
        (&large, "larger than the limit"),
        (&binary, ":1:4: the file is not UTF-8 text"),
        (&empty, ":1:1: the file is empty: write at least one check"),
        (&here, "it is not a regular file"),
    ] {
        let ran = ran(&["config", "check", "-c", file]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(file.as_str()) && ran.stderr.contains(text), "{ran:?}");
    }
}

#[test]
fn the_environment_is_a_configuration_too() {
    let ran = run(pilotfish()
        .args(["config", "show"])
        .env("DATABASE_URL", "postgres://app:s3cret@db:5432/app")
        .env("API_URL", "https://api.example.com/s3cret"));
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("# postgres: postgres://app@db:5432/app"), "{ran:?}");
    assert!(ran.stdout.contains("# not probed: API_URL (https://api.example.com)"), "{ran:?}");
    assert!(!format!("{ran:?}").contains("s3cret"), "{ran:?}");
}

#[test]
fn an_environment_without_anything_to_probe_says_what_to_do() {
    for command in ["check", "wait", "serve"] {
        let ran = ran(&[command]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("nothing to probe") && ran.stderr.contains("set DATABASE_URL"), "{ran:?}");
    }
}

/// What `config discover` writes for these variables, checked by `config check` with the same ones.
fn discovered(vars: &[(&str, &str)], args: &[&str]) -> (String, String) {
    let folder = Folder::new();
    let ran = run(pilotfish().args(["config", "discover"]).args(args).envs(vars.iter().copied()));
    assert_eq!(ran.code, 0, "{ran:?}");
    let path = folder.write("discovered.yaml", &ran.stdout);
    let checked = run(pilotfish().args(["config", "check", "-c", &path]).envs(vars.iter().copied()));
    assert!(checked.code == 0 && checked.stderr.is_empty(), "{checked:?}\n{}", ran.stdout);
    (ran.stdout, ran.stderr)
}

#[test]
fn discover_writes_a_configuration_with_names_and_no_values() {
    let vars = [
        ("API_URL", "https://api.example.com/hooks/s3cret"),
        ("BROKER_URL", "sqlserver://app:s3cret@broker:1433/"),
        ("DATABASE_URL", "postgres://app:s3cret@db.shop:5432/app?sslmode=require"),
        ("PGHOST", "replica.shop"),
        ("PGPASSWORD", "s3cret"),
        ("PGUSER", "app"),
    ];
    let (text, said) = discovered(&vars, &["--gate", "startup"]);
    assert_eq!(said, "", "nothing is wrong with them");
    let expected = "checks:
  # from the variable DATABASE_URL
  - name: database
    postgres:
      url: {env: DATABASE_URL}
    gates: [startup]
  # from the variables PGHOST, PGUSER, PGPASSWORD
  - name: postgres
    postgres:
      host: {env: PGHOST}
      user: {env: PGUSER}
      password: {env: PGPASSWORD}
    gates: [startup]

# Found, but not probed:
# API_URL: it is a web address: write an http or peer check for it
# BROKER_URL: this version has no sqlserver check: test its port with tcp://host:port, or its URL with diagnose
";
    assert!(text.ends_with(expected), "{text}");
    for value in ["s3cret", "example.com", "db.shop", "replica", "1433"] {
        assert!(!text.contains(value), "{value}: {text}");
    }
    let (text, _) = discovered(&vars[..3], &[]);
    assert!(text.contains("    gates: []\n"), "{text}");
}

#[test]
fn discover_writes_no_file_over_another_and_nothing_out_of_nothing() {
    let folder = Folder::new();
    let path = folder.path().join("new.yaml").display().to_string();
    let write = || {
        let url = ("DATABASE_URL", "postgres://app:s3cret@db/app");
        run(pilotfish().args(["config", "discover", "--write", &path]).envs([url]))
    };
    let ran = write();
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert!(text.contains("url: {env: DATABASE_URL}"), "{text}");
    let ran = write();
    assert!(ran.code == 2 && ran.stderr.contains("--write: cannot write the file: "), "{ran:?}");
    // It reads variables alone: it says nothing of targets and files.
    let vars = [("API_URL", "https://api.example.com/s3cret"), ("PILOTFISH_CONFIG", "/there.yaml")];
    let ran = run(pilotfish().args(["config", "discover"]).envs(vars));
    assert!(ran.code == 2 && ran.stdout.is_empty() && ran.stderr.contains("nothing to probe: no variable"), "{ran:?}");
    let ran = run(pilotfish().args(["config", "discover", "--gate", "live"]));
    assert!(ran.code == 2 && ran.stderr.contains("--gate must be startup or ready"), "{ran:?}");
}
