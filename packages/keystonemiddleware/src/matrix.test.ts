import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { lifetime, startLab, window, type Lab } from './fixtures/lab.ts'
import { assertAnswer, cells, titleOf, tokensOfCell } from './fixtures/recorded.ts'
import { refusalSeconds } from './refused-tokens.ts'

describe('the matrix recorded with the original', () => {
  let lab: Lab
  // One application for each combination of the two options.
  const applications = new Map<string, FastifyInstance>()
  before(async () => {
    lab = await startLab()
    for (const [required, delay] of [
      [true, true],
      [true, false],
      [false, true],
      [false, false],
    ]) {
      const overrides = { service_token_roles_required: String(required), delay_auth_decision: String(delay) }
      applications.set(`${required} ${delay}`, lab.application({ overrides }))
    }
  })
  after(() => lab[Symbol.asyncDispose]())

  it('is complete', () => assert.equal(cells.length, 120))

  for (const cell of cells) {
    it(titleOf(cell), async () => {
      // Tokens of its own and no remembered refusal: the caches are cold for each cell.
      lab.pass(refusalSeconds)
      const user = tokenFor(lab, cell.user_token)
      const service = tokenFor(lab, cell.service_token, 'service')
      const app = applications.get(`${cell.roles_required} ${cell.delay}`)!
      const answer = await app.inject({
        url: '/x',
        headers: {
          ...(user ? { 'X-Auth-Token': user } : {}),
          ...(service ? { 'X-Service-Token': service } : {}),
        },
      })
      assertAnswer(answer, cell, tokensOfCell(user, service))
      if (cell.app_saw) assertSameSet(answer.json(), cell.app_saw)
    })
  }
})

function tokenFor(lab: Lab, state: string, whose: 'user' | 'service' = 'user'): string | undefined {
  const person = whose === 'user' ? 'demo' : 'nova'
  if (state === 'absent') return undefined
  if (state === 'garbage') return `garbage-${whose}`
  if (state === 'valid without role') return lab.issue('plainsvc')
  if (state === 'expired, out of the window') return lab.issue(person, { ago: lifetime + window })
  if (state.startsWith('expired')) return lab.issue(person, { ago: lifetime + 1 })
  const token = lab.issue(person)
  if (state === 'revoked') lab.keystone.revoke(token)
  return token
}

// headers() holds what the adapter wrote into the request, and nothing else.
function assertSameSet(
  answer: { saw: Record<string, string>; set: Record<string, string> },
  recorded: Record<string, string>,
): void {
  const sent = new Set(['x-auth-token', 'x-service-token'])
  const names = Object.keys(recorded).filter((name) => !sent.has(name))
  const set = Object.fromEntries(
    Object.entries(answer.set).map(([name, value]) => [name.toLowerCase(), value]),
  )
  assert.deepEqual(Object.keys(set).toSorted(), names.toSorted())
  for (const name of names) assert.equal(set[name], answer.saw[name], name)
}
