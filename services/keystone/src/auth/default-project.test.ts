import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { startTown, type Town } from '../testing/personas.ts'

describe('a login without a scope', () => {
  let town: Town
  let user: string
  before(async () => {
    town = await startTown()
    user = town.users.get('project-member')!
  })
  after(() => town.close())

  const change = async (kind: string, id: string, input: Record<string, unknown>) => {
    const token = await town.tokenOf('admin')
    const answer = await town.call('PATCH', `/v3/${kind}s/${id}`, { token, body: { [kind]: input } })
    assert.equal(answer.statusCode, 200, answer.body)
    // A disabled user would be hit in the same second.
    town.pass(1)
  }
  const projectOf = async (scope?: 'unscoped') => {
    const text = await town.login('project-member', scope, town.home)
    const answer = await town.call('GET', '/v3/auth/tokens', { token: text, subject: text })
    return answer.json<{ token: { project?: { id: string } } }>().token.project?.id
  }

  it('is for nothing without a default project', async () => {
    assert.equal(await projectOf(), undefined)
  })

  it('is for the default project', async () => {
    await change('user', user, { default_project_id: town.house })
    assert.equal(await projectOf(), town.house)
  })

  it('is for nothing if that is asked for', async () => {
    assert.equal(await projectOf('unscoped'), undefined)
  })

  it('is for nothing while the default project is disabled', async () => {
    await change('project', town.house, { enabled: false })
    assert.equal(await projectOf(), undefined)
    await change('project', town.house, { enabled: true })
    assert.equal(await projectOf(), town.house)
  })

  it('is for nothing if the user has no role there, or there is no such project', async () => {
    await change('user', user, { default_project_id: await town.make('project', { name: 'empty' }) })
    assert.equal(await projectOf(), undefined)
    await change('user', user, { default_project_id: 'f'.repeat(32) })
    assert.equal(await projectOf(), undefined)
  })

  it('is for nothing if the domain of the default project is disabled', async () => {
    const elsewhere = await town.make('project', { name: 'elsewhere', domain_id: town.other })
    const token = await town.tokenOf('admin')
    await town.call('PUT', `/v3/projects/${elsewhere}/users/${user}/roles/${town.roles.get('member')}`, {
      token,
    })
    await change('user', user, { default_project_id: elsewhere })
    assert.equal(await projectOf(), elsewhere)
    await change('domain', town.other, { enabled: false })
    assert.equal(await projectOf(), undefined)
  })
})
