import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { bootstrap, type BootstrapDeps, type BootstrapOptions } from './bootstrap.ts'
import { Passwords } from './passwords.ts'
import { Revision } from './revision.ts'
import { onProject, onSystem, testKeystone, type TestKeystone } from './testing/keystone.ts'

const tables = [
  'projects',
  'users',
  'roles',
  'implied_roles',
  'grants',
  'regions',
  'services',
  'endpoints',
] as const

describe('bootstrap', () => {
  let keystone: TestKeystone
  before(async () => {
    keystone = await testKeystone()
  })
  after(() => keystone.close())

  const again = async (options: Partial<BootstrapOptions> = {}, deps: Partial<BootstrapDeps> = {}) => {
    const passwords = new Passwords({ rounds: 4 })
    const revision = new Revision(keystone.database)
    const revoked: string[] = []
    await bootstrap(
      {
        db: keystone.database.kysely,
        write: (work) => revision.write(work),
        newId: () => randomUUID().replaceAll('-', ''),
        hashPassword: (password) => passwords.hash(password),
        checkPassword: (password, hash) => passwords.check(password, hash),
        revokeTokensOf: (_trx, userId) => {
          revoked.push(userId)
          return Promise.resolve()
        },
        ...deps,
      },
      {
        username: 'admin',
        password: 'admin-pass',
        projectName: 'admin',
        roleName: 'admin',
        serviceName: 'keystone',
        regionId: 'RegionOne',
        endpoints: {
          public: 'http://127.0.0.1:5000/v3',
          internal: 'http://127.0.0.1:5000/v3',
          admin: 'http://127.0.0.1:5000/v3',
        },
        immutableRoles: true,
        domainId: 'default',
        ...options,
      },
    )
    return revoked
  }
  const everything = async () => {
    const db = keystone.database.kysely
    const entries: [string, unknown[]][] = []
    for (const table of tables) {
      const rows = (await db.selectFrom(table).selectAll().execute()) as unknown[]
      entries.push([table, rows.map((row) => JSON.stringify(row)).toSorted()])
    }
    return Object.fromEntries(entries)
  }

  it('makes an administrator of project and system, with roles that imply each other', async () => {
    const text = await keystone.login('admin', onProject('admin'))
    const { token } = (await keystone.call('GET', '/v3/auth/tokens', { token: text, subject: text })).json<{
      token: { roles: { name: string }[]; catalog: { type: string; endpoints: unknown[] }[] }
    }>()
    assert.deepEqual(token.roles.map(({ name }) => name).toSorted(), ['admin', 'manager', 'member', 'reader'])
    assert.deepEqual(
      token.catalog.map(({ type, endpoints }) => [type, endpoints.length]),
      [['identity', 3]],
    )
    assert.ok(await keystone.login('admin', onSystem))
  })

  it('changes nothing when it is repeated, and ends no token', async () => {
    const before = await everything()
    assert.deepEqual(await again(), [])
    assert.deepEqual(await again({ immutableRoles: false }), [])
    assert.deepEqual(await everything(), before)
  })

  it('gives a lost administrator its password back, and ends its tokens', async () => {
    const db = keystone.database.kysely
    await db
      .updateTable('users')
      .set({ enabled: 0, password_hash: null })
      .where('name', '=', 'admin')
      .execute()
    const [admin] = await db.selectFrom('users').select('id').where('name', '=', 'admin').execute()
    assert.deepEqual(await again(), [admin!.id])
    assert.ok(await keystone.login('admin', onProject('admin')))
  })

  it('moves an endpoint whose URL changed', async () => {
    await again({ endpoints: { public: 'https://id.example.org/v3' } })
    const rows = await keystone.database.kysely
      .selectFrom('endpoints')
      .select(['interface', 'url'])
      .orderBy('interface')
      .execute()
    assert.deepEqual(
      rows.map((row) => row.url),
      ['http://127.0.0.1:5000/v3', 'http://127.0.0.1:5000/v3', 'https://id.example.org/v3'],
    )
  })

  it('puts manager between admin and member where there was none', async () => {
    const db = keystone.database.kysely
    const roles = await db.selectFrom('roles').select(['id', 'name']).execute()
    const idOf = (name: string) => roles.find((role) => role.name === name)!.id
    await db.deleteFrom('implied_roles').where('prior_role_id', '=', idOf('admin')).execute()
    await db
      .insertInto('implied_roles')
      .values({ prior_role_id: idOf('admin'), implied_role_id: idOf('member') })
      .execute()
    await again()
    const implied = await db
      .selectFrom('implied_roles')
      .select('implied_role_id')
      .where('prior_role_id', '=', idOf('admin'))
      .execute()
    assert.deepEqual(implied, [{ implied_role_id: idOf('manager') }])
  })

  it('leaves nothing behind when it fails', async () => {
    const before = await everything()
    const stop = () => Promise.reject(new Error('stop'))
    await assert.rejects(
      again({ password: 'another', projectName: 'second' }, { revokeTokensOf: stop }),
      /stop/,
    )
    assert.deepEqual(await everything(), before)
  })
})
