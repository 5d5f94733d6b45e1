"""An application behind keystonemiddleware's auth_token: auth-token-app.py PORT CONFIG_FILE

It answers with what it saw. The path says in which options one request differs from the file:
/REGION_NAME/SERVICE_TOKEN_ROLES_REQUIRED/DELAY_AUTH_DECISION
"""
import functools
import json
import sys
from wsgiref.simple_server import make_server

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
    return [json.dumps({'saw': saw}).encode()]


@functools.cache
def behind_auth_token(region_name, roles_required, delay):
    return auth_token.AuthProtocol(application, {
        'oslo_config_project': 'auth-token-app',
        'oslo_config_file': config_file,
        'region_name': region_name,
        'service_token_roles_required': roles_required,
        'delay_auth_decision': delay,
    })


def by_path(environ, start_response):
    options = environ['PATH_INFO'].strip('/').split('/')
    if len(options) != 3:
        start_response('404 Not Found', [('Content-Type', 'text/plain')])
        return [b'']
    return behind_auth_token(*options)(environ, start_response)


make_server('127.0.0.1', int(port), by_path).serve_forever()
