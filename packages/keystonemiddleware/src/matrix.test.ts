import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { adapters, type Running } from './fixtures/adapters.ts'
import { ask } from './fixtures/ask.ts'
import { lifetime, startLab, window, type Lab } from './fixtures/lab.ts'
import { assertAnswer, cells, titleOf, tokensOfCell } from './fixtures/recorded.ts'
import { refusalSeconds } from './refused-tokens.ts'

it('the recorded matrix is complete', () => assert.equal(cells.length, 120))

for (const adapter of adapters) {
  describe(`the matrix recorded with the original: ${adapter.name}`, () => {
    let lab: Lab
    // One application for each combination of the two options.
    const applications = new Map<string, Running>()
    before(async () => {
      lab = await startLab()
      for (const [required, delay] of [
        [true, true],
        [true, false],
        [false, true],
        [false, false],
      ]) {
        const authToken = lab.authToken({
          service_token_roles_required: String(required),
          delay_auth_decision: String(delay),
        })
        applications.set(`${required} ${delay}`, await adapter.start(authToken, { setHeaders: true }))
      }
    })
    after(async () => {
      for (const running of applications.values()) await running.close()
      await lab[Symbol.asyncDispose]()
    })

    for (const cell of cells) {
      it(titleOf(cell), async () => {
        // Tokens of its own and no remembered refusal: the caches are cold for each cell.
        lab.pass(refusalSeconds)
        const user = tokenFor(lab, cell.user_token)
        const service = tokenFor(lab, cell.service_token, 'service')
        const { url } = applications.get(`${cell.roles_required} ${cell.delay}`)!
        const answer = await ask(`${url}/x`, {
          ...(user ? { 'X-Auth-Token': user } : {}),
          ...(service ? { 'X-Service-Token': service } : {}),
        })
        assertAnswer(answer, cell, tokensOfCell(user, service))
        if (cell.app_saw) assertSameSet(JSON.parse(answer.body) as Sight, cell.app_saw)
      })
    }
  })
}

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

interface Sight {
  saw: Record<string, string>
  set: Record<string, string>
}

// headers() holds what the adapter wrote into the request, and nothing else.
function assertSameSet(answer: Sight, recorded: Record<string, string>): void {
  const sent = new Set(['x-auth-token', 'x-service-token'])
  const names = Object.keys(recorded).filter((name) => !sent.has(name))
  const set = Object.fromEntries(
    Object.entries(answer.set).map(([name, value]) => [name.toLowerCase(), value]),
  )
  assert.deepEqual(Object.keys(set).toSorted(), names.toSorted())
  for (const name of names) assert.equal(set[name], answer.saw[name], name)
}
