"""The todo list over HTTP, stored in PostgreSQL. It needs only Python: it implements the few PostgreSQL messages it uses."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import secrets
import signal
import socket
import struct
import threading

TABLE = "CREATE TABLE IF NOT EXISTS todos (what text PRIMARY KEY); INSERT INTO todos VALUES ('feed the fish') ON CONFLICT DO NOTHING"


class Database:
    """One connection: logs in with SCRAM-SHA-256, then runs queries."""

    def __init__(self):
        place = (os.environ["PGHOST"], int(os.environ.get("PGPORT", "5432")))
        self.stream = socket.create_connection(place, timeout=5).makefile("rwb")
        settings = {"user": os.environ["PGUSER"], "database": os.environ["PGDATABASE"]}
        words = "".join(f"{key}\0{value}\0" for key, value in settings.items()).encode() + b"\0"
        self.stream.write(struct.pack("!II", 8 + len(words), 196608) + words)
        self.until_ready()

    def send(self, kind, body):
        self.stream.write(kind + struct.pack("!I", 4 + len(body)) + body)

    def receive(self):
        self.stream.flush()
        kind, length = struct.unpack("!cI", self.stream.read(5))
        return kind, self.stream.read(length - 4)

    def until_ready(self):
        """Answers the server until it waits for the next query. Returns the rows that it sends."""
        rows, error = [], None
        while True:
            kind, body = self.receive()
            if kind == b"R":
                self.authenticate(struct.unpack("!I", body[:4])[0], body[4:])
            elif kind == b"D":
                (length,) = struct.unpack("!i", body[2:6])
                rows.append(body[6 : 6 + length].decode())
            elif kind == b"E":
                fields = dict((field[:1], field[1:]) for field in body.split(b"\0") if field)
                error = RuntimeError(fields[b"M"].decode())
                if fields[b"V"] == b"FATAL":
                    raise error
            elif kind == b"Z":
                if error:
                    raise error
                return rows

    def authenticate(self, step, data):
        if step == 10:
            self.first = "n=,r=" + secrets.token_urlsafe(18)
            opening = ("n,," + self.first).encode()
            self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(opening)) + opening)
        elif step == 11:
            asked = dict(part.split("=", 1) for part in data.decode().split(","))
            password, salt = os.environ["PGPASSWORD"].encode(), base64.b64decode(asked["s"])
            salted = hashlib.pbkdf2_hmac("sha256", password, salt, int(asked["i"]))
            key = hmac.digest(salted, b"Client Key", "sha256")
            last = "c=biws,r=" + asked["r"]
            signed = ",".join([self.first, data.decode(), last]).encode()
            signature = hmac.digest(hashlib.sha256(key).digest(), signed, "sha256")
            proof = bytes(left ^ right for left, right in zip(key, signature))
            self.send(b"p", f"{last},p={base64.b64encode(proof).decode()}".encode())
        elif step not in (0, 12):
            raise RuntimeError("the server requires another login method")

    def query(self, text):
        self.send(b"Q", text.encode() + b"\0")
        return self.until_ready()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/live":
            return self.answer(200, "ok")
        try:
            database = Database()
            database.query(TABLE)
            todos = database.query("SELECT what FROM todos ORDER BY what")
            database.stream.close()
        except (OSError, RuntimeError, struct.error) as error:
            self.log_message("the database: %s", error)
            return self.answer(503, {"status": "unhealthy", "database": "disconnected"})
        if self.path == "/health":
            return self.answer(200, {"status": "healthy", "database": "connected"})
        if self.path == "/todos":
            return self.answer(200, todos)
        return self.answer(404, "there is no such path")

    def answer(self, status, what):
        body = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    # Both families if the node has both.
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET

    def server_bind(self):
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


server = Server(("", int(os.environ.get("PORT", "8000"))), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
