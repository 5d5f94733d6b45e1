import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { SecretSearch } from './needles.ts'

const token = randomBytes(120).toString('base64url')
const search = new SecretSearch([{ name: 'token', text: token }])
// Without a chance that what is beside a piece makes it longer.
const noise = Buffer.alloc(5000)
const hidden = (piece: string | Buffer, at: number) =>
  Buffer.concat([noise.subarray(0, at), Buffer.from(piece), noise.subarray(at)])

const forms: [string, (piece: string) => string | Buffer][] = [
  ['as text', (piece) => piece],
  ['in base64', (piece) => Buffer.from(`x${piece}`).toString('base64')],
  ['in base64url', (piece) => Buffer.from(`xy${piece}`).toString('base64url')],
  ['in hex', (piece) => Buffer.from(piece).toString('hex')],
  ['in upper case hex', (piece) => Buffer.from(piece).toString('hex').toUpperCase()],
  ['decoded', (piece) => Buffer.from(piece, 'base64url')],
  ['decoded, in hex', (piece) => Buffer.from(piece, 'base64url').toString('hex')],
]
for (const [how, form] of forms) {
  test(`The whole secret is found ${how}, wherever it begins`, () => {
    for (let at = 1000; at < 1030; at++) assert.equal(search.in(hidden(form(token), at)).length, 1)
  })
}

test('Any piece of 24 characters is found, one of 23 is not', () => {
  for (let from = 0; from + 24 <= token.length; from++) {
    const piece = token.slice(from, from + 24)
    assert.deepEqual(search.in(hidden(piece, 777 + from)), [{ name: 'token', offset: 777 + from }])
  }
  assert.deepEqual(search.in(hidden(token.slice(5, 28), 777)), [])
})

test('Nothing is found in noise', () => {
  assert.deepEqual(search.in(randomBytes(2 ** 20)), [])
})
