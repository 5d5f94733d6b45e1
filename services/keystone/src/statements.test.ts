import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import type { Tables } from './db/tables.ts'
import { startTown, type Town } from './testing/personas.ts'
import { countedKeystone, type CountedKeystone } from './testing/statements.ts'

const many = 3000
const peopleOfTheHouse = 6

describe('how often the database is asked', () => {
  let town: Town
  let keystone: CountedKeystone
  let admin: string
  before(async () => {
    town = await startTown()
    keystone = await countedKeystone(town)
    admin = (await town.tokenOf('admin'))!
  })
  after(async () => {
    await keystone.close()
    await town.close()
  })

  const get = async (path: string) => {
    const answer = await keystone.call('GET', `/v3/${path}`, { token: admin })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json<Record<string, unknown[]>>()
  }

  it('is once for a validation of what is known: whether anything has changed', async () => {
    const validate = (token: string, subject: string) => async () => {
      await setImmediate()
      const answer = await keystone.call('GET', '/v3/auth/tokens', { token, subject })
      assert.equal(answer.statusCode, 200, answer.body)
    }
    const service = (await town.tokenOf('service'))!
    const [subject, another] = [(await town.tokenOf('owner'))!, (await town.tokenOf('owner'))!]
    const first = await keystone.statementsOf(validate(service, subject))
    const again = await keystone.statementsOf(validate(service, subject))
    const other = await keystone.statementsOf(validate(service, another))
    assert.ok(first > 1 && first < 20, `${first} statements at first`)
    assert.deepEqual([again, other], [1, 1])
  })

  describe(`with ${many} rows`, () => {
    // The caller's token is looked into again after a change; that is not what is counted here.
    const settled = () => get('regions')
    before(async () => {
      await fill(town)
      await settled()
    })
    for (const [path, list, most] of [
      ['users', 'users', 2],
      [`users?name__contains=many`, 'users', 2],
      ['projects', 'projects', 2],
      ['groups', 'groups', 2],
      ['role_assignments', 'role_assignments', 2],
      ['role_assignments?effective', 'role_assignments', 8],
      // Names are read five hundred at a time.
      ['role_assignments?include_names', 'role_assignments', 40],
      ['role_assignments?effective&include_names', 'role_assignments', 60],
    ] as const) {
      it(`GET /v3/${path} needs at most ${most} statements`, async () => {
        let rows = 0
        const taken = await keystone.statementsOf(async () => {
          rows = (await get(path))[list]!.length
        })
        assert.ok(rows >= many, `${rows} rows`)
        assert.ok(taken <= most, `${taken} statements`)
      })
    }

    it('the same holds for what a tree of projects inherits', async () => {
      const path = `role_assignments?effective&include_subtree&scope.project.id=${town.house}`
      let rows = 0
      const taken = await keystone.statementsOf(async () => {
        rows = (await get(path))['role_assignments']!.length
      })
      assert.ok(rows >= many, `${rows} rows`)
      assert.ok(taken <= 12, `${taken} statements`)
      const granted = await get(path.replace('effective&', ''))
      assert.equal(granted['role_assignments']!.length, many + peopleOfTheHouse)
    })

    it('the same holds for whoever is in a group, and for the groups of a user', async () => {
      const group = await town.make('group', { name: 'crowd', domain_id: town.home })
      const users = await town.database.kysely.selectFrom('users').select('id').execute()
      await insert(
        town,
        'group_members',
        users.map(({ id }) => ({ group_id: group, user_id: id })),
      )
      await settled()
      const taken = await keystone.statementsOf(async () => {
        assert.ok((await get(`groups/${group}/users`))['users']!.length >= many)
        await get(`users/${users[0]!.id}/groups`)
      })
      assert.ok(taken <= 10, `${taken} statements`)
    })
  })
})

/** Users, groups and projects, each user with a role on a project of its own below the house. */
async function fill(town: Town): Promise<void> {
  const ids = Array.from({ length: many }, () => randomUUID().replaceAll('-', ''))
  const common = { domain_id: town.home, extra: '{}' }
  await insert(
    town,
    'users',
    ids.map((id, index) => ({
      ...common,
      id,
      name: `many-${index}`,
      enabled: 1,
      password_hash: null,
      default_project_id: null,
      options: '{}',
    })),
  )
  await insert(
    town,
    'groups',
    ids.map((id, index) => ({ ...common, id, name: `many-${index}`, description: '' })),
  )
  await insert(
    town,
    'projects',
    ids.map((id, index) => ({
      ...common,
      id,
      name: `many-${index}`,
      parent_id: town.house,
      is_domain: 0,
      enabled: 1,
      description: '',
      tags: '[]',
      options: '{}',
    })),
  )
  await insert(
    town,
    'grants',
    ids.map((id) => ({
      actor_kind: 'user' as const,
      actor_id: id,
      target_kind: 'project' as const,
      target_id: id,
      role_id: town.roles.get('member')!,
      inherited: 0,
    })),
  )
}

async function insert<T extends 'users' | 'groups' | 'projects' | 'grants' | 'group_members'>(
  { database }: Town,
  table: T,
  rows: readonly Tables[T][],
): Promise<void> {
  for (let start = 0; start < rows.length; start += 300)
    await database.kysely
      .insertInto(table)
      .values(rows.slice(start, start + 300) as never)
      .execute()
}
