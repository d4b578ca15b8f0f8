//! Wrong values fail, in `helm lint` and `helm template`, and the message says what is wrong.

use super::{app, set, text_in};
use crate::support::helm::helm;
use crate::support::{pilotfish, run};

/// Options, and what must be said.
fn refused(cases: &[(&str, &str)]) {
    let chart = app();
    for (option, expected) in cases {
        let option = if option.starts_with("pilotfish.") {
            (*option).to_owned()
        } else {
            option
                .split(',')
                .map(|one| set(one.split_once('=').expect("key=value").0, one.split_once('=').expect("key=value").1))
                .collect::<Vec<_>>()
                .join(",")
        };
        let said = chart.refusal(&["--set", &option]);
        assert!(said.contains(expected), "{option}: {said}");
        let linted = helm(chart.path(), &["lint", "--strict", ".", "--kube-version", "1.37", "--set", &option]);
        assert_ne!(linted.code, 0, "{option}: {linted:?}");
        assert!(format!("{}{}", linted.stdout, linted.stderr).contains(expected), "{option}: {linted:?}");
    }
}

#[test]
fn of_the_wrong_shape() {
    refused(&[
        ("mode=both", "/workloads/app/mode': value must be one of 'native', 'classic'"),
        ("order=middle", "/workloads/app/order"),
        ("chekcs=1", "additional properties 'chekcs' not allowed"),
        ("config.intervall=5s", "additional properties 'intervall' not allowed"),
        ("config.defaults.interval=5", "/workloads/app/config/defaults/interval': got number"),
        ("config.checks[0].name=Database", "/config/checks/0/name"),
        ("image.tag=1", "/image/tag': got number, want string"),
        ("resources=none", "/resources"),
        ("probes.startup.periodSeconds=0", "/probes/startup/periodSeconds': minimum: got 0, want 1"),
        ("probes.liveness.successThreshold=2", "additional properties 'successThreshold' not allowed"),
        ("resources.limit.cpu=1", "/resources': additional properties 'limit' not allowed"),
        ("securityContext.runAsUsr=5", "/securityContext': additional properties 'runAsUsr' not allowed"),
        ("env[0].name=X,env[0].value=5", "/env/0/value': got number, want string"),
        ("env[0].name=X,env[0].valeu=a", "/env/0': additional properties 'valeu' not allowed"),
        ("envFrom[0].secret=x", "/envFrom/0': additional properties 'secret' not allowed"),
        ("volumes[0].name=pilotfish-config", "/volumes/0/name': 'not' failed"),
        ("volumeMounts[0].name=x", "/volumeMounts/0': missing property 'mountPath'"),
        ("pilotfish.networkPolicy.from[0].ipBlok.cidr=x", "/from/0': additional properties 'ipBlok' not allowed"),
        ("pilotfish.podMonitor.endpoint.interval=15", "/endpoint/interval': got number, want string"),
        ("pilotfish.podMonitors.enabled=true", "additional properties 'podMonitors' not allowed"),
        ("pilotfish.prober.enabled=true", "/prober': missing property 'config'"),
        ("pilotfish.enabled=perhaps", "/enabled': got string, want boolean"),
    ]);
}

#[test]
fn that_cannot_work() {
    refused(&[
        ("config.listen=127.0.0.1:9809", "which the kubelet cannot reach"),
        ("config.listen=9809", "/config/listen"),
        ("config.serve.tls.cert=/c,config.serve.tls.key=/k", "serve.tls needs serve.probe_listen"),
        ("order=after: migrate", "after: migrate is not an init container of the pod (there are none)"),
        ("test.only={nope}", "test.only: there is no check nope: the checks are database"),
    ]);
}

/// What the schema cannot say, the templates do: as `pilotfish config check`, no more and no less.
#[test]
fn whose_configuration_no_pod_would_start_with() {
    const TCP: &str = "{name: a, tcp: {address: \"b:1\"}";
    let chart = app();
    let folder = crate::support::Folder::new();
    for (config, expected) in [
        (format!("checks: [{TCP}}}, {TCP}}}]"), Some("checks[1].name: the name a is taken by checks[0]")),
        (format!("checks: [{TCP}, gates: [live]}}]"), Some("checks[0].gates: live accepts only targets in this pod")),
        (format!("checks: [{TCP}, timeout: 1m}}]"), Some("checks[0].timeout: 1m is longer than the interval (10s)")),
        (format!("checks: [{TCP}, timeout: 1m, interval: 1m1s}}]"), None),
        (format!("defaults: {{timeout: 11s}}\nchecks: [{TCP}}}]"), Some("defaults.timeout: 11s is longer")),
        (format!("defaults: {{timeout: 11s, interval: 1h}}\nchecks: [{TCP}, timeout: 59m}}]"), None),
        ("checks: [{name: a, tcp: {address: b}}]".to_owned(), Some("checks[0].tcp.address: expected host:port")),
        ("checks: [{name: a, tcp: {address: \"${B}\"}}]".to_owned(), None),
        ("checks: [{name: a, http: {url: \"htp://b\"}}]".to_owned(), Some("checks[0].http.url: expected a URL")),
        ("checks: [{name: a, http: {url: \"${B}/x\"}}]".to_owned(), None),
        (
            "checks: [{name: a, postgres: {host: b, user: c, sslmode: on}}]".to_owned(),
            Some("checks[0].postgres.sslmode: expected one of disable"),
        ),
        ("checks: [{name: a, postgres: {host: b, user: c, sslmode: {env: D}}}]".to_owned(), None),
        ("checks: [{name: a, listen: {port: 1}}]".to_owned(), Some("checks[0].gates: a server in this pod starts")),
        ("checks: [{name: a, tcp: {address: \"[::1]:1\"}}]".to_owned(), Some("checks[0].gates: a server in this pod")),
        ("checks: [{name: a, peer: {url: \"http://localhost/\"}}]".to_owned(), Some("checks[0].gates: a server in")),
        ("checks: [{name: a, postgres: {host: localhost, user: b}}]".to_owned(), Some("checks[0].gates: a server in")),
        ("checks: [{name: a, http: {url: \"http://127.0.0.1:1/\"}, starts_before: true}]".to_owned(), None),
        ("checks: [{name: a, http: {url: \"http://localhost.example/\"}}]".to_owned(), None),
        ("checks: [{name: a, tcp: {address: \"127.0.0.2:1\"}, gates: [ready, live]}]".to_owned(), None),
    ] {
        let indented = config.replace('\n', "\n        ");
        chart.write("fault.yaml", &format!("pilotfish:\n  workloads:\n    app:\n      config:\n        {indented}\n"));
        let ran = chart.template(&["-f", "fault.yaml"]);
        let checked = run(pilotfish().args(["config", "check", "-c", &folder.write("pilotfish.yaml", &config)]));
        match expected {
            Some(expected) => {
                assert!(ran.code != 0 && ran.stderr.contains(&format!("config.{expected}")), "{config}: {ran:?}");
                let at = expected.split_once(": ").expect("where and what").0;
                assert!(checked.code == 2 && checked.stderr.contains(at), "{config}: {checked:?}");
            }
            None => assert_eq!((ran.code, checked.code), (0, 0), "{config}: {ran:?} {checked:?}"),
        }
    }
}

#[test]
fn that_hold_secrets() {
    refused(&[
        ("config.serve.bearer_token=hunter2", "config.serve.bearer_token is a secret in the values"),
        ("env[0].name=API_TOKEN,env[0].value=hunter2", "env API_TOKEN is a secret in the values"),
        ("env[0].name=SECRET_KEY,env[0].value=hunter2", "env SECRET_KEY is a secret in the values"),
        (
            "env[0].name=DATABASE_URL,env[0].value=postgres://app:hunter2@db/app",
            "env DATABASE_URL is a URL with a password",
        ),
    ]);
    let chart = app();
    let said = |check: &str| {
        chart.write("secret.yaml", &format!("pilotfish: {{workloads: {{app: {{config: {{checks: [{check}]}}}}}}}}\n"));
        let ran = chart.template(&["-f", "secret.yaml"]);
        (ran.code, ran.stderr)
    };
    for (check, expected) in [
        ("{name: a, postgres: {host: db, password: hunter2}}", "config.checks[0].postgres.password is a secret"),
        (
            "{name: a, postgres: {url: \"postgres://app:hunter2@db/app\"}}",
            "config.checks[0].postgres.url is a URL with a password",
        ),
        ("{name: a, http: {url: \"http://a/\", bearer_token: hunter2}}", "bearer_token is a secret"),
        (
            "{name: a, http: {url: \"http://a/\", headers: {Authorization: Basic hunter2}}}",
            "headers.Authorization is a secret",
        ),
        ("{name: a, http: {url: \"http://a/\", headers: {X-Api-Key: hunter2}}}", "headers.X-Api-Key is a secret"),
        ("{name: a, http: {url: \"http://a/?v=1&token=hunter2\"}}", "http.url is a URL with a password"),
        (
            "{name: a, postgres: {url: \"postgres://db/app?user=a&password=hunter2\"}}",
            "postgres.url is a URL with a password",
        ),
        (
            "{name: a, postgres: {url: \"postgres://app:hunter2@${PGHOST}/app\"}}",
            "postgres.url is a URL with a password",
        ),
        (
            "{name: a, tls: {address: \"a:1\", key: \"-----BEGIN PRIVATE KEY-----hunter2\"}}",
            "tls.key is a private key in the values",
        ),
    ] {
        let (code, said) = said(check);
        assert!(code != 0 && said.contains(expected), "{check}: {said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
    for check in [
        "{name: a, postgres: {host: db, user: app, password: \"${PGPASSWORD}\"}}",
        "{name: a, postgres: {url: \"postgres://app:${PW}@db/app\"}}",
        "{name: a, postgres: {url: \"postgres://app@db/app\", password: {file: /secrets/password}}}",
        "{name: a, http: {url: \"http://a:8080/at@home:x\", headers: {authorization: {env: TOKEN}}}}",
        "{name: a, http: {url: \"http://a/?token=${TOKEN}\", headers: {x-api-key: \"${KEY}\"}}}",
        "{name: a, peer: {url: \"http://a/\", json: {checks.secret: ok}}, labels: {secret: shop}}",
    ] {
        let (code, said) = said(check);
        assert_eq!(code, 0, "{check}: {said}");
    }
}

#[test]
fn that_the_chart_above_brings_along_are_admitted() {
    let chart = app();
    chart.objects(&["--set", "global.imageRegistry=x,pilotfish.global.more=1,pilotfish.enabled=true"]);
}

#[test]
fn restrictions_can_be_lifted_where_the_platform_sets_its_own() {
    let chart = app();
    chart.write(
        "openshift.yaml",
        "pilotfish: {workloads: {app: {securityContext: {runAsUser: null, runAsGroup: null}}}}\n",
    );
    let objects = chart.objects(&["-f", "openshift.yaml"]);
    let context =
        super::container(super::pod(&objects, "app"), "initContainers", "pilotfish")["securityContext"].clone();
    assert_eq!((context.get("runAsUser"), context.get("runAsGroup")), (None, None), "{context}");
    assert_eq!(context["runAsNonRoot"], true);
}

#[test]
fn wrong_calls_are_told_how_to_call() {
    let with = |argument: &str| format!("(dict \"root\" $ \"values\" .Values.pilotfish.workloads.app {argument})");
    for (instead, expected) in [
        ("$", "call the named templates with (dict \"root\" $ \"values\" .Values.pilotfish.workloads.NAME)"),
        ("(dict \"root\" .Values \"values\" .Values)", "root is not the context of a chart"),
        ("(dict \"root\" $ \"values\" .Values.pilotfish.workloads.backend)", "this workload is not in the values"),
        ("(dict \"root\" $ \"values\" dict)", "config is missing"),
        (&with("\"enviroment\" list"), "no argument \"enviroment\": the arguments are root, values, defaults, env, "),
        (&with("\"initContainer\" list"), "no argument \"initContainer\": the arguments are root, values, defaults"),
        (&with("\"default\" dict"), "no argument \"default\": the arguments are root, values, defaults, env, "),
        (&with("\"annotations\" dict"), "initContainers, podAnnotations, volumes, imagePullSecrets"),
        ("(dict \"root\" $ \"vales\" .Values.pilotfish.workloads.app)", "no argument \"vales\": the arguments are"),
        ("(dict \"Root\" $ \"values\" dict)", "no argument \"Root\": the arguments are"),
        (
            &with("\"defaults\" (dict \"imgae\" dict)"),
            "app: defaults: there is no setting \"imgae\": the settings are env",
        ),
        (
            "(dict \"root\" $ \"values\" (dict \"mod\" \"classic\" \"config\" (dict \"checks\" list)))",
            "app: values: there is no setting \"mod\": the settings are config, enabled, env, envFrom, ",
        ),
        (&with("\"env\" \"PGHOST: db\""), "app: the argument \"env\" must be a list in which each entry has a name"),
        (&with("\"env\" (list \"PGHOST\")"), "app: the argument \"env\" must be a list in which each entry has a name"),
        (&with("\"initContainers\" (dict \"name\" \"a\")"), "the argument \"initContainers\" must be a list"),
        (&with("\"podAnnotations\" \"a: b\""), "the argument \"podAnnotations\" must be a map, not a: b"),
        (&with("\"defaults\" \"x\""), "the argument \"defaults\" must be a map, not x"),
    ] {
        let chart = app();
        let template = text_in(&chart, "templates/deployment.yaml");
        let line = template.lines().find(|line| line.contains("$pilotfish :=")).expect("the arguments stand there");
        chart.write(
            "templates/deployment.yaml",
            &template.replace(line, &format!("{{{{- $pilotfish := {instead} }}}}")),
        );
        let said = chart.refusal(&[]);
        assert!(said.contains(expected), "{instead}: {said}");
    }
}
