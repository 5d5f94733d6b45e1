import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BodyFailure,
  ClientException,
  ConnectFailure,
  ConnectTimeout,
  DiscoveryFailure,
  HttpClientError,
  httpError,
  HttpError,
  HttpServerError,
  isRetriable,
  SSLError,
} from './errors.ts'

const answer = (status: number) =>
  httpError({ status, method: 'GET', url: 'http://x', message: 'm', retryAfter: 0, headers: {}, body: '' })

const classes: [number, string][] = [
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [402, 'PaymentRequired'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [405, 'MethodNotAllowed'],
  [406, 'NotAcceptable'],
  [407, 'ProxyAuthenticationRequired'],
  [408, 'RequestTimeout'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [411, 'LengthRequired'],
  [412, 'PreconditionFailed'],
  [413, 'RequestEntityTooLarge'],
  [414, 'RequestUriTooLong'],
  [415, 'UnsupportedMediaType'],
  [416, 'RequestedRangeNotSatisfiable'],
  [417, 'ExpectationFailed'],
  [418, 'HttpClientError'],
  [422, 'UnprocessableEntity'],
  [429, 'TooManyRequests'],
  [500, 'InternalServerError'],
  [501, 'HttpNotImplemented'],
  [502, 'BadGateway'],
  [503, 'ServiceUnavailable'],
  [504, 'GatewayTimeout'],
  [505, 'HttpVersionNotSupported'],
  [599, 'HttpServerError'],
]
for (const [status, name] of classes) {
  test(`${status} is ${name}, with a code that stays`, () => {
    const error = answer(status)
    assert.deepEqual([error.name, error.code, error.status], [name, `http_${status}`, status])
    assert.ok(error instanceof (status < 500 ? HttpClientError : HttpServerError))
    assert.ok(error instanceof HttpError && error instanceof ClientException)
  })
}

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
