//! Variables of Kafka: listed by `serve` and `wait`, and dialled where people ask for it.

use crate::support::kafka::broker;
use crate::support::{Folder, pilotfish, run};

#[test]
fn brokers_in_variables_are_dialled_only_where_people_ask() {
    let brokers = format!("127.0.0.1:{}", broker().plain);
    for name in ["KAFKA_BROKERS", "KAFKA_BOOTSTRAP_SERVERS", "SPRING_KAFKA_BOOTSTRAP_SERVERS"] {
        let of = |args: &[&str]| run(pilotfish().env(name, &brokers).args(args));
        let wait = of(&["wait"]);
        assert_eq!(wait.code, 2, "{wait:?}");
        let listed = format!("found but not probed: {name} (kafka://{brokers}): it is not dialled without a check");
        assert!(wait.stderr.contains(&listed), "{wait:?}");
        let check = of(&["check"]);
        assert_eq!(check.code, 0, "{check:?}");
        let found = of(&["config", "discover"]);
        let folder = Folder::new();
        let config = folder.write("c.yaml", &found.stdout);
        let written = of(&["check", "-c", &config]);
        assert_eq!((written.code, found.stdout.contains(&brokers)), (0, false), "{found:?} {written:?}");
    }
    let url = format!("kafka://127.0.0.1:{}/orders", broker().plain);
    let wait = run(pilotfish().env("EVENTS_URL", &url).args(["wait"]));
    assert!(wait.code == 2 && wait.stderr.contains("EVENTS_URL (kafka://127.0.0.1:"), "{wait:?}");
}
