"""An application behind keystonemiddleware's auth_token: auth-token-app.py PORT CONFIG_FILE

It answers with what it saw. The path says in which options one request differs from the file:
/REGION_NAME/SERVICE_TOKEN_ROLES_REQUIRED/DELAY_AUTH_DECISION
or, with any path, the header X-Options does, by a JSON object of texts.
"""
import functools
import json
import sys
import traceback
from wsgiref.simple_server import WSGIRequestHandler, make_server

from keystonemiddleware import auth_token

port, config_file = sys.argv[1:]


def application(environ, start_response):
    # auth_token leaves None where a token has no such value; over HTTP that is no header.
    saw = {
        name.removeprefix('HTTP_').replace('_', '-').lower(): value
        for name, value in environ.items()
        if name.startswith('HTTP_') and value is not None
    }
    start_response('200 OK', [('Content-Type', 'application/json')])
    return [] if environ['REQUEST_METHOD'] == 'HEAD' else [json.dumps({'saw': saw}).encode()]


@functools.cache
def behind_auth_token(options):
    return auth_token.AuthProtocol(application, {
        'oslo_config_project': 'auth-token-app',
        'oslo_config_file': config_file,
        **json.loads(options),
    })


def by_options(environ, start_response):
    options = environ.get('HTTP_X_OPTIONS')
    if options is None:
        path = environ['PATH_INFO'].strip('/').split('/')
        if len(path) != 3:
            start_response('404 Not Found', [('Content-Type', 'text/plain')])
            return [b'']
        names = ('region_name', 'service_token_roles_required', 'delay_auth_decision')
        options = json.dumps(dict(zip(names, path)))
    try:
        return behind_auth_token(options)(environ, start_response)
    except Exception as error:
        # What leaves auth_token; the server would send a body for HEAD too.
        traceback.print_exception(error)
        start_response('500 Internal Server Error', [('Content-Type', 'text/plain')])
        return []


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server('127.0.0.1', int(port), by_options, handler_class=Quiet).serve_forever()
