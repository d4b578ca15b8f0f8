"""The programs that `bench/compare` measures. Each starts on loopback and runs the same checks at the same rate."""

import http.client
import os
import pathlib
import shutil
import time

import world as bench

RATE = 20
ROOT = pathlib.Path(__file__).resolve().parent
TOOLS = pathlib.Path(os.environ.get("PILOTFISH_TOOLS", pathlib.Path.home() / ".cache" / "pilotfish-tools"))
# Like bench/install-peers.
PEERS = {"blackbox": ("blackbox_exporter", "0.28.0"), "gatus": ("gatus", "5.36.0"), "cloudprober": ("cloudprober", "0.14.4")}
NAME = "db.bench.lab"


def count(port, names, among=""):
    """The sum of these counters in /metrics."""
    lines = (bench.get(f"http://127.0.0.1:{port}/metrics") or "").splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(names) and among in line)


class Subject:
    """A program, and what one run of it needs."""

    name, path, health, version = "", "", "", ""
    # The kinds that it can check.
    kinds = ("tcp", "http", "https", "dns")
    environment = {}

    def command(self, world, kind, port, rate=RATE):
        """Writes the configuration; returns the command."""
        raise NotImplementedError

    def start(self, world, kind, rate=RATE):
        self.port = bench.free_port()
        self.process = world.start(*self.command(world, kind, self.port, rate), env={**os.environ, **self.environment})
        if self.health:
            bench.until(f"{self.name} answers", lambda: bench.get(f"http://127.0.0.1:{self.port}{self.health}") is not None)
        self.kind = kind
        return self

    def stop(self, world):
        world.stop(self.process)

    def runs(self):
        """How many checks have run. None: as many as `work` returns."""
        return None

    def work(self, seconds):
        """Lets it run its checks for that long."""
        time.sleep(seconds)
        return seconds * RATE

    def fails(self):
        """Whether a check is down."""
        raise NotImplementedError


class Pilotfish(Subject):
    name, health = "pilotfish", "/livez"
    kinds = ("tcp", "http", "https", "dns", "postgres")

    def __init__(self):
        self.path = bench.pilotfish()

    def check(self, world, kind):
        return {
            "tcp": lambda: f'tcp: {{address: "127.0.0.1:{world.http}"}}',
            "http": lambda: f'http: {{url: "http://127.0.0.1:{world.http}/"}}',
            "https": lambda: f'http: {{url: "https://127.0.0.1:{world.https}/", tls: {{ca: "{world.ca}"}}}}',
            "dns": lambda: f'dns: {{name: "{NAME}.", type: A, server: "127.0.0.1:{world.dns}"}}',
            "postgres": lambda: f'postgres: {{url: "{world.login()}"}}',
            "victim": lambda: f'tcp: {{address: "127.0.0.1:{world.victim}"}}',
        }[kind]()

    def command(self, world, kind, port, rate=RATE):
        threshold = getattr(self, "threshold", 3)
        gates = "[ready]" if kind == "victim" else "[]"
        lines = "".join(f"  - {{name: c{number}, gates: {gates}, {self.check(world, kind)}}}\n" for number in range(rate))
        config = world.write("pilotfish.yaml", f'listen: "127.0.0.1:{port}"\n'
                             f"defaults: {{interval: 1s, failure_threshold: {threshold}}}\nchecks:\n{lines}")
        return [self.path, "serve", "-c", config]

    def runs(self):
        return count(self.port, "pilotfish_check_runs_total")

    def fails(self):
        return bench.get(f"http://127.0.0.1:{self.port}/readyz") is None


class Blackbox(Subject):
    """blackbox_exporter, or any program with its interface. It checks on request, so `work` asks over one connection."""

    health = "/-/healthy"

    def __init__(self, name, path):
        self.name, self.path = name, path

    def command(self, world, kind, port, rate=RATE):
        config = world.write(f"{self.name}.yaml", f"""
modules:
  tcp: {{prober: tcp, tcp: {{preferred_ip_protocol: ip4}}}}
  victim: {{prober: tcp, tcp: {{preferred_ip_protocol: ip4}}}}
  http: {{prober: http, http: {{preferred_ip_protocol: ip4}}}}
  https: {{prober: http, http: {{preferred_ip_protocol: ip4, tls_config: {{ca_file: "{world.ca}"}}}}}}
  dns: {{prober: dns, dns: {{query_name: "{NAME}", query_type: A, preferred_ip_protocol: ip4}}}}
""")
        self.target = {"tcp": f"127.0.0.1:{world.http}", "http": f"http://127.0.0.1:{world.http}/", "victim": f"127.0.0.1:{world.victim}",
                       "https": f"https://127.0.0.1:{world.https}/", "dns": f"127.0.0.1:{world.dns}"}[kind]
        return [self.path, f"--config.file={config}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]

    def ask(self, connection):
        connection.request("GET", f"/probe?module={self.kind}&target={self.target}")
        return connection.getresponse().read().decode()

    def work(self, seconds):
        done, began, connection = 0, time.monotonic(), http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        while time.monotonic() - began < seconds:
            answer = self.ask(connection)
            if "probe_success 1" not in answer:
                raise SystemExit(f"{self.name} does not pass {self.target}:\n{answer}")
            done += 1
            time.sleep(max(0, began + done / RATE - time.monotonic()))
        return done

    def fails(self):
        # Once a second, like the other programs.
        if time.monotonic() < getattr(self, "next", 0):
            return False
        self.next = time.monotonic() + 1
        return "probe_success 0" in self.ask(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10))


class Gatus(Subject):
    name, health = "gatus", "/health"

    def __init__(self, name, path):
        self.name, self.path = name, path

    def command(self, world, kind, port, rate=RATE):
        self.environment = {"GATUS_CONFIG_PATH": str(world.folder / "gatus.yaml"), "SSL_CERT_FILE": world.ca, "GATUS_LOG_LEVEL": "ERROR"}
        keys = {
            "tcp": f'url: "tcp://127.0.0.1:{world.http}", conditions: ["[CONNECTED] == true"]',
            "victim": f'url: "tcp://127.0.0.1:{world.victim}", conditions: ["[CONNECTED] == true"]',
            "http": f'url: "http://127.0.0.1:{world.http}/", conditions: ["[STATUS] == 200"]',
            "https": f'url: "https://127.0.0.1:{world.https}/", conditions: ["[STATUS] == 200"]',
            "dns": f'url: "127.0.0.1:{world.dns}", dns: {{query-name: "{NAME}", query-type: A}}, conditions: ["[DNS_RCODE] == NOERROR"]',
        }[kind]
        lines = "".join(f"  - {{name: c{number}, interval: 1s, {keys}}}\n" for number in range(rate))
        world.write("gatus.yaml", f"metrics: true\nweb: {{address: 127.0.0.1, port: {port}}}\nconcurrency: 0\nendpoints:\n{lines}")
        return [self.path]

    def runs(self):
        return count(self.port, "gatus_results_total{")

    def fails(self):
        return count(self.port, "gatus_results_total{", 'success="false"') > 0


class Cloudprober(Subject):
    name, health = "cloudprober", "/status"

    def __init__(self, name, path):
        self.name, self.path = name, path

    def command(self, world, kind, port, rate=RATE):
        local = 'targets { host_names: "127.0.0.1" }'
        keys = {
            "tcp": f"type: TCP {local} tcp_probe {{ port: {world.http} }}",
            "victim": f"type: TCP {local} tcp_probe {{ port: {world.victim} }}",
            "http": f"type: HTTP {local} http_probe {{ port: {world.http} }}",
            "https": f'type: HTTP {local} http_probe {{ protocol: HTTPS port: {world.https} tls_config {{ ca_cert_file: "{world.ca}" }} }}',
            "dns": f'type: DNS targets {{ host_names: "127.0.0.1:{world.dns}" }} dns_probe {{ resolved_domain: "{NAME}" query_type: A }}',
        }[kind]
        probes = "".join(f'probe {{ name: "p{number}" interval_msec: 1000 timeout_msec: 900 {keys} }}\n' for number in range(rate))
        config = world.write("cloudprober.cfg", f'host: "127.0.0.1"\nport: {port}\ndisable_jitter: false\n{probes}')
        return [self.path, f"--config_file={config}"]

    def runs(self):
        # The counters reach /metrics about once in ten seconds: the rate is that of the configuration.
        return None

    def fails(self):
        return count(self.port, "total{") > count(self.port, "success{")


class Floor(Subject):
    """The bare system calls of a probe."""

    name, kinds = "floor", ("tcp", "http")

    def __init__(self, world):
        self.path = str(world.folder / "floor")
        bench.run(bench.need("cc", "gcc"), "-O2", "-o", self.path, str(ROOT / "floor" / "floor.c"))

    def command(self, world, kind, port, rate=RATE):
        return [self.path, kind, str(world.http), str(rate)]


def subjects(world):
    """pilotfish first, then every peer that is installed. Names those that are not."""
    found, absent = [Pilotfish()], []
    makers = {"blackbox": Blackbox, "gatus": Gatus, "cloudprober": Cloudprober}
    for kind, (program, version) in PEERS.items():
        path = TOOLS / f"{program}-{version}" / program
        if path.exists():
            found.append(makers[kind](f"{kind} {version}", str(path)))
        else:
            absent.append(f"{kind} {version}")
    debian = shutil.which("prometheus-blackbox-exporter")
    if debian:
        said = bench.run(debian, "--version", merge=True).split("version ")[1].split(",")[0].split()[0]
        found.append(Blackbox(f"blackbox {said}", debian))
    if os.environ.get("PEER"):
        path = os.path.abspath(os.environ["PEER"])
        found.append(Blackbox(pathlib.Path(path).name, bench.need(path, "the program of PEER")))
    found.append(Floor(world))
    return found, absent
