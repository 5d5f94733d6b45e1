import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BodyFailure,
  ConnectFailure,
  ConnectTimeout,
  DiscoveryFailure,
  Forbidden,
  httpError,
  HttpError,
  isRetriable,
  ServiceUnavailable,
  SSLError,
  Unauthorized,
} from './errors.ts'

const answer = (status: number) =>
  httpError({ status, method: 'GET', url: 'http://x', message: 'm', retryAfter: 0, headers: {}, body: '' })

test('A status has its class, an unknown one the common one', () => {
  assert.ok(answer(401) instanceof Unauthorized)
  assert.ok(answer(403) instanceof Forbidden)
  assert.ok(answer(503) instanceof ServiceUnavailable)
  assert.equal(answer(418).constructor, HttpError)
  assert.equal(answer(418).code, 'http_418')
})

const retriable: [boolean, string, unknown][] = [
  [true, 'no connection', new ConnectFailure('x')],
  [true, 'no answer in time', new ConnectTimeout('x')],
  [true, 'discovery without a connection', new DiscoveryFailure('x', { cause: answer(503) })],
  [false, 'no discovery', new DiscoveryFailure('x', { cause: answer(404) })],
  [false, 'a certificate', new SSLError('x')],
  [false, 'its own body', new BodyFailure('x')],
  [false, 'something else', new Error('x')],
  ...[429, 502, 503, 504].map((status): [boolean, string, unknown] => [true, `${status}`, answer(status)]),
  ...[400, 401, 403, 404, 409, 410, 413].map((status): [boolean, string, unknown] => [
    false,
    `${status}`,
    answer(status),
  ]),
]
for (const [expected, what, error] of retriable) {
  test(`After ${what} the same work ${expected ? 'may succeed later' : 'fails again'}`, () => {
    assert.equal(isRetriable(error), expected)
  })
}
