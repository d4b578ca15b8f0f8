"""A server with the health service of gRPC in Python: `server.py FOLDER [CERT KEY]`. Its port is in FOLDER/port."""

import os
import sys
from concurrent import futures

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
state = health.HealthServicer()
state.set("", health_pb2.HealthCheckResponse.SERVING)
state.set("shop", health_pb2.HealthCheckResponse.SERVING)
state.set("down", health_pb2.HealthCheckResponse.NOT_SERVING)
health_pb2_grpc.add_HealthServicer_to_server(state, server)
folder = sys.argv[1]
if len(sys.argv) > 2:
    cert, key = (open(path, "rb").read() for path in sys.argv[2:4])
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, cert)]))
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
with open(os.path.join(folder, "port.new"), "w") as file:
    file.write(str(port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.wait_for_termination()
