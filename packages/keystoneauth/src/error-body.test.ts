import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readErrorBody } from './error-body.ts'

const json = 'application/json'
const html = 'text/html; charset=UTF-8'
const glanceHtml = `<html>
 <head>
  <title>403 Forbidden</title>
 </head>
 <body>
  <h1>403 Forbidden</h1>
  You are not authorized to complete &quot;upload&quot; action.<br /><br />
 </body>
</html>`

const bodies: [from: string, type: string, body: string, message: string, details?: string][] = [
  [
    'Keystone',
    json,
    '{"error":{"code":404,"title":"Not Found","message":"Could not find token."}}',
    'Could not find token.',
  ],
  [
    'Nova',
    json,
    '{"itemNotFound":{"code":404,"message":"Instance x could not be found."}}',
    'Instance x could not be found.',
  ],
  ['Cinder', json, '{"badRequest":{"code":400,"message":"Invalid volume"}}', 'Invalid volume'],
  [
    'Neutron',
    json,
    '{"NeutronError":{"type":"PortInUse","message":"Port is bound.","detail":"by b"}}',
    'Port is bound.',
    'by b',
  ],
  ['Neutron of old', json, '{"NeutronError":"plain words"}', 'plain words'],
  [
    'Placement',
    json,
    '{"errors":[{"status":409,"title":"Conflict","detail":"generation"}]}',
    'Conflict',
    'generation',
  ],
  [
    'Glance',
    json,
    '{"message":"No image found<br /><br />\\n\\n\\n","code":"404 Not Found","title":"Not Found"}',
    'No image found',
  ],
  ['Glance in HTML', html, glanceHtml, 'You are not authorized to complete "upload" action.'],
  [
    'Glance in HTML that says it is nothing',
    '',
    glanceHtml,
    'You are not authorized to complete "upload" action.',
  ],
  [
    'WebOb in text',
    'text/plain',
    '410 Gone\n\nThis resource is no longer available.\n\n reason  ',
    'This resource is no longer available. reason',
  ],
  [
    'Werkzeug',
    html,
    '<!doctype html>\n<html lang=en>\n<title>405 Method Not Allowed</title>\n<h1>Method Not Allowed</h1>\n<p>The method is not allowed.</p>\n',
    'The method is not allowed.',
  ],
  ['JSON under the wrong type', 'text/plain', '{"error":{"message":"told"}}', 'told'],
  ['JSON with angle brackets', json, '{"error":{"message":"no <name> given"}}', 'no <name> given'],
  ['broken JSON', json, '{"error":', 'HTTP 500'],
  ['JSON of another kind', json, '{"a":1,"b":null}', 'HTTP 500'],
  ['nobody', '', '', 'HTTP 500'],
]
for (const [from, type, body, message, details] of bodies) {
  test(`The error body of ${from} is understood`, () => {
    assert.deepEqual(
      readErrorBody(body, type, 'HTTP 500'),
      details === undefined ? { message } : { message, details },
    )
  })
}

test('A page is cut to a message', () => {
  assert.equal(readErrorBody('x'.repeat(10_000), 'text/plain', '').message.length, 500)
})
