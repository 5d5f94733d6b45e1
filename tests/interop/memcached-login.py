"""python-binary-memcached, with which the original logs in to memcached: memcached-login.py SERVER USERNAME

The password and what to do come by standard input: {"password": ..., "set": KEY, "value": TEXT} or {"password": ..., "get": KEY}.
"""
import json
import sys

import bmemcached

server, username = sys.argv[1:]
request = json.load(sys.stdin)
client = bmemcached.Client((server,), username, request['password'])
if 'set' in request:
    answer = client.set(request['set'], request['value'].encode(), time=60)
else:
    value = client.get(request['get'])
    answer = value.decode() if isinstance(value, bytes) else value
print(json.dumps(answer))
