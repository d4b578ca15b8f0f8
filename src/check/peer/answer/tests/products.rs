//! Health answers of products, up and down, each as its source or its documentation writes them.

use super::reading;

#[track_caller]
fn table(rows: &[(&str, &str)]) {
    let read = |body: &str| reading("application/json", body);
    let wrong: Vec<_> = rows.iter().filter(|(body, expected)| read(body) != *expected).collect();
    let wrong: Vec<_> =
        wrong.iter().map(|(body, expected)| format!("{body}\n{}\nexpected: {expected}\n", read(body))).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn asp_net() {
    for (text, expected) in [
        ("Healthy", "good"),
        ("Degraded", "warn: the peer reports: Degraded"),
        ("Unhealthy", "bad: the peer reports: Unhealthy"),
    ] {
        assert_eq!(reading("text/plain", text), expected);
    }
    table(&[
        (
            r#"{"status":"Healthy","totalDuration":"00:00:00.0134","entries":{"sql":{"data":{},"duration":"00:00:00.01","status":"Healthy","tags":[]}}}"#,
            "good",
        ),
        (
            r#"{"status":"Unhealthy","totalDuration":"00:00:00.0134","entries":{"sql":{"data":{},"description":null,"duration":"00:00:00.01","exception":"A network-related error","status":"Unhealthy","tags":["db"]},"disk":{"data":{},"duration":"00:00:00.01","status":"Healthy","tags":[]}}}"#,
            "bad: sql: Unhealthy",
        ),
    ]);
}

#[test]
fn frameworks() {
    table(&[
        // Quarkus, SmallRye Health.
        (
            r#"{"status":"UP","checks":[{"name":"Database connections health check","status":"UP","data":{"<default>":"UP"}}]}"#,
            "good",
        ),
        (
            r#"{"status":"DOWN","checks":[{"name":"Database connections health check","status":"DOWN","data":{"<default>":"Unable to execute the validation check"}},{"name":"alive","status":"UP"}]}"#,
            "bad: Database connections health check: DOWN",
        ),
        // NestJS Terminus.
        (
            r#"{"status":"error","info":{"api":{"status":"up"}},"error":{"database":{"status":"down","message":"timeout"}},"details":{"api":{"status":"up"},"database":{"status":"down","message":"timeout"}}}"#,
            "bad: database: down",
        ),
        (
            r#"{"status":"ok","info":{"database":{"status":"up"}},"error":{},"details":{"database":{"status":"up"}}}"#,
            "good",
        ),
        // django-health-check.
        (r#"{"Cache backend: default": "working", "DatabaseBackend": "working"}"#, "good"),
        (
            r#"{"Cache backend: default": "unavailable: Unknown error", "DatabaseBackend": "working"}"#,
            "bad: Cache backend: default: unavailable",
        ),
        // django-watchman.
        (r#"{"databases": [{"default": {"ok": true}}], "caches": [{"default": {"ok": true}}]}"#, "good"),
        (
            r#"{"databases": [{"default": {"ok": true}}], "caches": [{"default": {"ok": false, "error": "Connection refused", "stacktrace": "Traceback"}}]}"#,
            "bad: caches.default: not ok",
        ),
        // fastapi_healthcheck.
        (
            r#"{"status":"Unhealthy","totalTimeTaken":"0:00:00.000671","entities":[{"alias":"postgres db","status":"Unhealthy","timeTaken":"0:00:00.000659","tags":["postgres"]},{"alias":"cache","status":"Healthy","timeTaken":"0:00:00.0001","tags":[]}]}"#,
            "bad: postgres db: Unhealthy",
        ),
        (
            r#"{"status":"Healthy","totalTimeTaken":"0:00:00.000671","entities":[{"alias":"postgres db","status":"Healthy","timeTaken":"0:00:00.000659","tags":["postgres"]}]}"#,
            "good",
        ),
        // FastAPI, by hand.
        (r#"{"status":"healthy","database":"connected","redis":"connected"}"#, "good"),
        (r#"{"status":"healthy","database":"disconnected","redis":"connected"}"#, "bad: database: disconnected"),
        // @godaddy/terminus, @fastify/under-pressure.
        (r#"{"status":"ok","info":{},"details":{}}"#, "good"),
        (
            r#"{"code":"FST_UNDER_PRESSURE","error":"Service Unavailable","message":"Service Unavailable","statusCode":503}"#,
            "unknown word: error",
        ),
    ]);
    // Rails answers /up with a green page, and with 500 and a red one.
    let rails = "<!DOCTYPE html><html><body style=\"background-color: green\"></body></html>";
    assert_eq!(reading("text/html; charset=utf-8", rails), "silent");
}

#[test]
fn libraries_for_go() {
    table(&[
        // hellofresh/health-go.
        (
            r#"{"status":"OK","timestamp":"2017-01-01T00:00:00.413567856Z","system":{"version":"go1.8","goroutines_count":4,"total_alloc_bytes":21321,"heap_objects_count":21323,"alloc_bytes":234523},"component":{"name":"shop","version":"v1.0"}}"#,
            "good",
        ),
        (
            r#"{"status":"Service Unavailable","timestamp":"2017-01-01T00:00:00.413567856Z","failures":{"rabbitmq":"Failed during rabbitmq health check"},"system":{"version":"go1.8","goroutines_count":4}}"#,
            "bad: rabbitmq: failed",
        ),
        (
            r#"{"status":"Partially Available","timestamp":"2017-01-01T00:00:00.413567856Z","failures":{"search":"timeout"},"system":{"version":"go1.8"}}"#,
            "bad: search: failed",
        ),
        // alexliesenfeld/health.
        (r#"{"status":"up","details":{"database":{"status":"up","timestamp":"2021-07-01T08:05:08.522685Z"}}}"#, "good"),
        (
            r#"{"status":"down","details":{"database":{"status":"up","timestamp":"2021-07-01T08:05:08.522685Z"},"search":{"status":"down","timestamp":"2021-07-01T08:05:14.603364Z","error":"this makes the check fail"}}}"#,
            "bad: search: down",
        ),
        // heptiolabs/healthcheck, asked with ?full=1, and without.
        (r#"{"upstream-dep-dns":"OK","database":"OK"}"#, "good"),
        (
            r#"{"upstream-dep-dns":"OK","database":"dial tcp 10.0.0.1:5432: connect: connection refused"}"#,
            "bad: database: failed",
        ),
        (r"{}", "silent"),
        // InVisionApp/go-health.
        (
            r#"{"details":{"good-check":{"name":"good-check","status":"ok","fatal":false,"check_time":"2018-01-30T12:00:00Z","num_failures":0,"first_failure_at":"0001-01-01T00:00:00Z"}},"status":"ok"}"#,
            "good",
        ),
        (
            r#"{"details":{"bad-check":{"name":"bad-check","status":"failed","fatal":true,"err":"Ran into error while performing GET request","check_time":"2018-01-30T12:00:00Z","num_failures":3},"good-check":{"name":"good-check","status":"ok"}},"status":"failed"}"#,
            "bad: bad-check: failed",
        ),
    ]);
}

#[test]
fn search_and_stores() {
    let cluster = |status: &str| {
        format!(
            r#"{{"cluster_name":"docker-cluster","status":"{status}","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,"active_primary_shards":5,"active_shards":5,"relocating_shards":0,"initializing_shards":0,"unassigned_shards":1,"delayed_unassigned_shards":0,"number_of_pending_tasks":0,"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":83.3}}"#
        )
    };
    table(&[
        (&cluster("green"), "good"),
        (&cluster("yellow"), "warn: the peer reports: yellow"),
        (&cluster("red"), "bad: the peer reports: red"),
        // Elasticsearch 8, _health_report.
        (
            r#"{"status":"red","cluster_name":"logs","indicators":{"master_is_stable":{"status":"green","symptom":"The cluster has a stable master node","details":{}},"shards_availability":{"status":"red","symptom":"This cluster has 1 unavailable primary shard.","details":{"unassigned_primaries":1}}}}"#,
            "bad: shards_availability: red",
        ),
        // Kibana 8, 7, and to strangers.
        (r#"{"status":{"overall":{"level":"available"}}}"#, "good"),
        (r#"{"status":{"overall":{"level":"unavailable"}}}"#, "bad: overall: unavailable"),
        (
            r#"{"name":"kibana","uuid":"5b","version":{"number":"8.11.0","build_snapshot":false},"status":{"overall":{"level":"available","summary":"All services and plugins are available"},"core":{"elasticsearch":{"level":"available","summary":"Elasticsearch is available"},"savedObjects":{"level":"available","summary":"ok"}},"plugins":{"licensing":{"level":"available","summary":"ok"}}},"metrics":{"response_times":{"max_in_millis":0}}}"#,
            "good",
        ),
        (
            r#"{"name":"kibana","status":{"overall":{"level":"critical","summary":"Elasticsearch is unavailable"},"core":{"elasticsearch":{"level":"critical","summary":"Unable to retrieve version information"},"savedObjects":{"level":"available","summary":"ok"}},"plugins":{}}}"#,
            "bad: elasticsearch: critical",
        ),
        (
            r#"{"name":"kibana","status":{"overall":{"state":"red","title":"Red","nickname":"Danger Will Robinson! Danger!","icon":"danger"},"statuses":[{"id":"plugin:elasticsearch@7.9.0","state":"red","icon":"danger","message":"Unable to connect to Elasticsearch"},{"id":"core:savedObjects@7.9.0","state":"green","message":"ok"}]}}"#,
            "bad: plugin:elasticsearch: red",
        ),
        // etcd.
        (r#"{"health":"true","reason":""}"#, "good"),
        (r#"{"health":"false","reason":"RAFT NO LEADER"}"#, "bad: the peer reports: health: false"),
        // CouchDB.
        (r#"{"status":"ok","seeds":{}}"#, "good"),
        (r#"{"status":"maintenance_mode"}"#, "warn: the peer reports: maintenance_mode"),
    ]);
    assert_eq!(reading("text/plain", ""), "silent", "MinIO");
}

#[test]
fn platforms() {
    table(&[
        // Vault.
        (
            r#"{"initialized":true,"sealed":false,"standby":false,"performance_standby":false,"replication_performance_mode":"disabled","replication_dr_mode":"disabled","server_time_utc":1516639589,"version":"1.15.0","enterprise":false,"cluster_name":"vault-cluster-3bd69ca2","cluster_id":"00af5aa8"}"#,
            "good",
        ),
        (
            r#"{"initialized":true,"sealed":true,"standby":true,"server_time_utc":1516639589,"version":"1.15.0"}"#,
            "bad: the peer reports: sealed",
        ),
        (
            r#"{"initialized":false,"sealed":true,"standby":true,"server_time_utc":1516639589,"version":"1.15.0"}"#,
            "bad: the peer reports: not initialized",
        ),
        // Consul.
        (
            r#"[{"Node":{"Node":"a"},"Service":{"ID":"web"},"Checks":[{"CheckID":"serfHealth","Name":"Serf Health Status","Status":"passing"}]}]"#,
            "good",
        ),
        (
            r#"[{"Node":{"Node":"a"},"Service":{"ID":"web"},"Checks":[{"CheckID":"serfHealth","Name":"Serf Health Status","Status":"passing"},{"CheckID":"service:web","Name":"web check","Status":"critical"}]}]"#,
            "bad: web check: critical",
        ),
        (
            r#"[{"AggregatedStatus":"critical","Service":{"ID":"web","Service":"web"},"Checks":[{"CheckID":"c","Name":"web check","Status":"critical"}]}]"#,
            "bad: web check: critical",
        ),
        // Keycloak.
        (
            r#"{"status":"UP","checks":[{"name":"Keycloak database connections async health check","status":"UP"}]}"#,
            "good",
        ),
        (
            r#"{"status":"DOWN","checks":[{"name":"Keycloak database connections async health check","status":"DOWN","data":{"Failing since":"2024-01-01 00:00:00,000"}}]}"#,
            "bad: Keycloak database connections async health check: DOWN",
        ),
        // SonarQube.
        (r#"{"id":"20150504120436","version":"9.9","status":"UP"}"#, "good"),
        (r#"{"id":"20150504120436","version":"9.9","status":"STARTING"}"#, "bad: the peer reports: STARTING"),
        (
            r#"{"id":"20150504120436","version":"9.9","status":"DB_MIGRATION_NEEDED"}"#,
            "bad: the peer reports: DB_MIGRATION_NEEDED",
        ),
        (
            r#"{"health":"GREEN","causes":[],"nodes":[{"name":"app-1","type":"APPLICATION","health":"GREEN","causes":[]}]}"#,
            "good",
        ),
        (
            r#"{"health":"RED","causes":[{"message":"Application node app-1 is RED"}],"nodes":[{"name":"app-1","type":"APPLICATION","host":"192.168.1.1","port":999,"health":"RED","causes":[{"message":"foo"}]},{"name":"app-2","type":"APPLICATION","health":"YELLOW","causes":[]}]}"#,
            "bad: the peer reports: RED",
        ),
        // Airflow: what does not run has no status.
        (
            r#"{"dag_processor":{"latest_dag_processor_heartbeat":null,"status":null},"metadatabase":{"status":"healthy"},"scheduler":{"latest_scheduler_heartbeat":"2018-12-26T17:15:11+00:00","status":"healthy"},"triggerer":{"latest_triggerer_heartbeat":"2018-12-26T17:16:12+00:00","status":"healthy"}}"#,
            "good",
        ),
        (
            r#"{"metadatabase":{"status":"healthy"},"scheduler":{"latest_scheduler_heartbeat":"2018-12-26T17:15:11+00:00","status":"unhealthy"}}"#,
            "bad: scheduler: unhealthy",
        ),
        // Harbor.
        (
            r#"{"status":"healthy","components":[{"name":"core","status":"healthy"},{"name":"database","status":"healthy"}]}"#,
            "good",
        ),
        (
            r#"{"status":"unhealthy","components":[{"name":"core","status":"healthy"},{"name":"database","status":"unhealthy","error":"failed to check health: dial tcp"}]}"#,
            "bad: database: unhealthy",
        ),
    ]);
    // Kubernetes.
    assert_eq!(reading("text/plain; charset=utf-8", "ok"), "good");
    let verbose =
        "[+]ping ok\n[+]log ok\n[+]etcd ok\n[+]poststarthook/start-apiextensions-informers ok\nhealthz check passed\n";
    assert_eq!(reading("text/plain; charset=utf-8", verbose), "good");
    let verbose = "[+]ping ok\n[-]etcd failed: reason withheld\n[+]log ok\nhealthz check failed\n";
    assert_eq!(reading("text/plain; charset=utf-8", verbose), "bad: etcd: failed");
}
