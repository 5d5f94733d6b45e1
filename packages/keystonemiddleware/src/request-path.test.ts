import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readingsOf } from './request-path.ts'

// Checked with WebOb behind a WSGI server.
const vectors: [sent: string, ...readings: string[]][] = [
  ['/v2.1/servers/a~b?limit=1', '/v2.1/servers/a~b'],
  ["/c;d,e~f'()!*$&+=:@-._", "/c;d,e~f'()!*$&+=:@-._"],
  ['/image%73/1', '/images/1'],
  ['/a%20b', '/a%20b'],
  ['/a%3fb', '/a%3Fb'],
  ['/a%7e%2D', '/a~-'],
  ['/%c3%a9', '/%C3%A9'],
  ['/a%2573', '/a%2573'],
  ['/%zz/x', '/%25zz/x'],
  ['/%', '/%25'],
  ['/a|b"<>^`{}[]\\', '/a%7Cb%22%3C%3E%5E%60%7B%7D%5B%5D%5C'],
  ['/a%2Fb', '/a/b', '/a%2Fb'],
  ['/a%2f%2Fb%73', '/a//bs', '/a%2F%2Fbs'],
]

test('a path is read as behind WSGI, and an escaped slash in both ways', () => {
  for (const [sent, ...readings] of vectors) assert.deepEqual(readingsOf(sent), readings, sent)
})
