"""Django with ALLOWED_HOSTS; FOLDER gets the port, DEBUG is 1 for the page for developers."""

import os
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(
    DEBUG=os.environ["DEBUG"] == "1",
    SECRET_KEY="x" * 50,
    ALLOWED_HOSTS=["shop.example.com"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    LOGGING_CONFIG=None,
)
django.setup()
urlpatterns = [path("health", lambda _: HttpResponse("ok"))]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
with open(os.environ["FOLDER"] + "/port", "w") as file:
    file.write(str(server.server_address[1]))
server.serve_forever()
