import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../api-error.ts'
import {
  computeErrorFormat,
  identityErrorFormat,
  imageErrorFormat,
  networkErrorFormat,
} from './error-formats.ts'

test('identity: code, message and title under error', () => {
  assert.deepEqual(identityErrorFormat(new ApiError({ status: 409, message: 'Taken.' })), {
    error: { code: 409, message: 'Taken.', title: 'Conflict' },
  })
})

const faults: [number, string][] = [
  [400, 'badRequest'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'itemNotFound'],
  [405, 'badMethod'],
  [406, 'computeFault'],
  [409, 'conflictingRequest'],
  [413, 'overLimit'],
  [415, 'badMediaType'],
  [429, 'overLimit'],
  [500, 'computeFault'],
  [501, 'notImplemented'],
  [503, 'serviceUnavailable'],
]
for (const [status, name] of faults) {
  test(`compute: ${status} is ${name}`, () => {
    assert.deepEqual(computeErrorFormat(new ApiError({ status, message: 'm' })), {
      [name]: { code: status, message: 'm' },
    })
  })
}

test('image: code holds the status line', () => {
  assert.deepEqual(imageErrorFormat(new ApiError({ status: 404, message: 'No image.' })), {
    message: 'No image.',
    code: '404 Not Found',
    title: 'Not Found',
  })
})

test('network: an error is of the exception it names, or of the one for its status', () => {
  const type = (status: number, code?: string) =>
    networkErrorFormat(new ApiError({ status, message: 'm', ...(code === undefined ? {} : { code }) }))
  const named = (name: string) => ({ NeutronError: { type: name, message: 'm', detail: '' } })
  assert.deepEqual(type(404, 'NetworkNotFound'), named('NetworkNotFound'))
  assert.deepEqual(type(403, 'policy_denied'), named('PolicyNotAuthorized'))
  assert.deepEqual(type(400), named('HTTPBadRequest'))
  assert.deepEqual(type(502), named('HTTPInternalServerError'))
})

test("an error's code and title come from its status unless it names its own", () => {
  const plain = new ApiError({ status: 410, message: 'm' })
  assert.deepEqual([plain.code, plain.title], ['gone', 'Gone'])
  const own = new ApiError({ status: 409, code: 'image_in_use', title: 'In use', message: 'm', cause: plain })
  assert.deepEqual([own.code, own.title, own.cause], ['image_in_use', 'In use', plain])
})
