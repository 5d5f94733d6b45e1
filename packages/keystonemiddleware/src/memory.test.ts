import assert from 'node:assert/strict'
import { Session } from 'node:inspector/promises'
import { it } from 'node:test'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { createAuthToken } from './auth-token.ts'
import { InvalidToken } from './errors.ts'
import { memoryTokenCache } from './token-cache.ts'

/** Distinct tokens after those that fill the caches; every fourth is good. */
const tokens = Number(process.env['LONGHAUL_TOKENS'] ?? 10_000)
const kept = 1000
const filling = 14_000
// A map makes room for more in one step, and other tests of the process leave work to its compilers, in one round or the
// other; what leaks does so in each.
const rounds = 4
/** Bytes by which a round may grow; among the usual tests 34 for each token of a round. */
const tolerated = 64 * 1024 + (8 * tokens) / rounds

/** The bytes in use when the caches are full, and by how many each round raises them. */
async function measure(): Promise<{ full: number; grown: number[] }> {
  const answer = tokenData()
  const authToken = createAuthToken({
    wwwAuthenticateUri: 'http://keystone',
    cache: memoryTokenCache({ maxEntries: kept }),
    async fetchToken(token) {
      if (token.startsWith('bad')) throw new InvalidToken()
      return { ...answer }
    },
  })
  const inspector = new Session()
  inspector.connect()
  let sent = 0
  const send = async (count: number) => {
    for (const end = sent + count; sent < end; sent++) {
      const token = `${sent % 4 ? 'bad' : 'good'}-${sent}`
      await authToken.authenticate({ method: 'GET', path: '/', headers: { 'x-auth-token': token } })
    }
    await inspector.post('HeapProfiler.collectGarbage')
    return process.memoryUsage().heapUsed
  }
  const full = await send(filling)
  const grown: number[] = []
  for (let before = full; grown.length < rounds;) {
    const after = await send(tokens / rounds)
    grown.push(after - before)
    before = after
  }
  inspector.disconnect()
  return { full, grown }
}

// The stack of each error that is kept would take the most time. Within a test its runner keeps something for each promise.
Error.stackTraceLimit = 0
const { full, grown } = await measure()

it(`memory is flat over ${tokens} distinct tokens, good and bad ones`, () => {
  process.stderr.write(`memory: ${full} bytes, then ${grown.join(' and ')} more in ${tokens} tokens\n`)
  assert.ok(Math.min(...grown) < tolerated, `${Math.min(...grown)} bytes more in each round`)
})
