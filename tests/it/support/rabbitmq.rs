//! A real RabbitMQ. One is started for the whole run of the tests, since it takes seconds; it ends with the process of the tests,
//! however that ends: a shell keeps it in a process group of its own, and ends the group when its standard input closes.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use super::ca::{Ca, Leaf, Pair};
use super::netns::Namespace;
use super::{Folder, free_port, need, until_within};

/// The password of the user `app`.
pub(crate) const PASSWORD: &str = "sesame";
/// The name in the client certificate, of which there is a user.
pub(crate) const CLIENT: &str = "client.lab";

/// How a broker is to be.
#[derive(Default)]
pub(crate) struct Options<'a> {
    /// Where it runs: then it listens on every address there.
    pub(crate) inside: Option<&'a Namespace>,
    /// Over TLS, every client needs a certificate.
    pub(crate) strict: bool,
}

/// A running broker. The user `app` has all rights on the virtual hosts `/`, `shop`, `full` (which accepts no connection) and
/// `quiet`, and none on `closed`; `limited` may have no connection; `/` has the queue `jobs`.
pub(crate) struct Broker {
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    /// The authority of its certificate and of its clients', in PEM.
    pub(crate) ca: String,
    /// The certificate of a client for which it has a user, and of one for which it has none.
    pub(crate) client: Pair,
    pub(crate) stranger: Pair,
    folder: Folder,
    keeper: Child,
}

/// The one that tests share.
pub(crate) fn broker() -> &'static Broker {
    static BROKER: OnceLock<Broker> = OnceLock::new();
    BROKER.get_or_init(|| Broker::start(&Options::default()))
}

impl Broker {
    /// Starts one and waits until it is ready. Another process may take a free port first: then with other ones.
    pub(crate) fn start(options: &Options<'_>) -> Self {
        let root = Ca::root("broker root");
        let pair = root.issue(&Leaf::server("localhost", &["localhost"]));
        let (client, stranger) = (root.issue(&Leaf::client(CLIENT)), root.issue(&Leaf::client("stranger.lab")));
        for _ in 0..3 {
            let folder = Folder::new();
            let (port, tls_port) = (free_port(), free_port());
            let (cert, key) = pair.write(&folder, "server", &[]);
            let ca = folder.write("ca.pem", &root.pem);
            let address = if options.inside.is_some() { "0.0.0.0" } else { "127.0.0.1" };
            folder.write("definitions.json", DEFINITIONS);
            let base = folder.path().display();
            folder.write(
                "rabbitmq.conf",
                format!(
                    "listeners.tcp.default = {address}:{port}\nlisteners.ssl.default = {address}:{tls_port}\n\
                     ssl_options.cacertfile = {ca}\nssl_options.certfile = {cert}\nssl_options.keyfile = {key}\n\
                     ssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = {}\n\
                     ssl_cert_login_from = common_name\nauth_mechanisms.1 = PLAIN\nauth_mechanisms.2 = EXTERNAL\n\
                     load_definitions = {base}/definitions.json\nlog.file = false\nlog.console = true\n\
                     log.console.level = info\ndisk_free_limit.absolute = 1MB\n",
                    options.strict
                ),
            );
            folder.write("plugins", "[rabbitmq_auth_mechanism_ssl].");
            let script = folder.write("keep.sh", script(&folder));
            let mut command = Command::new("sh");
            command.arg(script);
            if let Some(namespace) = options.inside {
                command = namespace.within(&command);
            }
            command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut broker = Self {
                port,
                tls_port,
                ca: root.pem.clone(),
                client: client.clone(),
                stranger: stranger.clone(),
                folder,
                keeper: command.spawn().expect("the server starts"),
            };
            let mut ended = false;
            until_within("RabbitMQ is ready", 180, || {
                ended = broker.keeper.try_wait().expect("its state").is_some();
                ended || broker.log().contains("Server startup complete")
            });
            if !ended {
                return broker;
            }
            assert!(broker.log().contains("eaddrinuse"), "RabbitMQ ended: {}", broker.log());
        }
        panic!("no port stayed free");
    }

    /// A URL with this before the `@` and this path: `url("app:sesame", "/shop")`.
    pub(crate) fn url(&self, login: &str, path: &str) -> String {
        format!("amqp://{login}@127.0.0.1:{}{path}", self.port)
    }

    /// All that it logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // Its standard input closes.
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

/// Runs the broker and its port mapper, and ends both, and the folder, when its standard input closes or the broker ends.
fn script(folder: &Folder) -> String {
    let base = folder.path().display();
    let server = std::path::Path::new("/usr/lib/rabbitmq/bin/rabbitmq-server");
    assert!(server.exists(), "RabbitMQ is not installed; install it: apt-get install -y rabbitmq-server");
    let (epmd, epmd_port, node_port) = (need("epmd", "erlang-base").display().to_string(), free_port(), free_port());
    format!(
        "unset $(env | sed -n 's/^\\(RABBITMQ_[A-Z_]*\\)=.*/\\1/p')\n\
         export HOME={base} PATH=/usr/sbin:/usr/bin:/sbin:/bin ERL_EPMD_PORT={epmd_port}\n\
         export RABBITMQ_NODENAME=test-{node_port}@localhost RABBITMQ_DIST_PORT={node_port}\n\
         export RABBITMQ_MNESIA_BASE={base}/mnesia RABBITMQ_LOG_BASE={base}/logs RABBITMQ_PID_FILE={base}/pid\n\
         export RABBITMQ_CONFIG_FILE={base}/rabbitmq.conf RABBITMQ_ENABLED_PLUGINS_FILE={base}/plugins\n\
         export RABBITMQ_CONF_ENV_FILE=/dev/null\n\
         export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 1:1 +SDcpu 1:1 +SDio 1 +sbwt none'\n\
         {epmd} -port {epmd_port} -address 127.0.0.1 &\n\
         {{ {server} >{base}/log 2>&1; kill -KILL 0; }} &\n\
         cat >/dev/null\n\
         rm -rf {base}\n\
         kill -KILL 0\n",
        server = server.display(),
    )
}

const DEFINITIONS: &str = r#"{
  "users": [
    {"name": "app", "password": "sesame", "tags": ""},
    {"name": "guest", "password": "guest", "tags": "administrator"},
    {"name": "limited", "password": "sesame", "tags": "", "limits": {"max-connections": 0}},
    {"name": "observed", "password": "sesame", "tags": ""},
    {"name": "client.lab", "password_hash": "", "tags": ""}
  ],
  "vhosts": [{"name": "/"}, {"name": "shop"}, {"name": "/shop"}, {"name": "closed"}, {"name": "full"}, {"name": "quiet"}],
  "permissions": [
    {"user": "app", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "app", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "app", "vhost": "/shop", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "app", "vhost": "full", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "guest", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "limited", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "observed", "vhost": "quiet", "configure": ".*", "write": ".*", "read": ".*"},
    {"user": "client.lab", "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}
  ],
  "parameters": [{"vhost": "full", "component": "vhost-limits", "name": "limits", "value": {"max-connections": 0}}],
  "queues": [{"name": "jobs", "vhost": "/", "durable": true, "auto_delete": false, "arguments": {}}]
}"#;
