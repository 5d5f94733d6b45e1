import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTown, type Town } from '../testing/personas.ts'

describe('where a project may stand', () => {
  let town: Town
  let token: string | undefined
  before(async () => {
    town = await startTown({ conf: '[DEFAULT]\nmax_project_tree_depth = 3\n' })
    token = await town.tokenOf('admin')
  })
  after(() => town.close())
  const create = (project: Record<string, unknown>) =>
    town.call('POST', '/v3/projects', { token, body: { project } })

  it('is no deeper than the configuration says', async () => {
    const second = await town.make('project', { name: 'second', domain_id: town.home, parent_id: town.house })
    const third = await town.make('project', { name: 'third', domain_id: town.home, parent_id: second })
    const answer = await create({ name: 'fourth', domain_id: town.home, parent_id: third })
    assert.equal(answer.statusCode, 403)
    assert.match(answer.body, /Max hierarchy depth reached for [0-9a-f]{32} branch/)
  })

  for (const [what, place] of [
    ['a parent that is not there', () => ({ parent_id: 'f'.repeat(32) })],
    ['a domain that is not there', () => ({ domain_id: 'f'.repeat(32) })],
    ['a domain that is a project', () => ({ domain_id: town.house })],
    ['a parent in another domain', () => ({ domain_id: town.other, parent_id: town.house })],
    ['another domain as parent', () => ({ domain_id: town.home, parent_id: town.other })],
  ] as const) {
    it(`is not below ${what}`, async () => {
      const answer = await create({ name: 'lost', ...place() })
      assert.equal(answer.statusCode, 400, answer.body)
    })
  }

  it('is not below what is disabled', async () => {
    const off = await town.make('project', { name: 'off', domain_id: town.home, enabled: false })
    const answer = await create({ name: 'below', domain_id: town.home, parent_id: off })
    assert.equal(answer.statusCode, 400)
  })
})
