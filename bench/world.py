"""Real servers on loopback for measurements, and what /proc reports about a process. Uses only the standard library."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent


def need(program, package):
    """The path of a program. If it is missing, exits with the command that installs it."""
    path = shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/usr/lib/postgresql/15/bin")
    if not path:
        raise SystemExit(f"{program} is not installed; install it: apt-get install -y {package}")
    return path


def pilotfish():
    """The release binary, or that of PILOTFISH_BINARY."""
    if os.environ.get("PILOTFISH_BINARY"):
        return os.path.abspath(os.environ["PILOTFISH_BINARY"])
    host = next(line.split()[1] for line in run("rustc", "-vV").splitlines() if line.startswith("host:"))
    path = ROOT / "target" / host / "release" / "pilotfish"
    if not path.exists():
        raise SystemExit("build pilotfish first: cargo build --release")
    return str(path)


def run(*command, merge=False, **options):
    """What a command prints; with `merge` also what it prints to stderr."""
    stderr = subprocess.STDOUT if merge else subprocess.PIPE
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=stderr, text=True, **options).stdout


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def until(what, holds, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return
        time.sleep(0.01)
    raise SystemExit(f"timed out after {seconds}s: {what}")


def listening(port):
    def holds():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    return holds


def get(url):
    """The body of the answer, or None if there is no answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return None


class Victim:
    """A TCP server that accepts and closes connections. It dies and returns on the same port."""

    def __init__(self):
        self.port, self.listener = free_port(), None

    def revive(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(256)
        threading.Thread(target=self._serve, args=(self.listener,), daemon=True).start()

    def die(self):
        listener, self.listener = self.listener, None
        # Wakes the thread that accepts.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()

    def _serve(self, listener):
        while True:
            try:
                listener.accept()[0].close()
            except OSError:
                return


class World:
    """nginx with HTTP and HTTPS; when asked for, a name server, PostgreSQL and Redis. All stop at the end of the block."""

    def __enter__(self):
        self.running = []
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pilotfish-bench-"))
        self.folder.chmod(0o755)
        self.http, self.https = free_port(), free_port()
        self._dns = self._database = None
        self._victim = Victim()
        self.ca = str(self.folder / "ca.pem")
        self._certificates()
        self._nginx()
        return self

    def __exit__(self, *_):
        for process in reversed(self.running):
            end(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *command, **options):
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **{**quiet, **options})
        self.running.append(process)
        return process

    def stop(self, process):
        end(process)
        self.running.remove(process)

    @property
    def victim(self):
        return self._victim.port

    def revive(self):
        self._victim.revive()

    def kill_victim(self):
        self._victim.die()

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def _certificates(self):
        self._authority("ca")
        # The same name, another key: no client trusts it.
        self._authority("stranger")
        self._leaf("ca")

    def _openssl(self, name, *more):
        at = str(self.folder / name)
        run(need("openssl", "openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-days", "30", "-keyout", f"{at}.key", "-out", f"{at}.pem", *more)

    def _authority(self, name):
        self._openssl(name, "-subj", "/CN=bench authority")

    def _leaf(self, authority):
        signer = self.folder / authority
        self._openssl("leaf", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
                      "-addext", "basicConstraints=critical,CA:FALSE", "-CA", f"{signer}.pem", "-CAkey", f"{signer}.key")

    def nginx_signal(self, number):
        """To the process that serves: the first one only watches over it."""
        for child in pathlib.Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split():
            os.kill(int(child), number)

    def rotate(self, authority="ca"):
        """A new certificate for HTTPS, of the trusted authority or of `stranger`."""
        self._leaf(authority)
        self.nginx.send_signal(signal.SIGHUP)

    def _nginx(self):
        at = self.folder
        config = self.write("nginx.conf", f"""
daemon off; worker_processes 1; pid {at}/nginx.pid; error_log {at}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {at}/1; proxy_temp_path {at}/2; fastcgi_temp_path {at}/3; uwsgi_temp_path {at}/4;
  scgi_temp_path {at}/5; default_type application/json;
  server {{ listen 127.0.0.1:{self.http}; location / {{ return 200 '{{"status":"ok"}}'; }}
    location /broken {{ return 503 '{{"status":"down"}}'; }} }}
  server {{ listen 127.0.0.1:{self.https} ssl; ssl_certificate {at}/leaf.pem; ssl_certificate_key {at}/leaf.key;
    ssl_session_cache off; ssl_session_tickets off; location / {{ return 200 '{{"status":"ok"}}'; }} }}
}}
""")
        self.nginx = self.start(need("nginx", "nginx-light"), "-c", config, "-e", str(at / "nginx.log"), "-p", str(at))
        until("nginx listens", listening(self.http))
        until("nginx listens", listening(self.https))

    @property
    def dns(self):
        """The port of a name server that knows `db.bench.lab`."""
        if not self._dns:
            self._dns = free_port()
            self.write("hosts", "10.0.0.1 db.bench.lab\n")
            self._dnsmasq = self.start(need("dnsmasq", "dnsmasq-base"), "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                                       f"--port={self._dns}", "--listen-address=127.0.0.1", "--bind-interfaces", "--pid-file=", "--local=/bench.lab/",
                                       "--user=root", f"--addn-hosts={self.folder}/hosts")
            until("dnsmasq listens", listening(self._dns))
        return self._dns

    def rename(self, address):
        """From now on, `db.bench.lab` has this address."""
        self.write("hosts", f"{address} db.bench.lab\n")
        self._dnsmasq.send_signal(signal.SIGHUP)

    def redis(self):
        """Starts a Redis with a password. Returns its URL and its process."""
        port = free_port()
        process = self.start(need("redis-server", "redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--save", "",
                             "--requirepass", "bench-password", "--dir", str(self.folder))
        until("Redis listens", listening(port))
        return f"redis://:bench-password@127.0.0.1:{port}/0", process

    def login(self):
        """The URL of a PostgreSQL that asks for SCRAM."""
        if not self._database:
            self._database = self.postgres()
        return f"postgres://app:bench-password@127.0.0.1:{self._database}/postgres"

    def postgres(self):
        """Starts a cluster with a SCRAM password. Returns its port."""
        port, data = free_port(), self.folder / "data"
        data.mkdir()
        password = self.write("password", "bench-password\n")
        become = []
        if os.getuid() == 0:
            shutil.chown(data, "postgres")
            become = [need("setpriv", "util-linux"), "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        initdb = need("initdb", "postgresql")
        run(*become, initdb, "-D", str(data), "-U", "app", "-A", "scram-sha-256", f"--pwfile={password}", "--no-sync")
        self.database = self.start(*become, need("postgres", "postgresql"), "-D", str(data), "-p", str(port), "-k", "", "-h", "127.0.0.1",
                   "-c", "fsync=off")
        until("PostgreSQL listens", listening(port))
        return port


def end(process):
    """Stops a process that we started; one that ignores SIGTERM for 10 s is killed."""
    process.terminate()
    # A process that is stopped does not end.
    process.send_signal(signal.SIGCONT)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def mixed(world, listen, interval):
    """The configuration of 20 checks of five kinds against the servers of the world."""
    kinds = [
        f'tcp: {{address: "127.0.0.1:{world.http}"}}',
        f'http: {{url: "http://127.0.0.1:{world.http}/"}}',
        f'http: {{url: "https://127.0.0.1:{world.https}/", tls: {{ca: "{world.ca}"}}}}',
        f'peer: {{url: "http://127.0.0.1:{world.http}/health"}}',
        f'postgres: {{url: "postgres://app:bench-password@127.0.0.1:{world.postgres()}/postgres"}}',
    ]
    checks = [f"  - {{name: c{number}, gates: [ready], {kinds[number % len(kinds)]}}}\n" for number in range(20)]
    return f'listen: "127.0.0.1:{listen}"\ndefaults: {{interval: {interval}}}\nchecks:\n{"".join(checks)}'


def memory(pid):
    """Resident memory in KiB."""
    return status(pid, "VmRSS")


def threads(pid):
    return status(pid, "Threads")


def status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1])
    raise SystemExit(f"/proc/{pid}/status has no {key}")


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def cpu_seconds(pid):
    """CPU time of all threads, from the nanoseconds of the scheduler."""
    tasks = pathlib.Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return f"{model}, {os.cpu_count()} cores, Linux {os.uname().release}"
