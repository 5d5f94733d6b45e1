"""A WSGI application; once more with keystonemiddleware's auth_token in front when LONGHAUL_CONFIG_FILE has its section.

The server is as cheap as one in Python can be, and keeps connections: the more a server costs, the less a middleware seems to.
It serves one request after the other in one thread, like Node.js, and knows only requests without a body.
"""
import asyncio
import io
import json
import logging
import os
import sys

from keystonemiddleware import auth_token

with open(os.environ['LONGHAUL_BODY_FILE'], 'rb') as file:
    body = file.read()


def application(environ, start_response):
    start_response('200 OK', [('Content-Type', 'application/json'), ('Content-Length', str(len(body)))])
    return [body]


def guarded_by(config_file):
    # Without memcached_servers it keeps tokens in its process, and warns of that.
    logging.disable(logging.WARNING)
    return auth_token.AuthProtocol(application, {
        'oslo_config_project': 'wsgi-app',
        'oslo_config_file': config_file,
    })


def environ_of(head):
    first, *lines = head.decode('latin-1').split('\r\n')
    method, target, protocol = first.split(' ')
    path, _, query = target.partition('?')
    environ = {
        'REQUEST_METHOD': method,
        'SCRIPT_NAME': '',
        'PATH_INFO': path,
        'QUERY_STRING': query,
        'SERVER_NAME': '127.0.0.1',
        'SERVER_PORT': '80',
        'SERVER_PROTOCOL': protocol,
        'wsgi.version': (1, 0),
        'wsgi.url_scheme': 'http',
        'wsgi.input': io.BytesIO(),
        'wsgi.errors': sys.stderr,
        'wsgi.multithread': False,
        'wsgi.multiprocess': False,
        'wsgi.run_once': False,
    }
    for line in lines:
        name, _, value = line.partition(':')
        environ['HTTP_' + name.upper().replace('-', '_')] = value.strip()
    return environ


class Connection(asyncio.Protocol):
    def __init__(self, served):
        self.served = served

    def connection_made(self, transport):
        self.transport = transport
        self.received = b''

    def data_received(self, data):
        *heads, self.received = (self.received + data).split(b'\r\n\r\n')
        for head in heads:
            self.transport.write(answer(self.served, head))


def answer(served, head):
    started = []

    def start_response(status, headers, exc_info=None):
        started[:] = [f'HTTP/1.1 {status}', *(f'{name}: {value}' for name, value in headers)]

    chunks = b''.join(served(environ_of(head), start_response))
    return '\r\n'.join([*started, '', '']).encode('latin-1') + chunks


async def listen(served):
    server = await asyncio.get_running_loop().create_server(lambda: Connection(served), '127.0.0.1', 0)
    return server.sockets[0].getsockname()[1]


async def serve():
    config_file = os.environ.get('LONGHAUL_CONFIG_FILE')
    port = await listen(application)
    guarded = await listen(guarded_by(config_file)) if config_file else None
    print(json.dumps({'port': port, 'guarded': guarded}), flush=True)
    await asyncio.Event().wait()


asyncio.run(serve())
