"""The databases and brokers of `bench/wait4x`, as the tests start them (tests/it/support): each on free ports of loopback."""

import os
import pathlib
import signal
import socket
import struct
import subprocess

import world as bench

TOOLS = pathlib.Path(os.environ.get("PILOTFISH_TOOLS", pathlib.Path.home() / ".cache" / "pilotfish-tools"))
PASSWORD = "bench-password"
# Like scripts/install-test-tools.
FERRETDB, KAFKA = "ferretdb-1.24.2/ferretdb", "kafka-4.1.1"
RABBITMQ = "/usr/lib/rabbitmq/bin/rabbitmq-server"
SLOW_START = 240


class Group(subprocess.Popen):
    """A program that starts others: all of them end with it."""

    def __init__(self, command, **options):
        super().__init__(command, start_new_session=True, stdin=subprocess.DEVNULL, **options)

    def terminate(self):
        os.killpg(self.pid, signal.SIGKILL)


def tool(path):
    found = TOOLS / path
    if not found.exists():
        raise SystemExit(f"{found} is not there; install it: scripts/install-test-tools")
    return found


def start(world, name, command, ready, env=None):
    """Starts a server and waits until its log says that it is ready."""
    log = world.folder / f"{name}.log"
    with log.open("w") as output:
        process = Group([str(word) for word in command], stdout=output, stderr=subprocess.STDOUT, env=env, cwd=world.folder)
    world.running.append(process)

    def holds():
        if process.poll() is not None:
            raise SystemExit(f"{name} ended:\n{log.read_text()[-2000:]}")
        return ready in log.read_text(errors="replace")

    bench.until(f"{name} is ready", holds, SLOW_START)


def mysql(world):
    """MariaDB with the database `app`. Returns its port."""
    port, data = bench.free_port(), world.folder / "mysql"
    small = ["--innodb-buffer-pool-size=8M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"]
    install = bench.need("mariadb-install-db", "mariadb-server-core")
    bench.run(install, "--no-defaults", "--user=root", "--auth-root-authentication-method=normal", "--skip-test-db", *small, f"--datadir={data}")
    init = world.write("init.sql", f"CREATE DATABASE app;\nCREATE USER app@'%' IDENTIFIED BY '{PASSWORD}';\nGRANT ALL ON app.* TO app@'%';\n")
    start(world, "mariadb", [
        bench.need("mariadbd", "mariadb-server-core"), "--no-defaults", "--user=root", "--skip-log-bin", "--skip-name-resolve",
        "--bind-address=127.0.0.1", f"--port={port}", f"--datadir={data}", f"--init-file={init}", f"--socket={data}/socket",
        f"--pid-file={data}/pid", *small], "ready for connections")
    return port


def mongodb(world):
    """FerretDB, which speaks the protocol of MongoDB. Returns its port."""
    port, data = bench.free_port(), world.folder / "ferretdb"
    data.mkdir()
    start(world, "ferretdb", [
        tool(FERRETDB), "--handler=sqlite", "--state-dir=-", "--debug-addr=-", "--telemetry=disable", "--log-level=info",
        f"--sqlite-url=file:{data}/", "--test-enable-new-auth", "--setup-username=app", "--setup-database=admin",
        f"--setup-password={PASSWORD}", f"--listen-addr=127.0.0.1:{port}"], "Listening on ")
    return port


def rabbitmq(world):
    """RabbitMQ with the virtual host `shop`. Returns its port."""
    if not pathlib.Path(RABBITMQ).exists():
        raise SystemExit("RabbitMQ is not installed; install it: apt-get install -y rabbitmq-server")
    port, node, mapper, base = bench.free_port(), bench.free_port(), bench.free_port(), world.folder / "rabbitmq"
    base.mkdir()
    world.write("rabbitmq/definitions.json", f"""{{"users": [{{"name": "app", "password": "{PASSWORD}", "tags": ""}}],
        "vhosts": [{{"name": "shop"}}],
        "permissions": [{{"user": "app", "vhost": "shop", "configure": ".*", "write": ".*", "read": ".*"}}]}}""")
    config = world.write("rabbitmq/rabbitmq.conf", f"listeners.tcp.default = 127.0.0.1:{port}\nload_definitions = {base}/definitions.json\n"
                         "log.file = false\nlog.console = true\nlog.console.level = info\ndisk_free_limit.absolute = 1MB\n")
    plugins = world.write("rabbitmq/plugins", "[].")
    env = {
        "HOME": str(base), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ERL_EPMD_PORT": str(mapper), "RABBITMQ_DIST_PORT": str(node),
        "RABBITMQ_NODENAME": f"bench-{node}@localhost", "RABBITMQ_MNESIA_BASE": f"{base}/mnesia", "RABBITMQ_LOG_BASE": f"{base}/logs",
        "RABBITMQ_PID_FILE": f"{base}/pid", "RABBITMQ_CONFIG_FILE": config, "RABBITMQ_ENABLED_PLUGINS_FILE": plugins,
        "RABBITMQ_CONF_ENV_FILE": "/dev/null", "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +SDcpu 1:1 +SDio 1 +sbwt none",
    }
    epmd = bench.need("epmd", "erlang-base")
    script = f"{epmd} -port {mapper} -address 127.0.0.1 & {RABBITMQ}"
    start(world, "rabbitmq", ["/bin/sh", "-c", script], "Server startup complete", env)
    return port


def kafka(world):
    """One Kafka broker with the topic `orders`. Returns the port of a listener with a login (SCRAM-SHA-512), and that of one that
    announces an address on which nothing listens."""
    plain, sasl, lost, controller, dead = (bench.free_port() for _ in range(5))
    at = world.folder
    listeners = [("PLAIN", "PLAINTEXT", plain, plain), ("SASL", "SASL_PLAINTEXT", sasl, sasl), ("LOST", "SASL_PLAINTEXT", lost, dead)]
    login = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
    settings = world.write("server.properties", "\n".join([
        "process.roles=broker,controller", "node.id=1", f"controller.quorum.voters=1@127.0.0.1:{controller}",
        "listeners=" + ",".join(f"{name}://127.0.0.1:{port}" for name, _, port, _ in listeners) + f",CONTROLLER://127.0.0.1:{controller}",
        "advertised.listeners=" + ",".join(f"{name}://127.0.0.1:{announced}" for name, _, _, announced in listeners),
        "listener.security.protocol.map=" + ",".join(f"{name}:{protocol}" for name, protocol, _, _ in listeners) + ",CONTROLLER:PLAINTEXT",
        "controller.listener.names=CONTROLLER", "inter.broker.listener.name=PLAIN", "sasl.enabled.mechanisms=SCRAM-SHA-512",
        f"listener.name.sasl.scram-sha-512.sasl.jaas.config={login}", f"listener.name.lost.scram-sha-512.sasl.jaas.config={login}",
        f"log.dirs={at}/kafka", "offsets.topic.replication.factor=1", "auto.create.topics.enable=true", "log.cleaner.enable=false", ""]))
    world.write("log4j2.properties", "rootLogger.level=INFO\nrootLogger.appenderRef.c.ref=C\nappender.c.type=Console\nappender.c.name=C\n"
                "appender.c.layout.type=PatternLayout\nappender.c.layout.pattern=%p %c{1}: %m%n\n")
    java = [bench.need("java", "openjdk-17-jdk-headless"), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={at}/log4j2.properties", "-cp", f"{tool(KAFKA)}/*"]
    bench.run(*java, "kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAA", "-c", settings,
              "--add-scram", f"SCRAM-SHA-512=[name=app,password={PASSWORD}]")
    start(world, "kafka", [*java, "kafka.Kafka", settings], "Kafka Server started")
    bench.until("the topic has a leader", lambda: _topic(plain, b"orders") == 0, SLOW_START)
    return sasl, lost


def _topic(port, name):
    """The number of the error with which a broker describes a topic. The question creates it."""
    text = lambda text: struct.pack(">h", len(text)) + text
    body = struct.pack(">hhi", 3, 4, 1) + text(b"bench") + struct.pack(">i", 1) + text(name) + b"\1"
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(struct.pack(">i", len(body)) + body)
        stream = client.makefile("rb")
        answer = stream.read(struct.unpack(">i", stream.read(4))[0])
    at = answer.rindex(text(name))
    return struct.unpack(">h", answer[at - 2:at])[0]
