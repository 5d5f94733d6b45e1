import assert from 'node:assert/strict'
import { Session } from 'node:inspector/promises'
import { it } from 'node:test'
import type { TokenData } from '@longhaul/keystoneauth'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { createAuthToken } from './auth-token.ts'
import { InvalidToken } from './errors.ts'

/** Distinct tokens after those that fill the caches. */
const tokens = Number(process.env['LONGHAUL_TOKENS'] ?? 10_000)
const filling = 21_000
const tolerated = 8 * 2 ** 20

it(`memory is flat over ${tokens} distinct tokens, good and bad ones`, async () => {
  const answer = JSON.stringify(tokenData())
  const authToken = createAuthToken({
    wwwAuthenticateUri: 'http://keystone',
    async fetchToken(token) {
      if (token.startsWith('bad')) throw new InvalidToken()
      return JSON.parse(answer) as TokenData
    },
  })
  const inspector = new Session()
  inspector.connect()
  let sent = 0
  const send = async (count: number) => {
    for (const end = sent + count; sent < end; sent++) {
      const token = `${sent % 2 ? 'bad' : 'good'}-${sent}`
      await authToken.authenticate({ method: 'GET', path: '/', headers: { 'x-auth-token': token } })
    }
    await inspector.post('HeapProfiler.collectGarbage')
    return process.memoryUsage().heapUsed
  }
  const full = await send(filling)
  const grown = (await send(tokens)) - full
  inspector.disconnect()
  process.stderr.write(`memory: ${full} bytes, ${grown} more after ${tokens} tokens\n`)
  assert.ok(grown < tolerated, `${grown} bytes more`)
})
