import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { assertMigrated, openDatabase, pgTransactionClient, syncDatabase } from './index.ts'
import { isConnectionError, isForeignKeyViolation, isUniqueViolation } from './index.ts'
import type { Database, Migrations } from './index.ts'
import { ensureDatabase } from './provision.ts'

interface Schema {
  rack: { id: string; height: number }
  server: { id: string; rack_id: string; running: number; note: string | null }
}

const migrations: Migrations = {
  '0001-racks': {
    async up(db) {
      await db.schema
        .createTable('rack')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('height', 'integer', (column) => column.notNull())
        .execute()
    },
  },
  '0002-servers': {
    async up(db) {
      await db.schema
        .createTable('server')
        .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
        .addColumn('rack_id', 'varchar(64)', (column) => column.notNull().references('rack.id'))
        .addColumn('running', 'integer', (column) => column.notNull())
        .addColumn('note', 'text')
        .execute()
      await db.insertInto('rack').values({ id: 'first', height: 42 }).execute()
    },
  },
}

/** URL of a PostgreSQL superuser; without it the suite runs on SQLite alone. */
const adminUrl = process.env['LONGHAUL_TEST_DB']

const scratch = mkdtempSync(join(tmpdir(), 'oslo-db-'))
after(() => rmSync(scratch, { recursive: true }))

const engines: { name: string; open: () => Promise<string> }[] = [
  { name: 'SQLite', open: async () => `sqlite:///${join(scratch, 'suite.db')}` },
]
if (adminUrl) {
  const database = `longhaul_test_${process.pid}`
  const owner = { database, owner: database, password: "it's %40 a:password/" }
  engines.push({
    name: 'PostgreSQL',
    open: async () => {
      await ensureDatabase(adminUrl, { ...owner, password: 'the first' })
      return await ensureDatabase(adminUrl, owner)
    },
  })
  after(async () => {
    const admin = openDatabase(adminUrl, { poolSize: 1 })
    await sql`drop database ${sql.id(database)} with (force)`.execute(admin.kysely)
    await sql`drop role ${sql.id(database)}`.execute(admin.kysely)
    await admin.close()
  })
}

for (const engine of engines) {
  describe(`a database on ${engine.name}`, () => {
    let connection: string
    let db: Database<Schema>

    before(async () => {
      connection = await engine.open()
      db = openDatabase<Schema>(connection)
    })
    after(() => db.close())

    test('a server is refused an empty database and told the command to run', async () => {
      await assert.rejects(assertMigrated(db, migrations, { verb: 'keystone-manage db_sync' }), {
        code: 'database_behind',
        pending: ['0001-racks', '0002-servers'],
        message: /run `keystone-manage db_sync`/,
      })
    })

    test('a failing migration leaves nothing behind, not even those before it', async () => {
      const broken: Migrations = {
        '0001-racks': migrations['0001-racks']!,
        '0002-broken': { up: () => Promise.reject(new Error('broken')) },
      }
      await assert.rejects(syncDatabase(db, broken), /broken/)
      await assert.rejects(db.kysely.selectFrom('rack').selectAll().execute())
    })

    test('of several syncs at once one applies the migrations and the others find nothing to do', async () => {
      const second = openDatabase<Schema>(connection)
      const third = openDatabase<Schema>(connection)
      const applied = await Promise.all([db, second, third].map((one) => syncDatabase(one, migrations)))
      assert.deepEqual(
        applied.filter((names) => names.length > 0),
        [['0001-racks', '0002-servers']],
      )
      await assertMigrated(third, migrations)
      await Promise.all([second.close(), third.close()])
    })

    test('a database of a newer release is refused by both verb and server', async () => {
      const older: Migrations = { '0001-racks': migrations['0001-racks']! }
      await assert.rejects(assertMigrated(db, older), { code: 'database_ahead', unknown: ['0002-servers'] })
      await assert.rejects(syncDatabase(db, older), { code: 'database_ahead' })
    })

    test('rows come back as plain objects with numbers for counts', async () => {
      const racks = await db.kysely.selectFrom('rack').selectAll().execute()
      assert.deepEqual(racks, [{ id: 'first', height: 42 }])
      const { n } = await db.kysely
        .selectFrom('rack')
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
      assert.equal(n, 1)
    })

    test('an update tells how many rows it changed', async () => {
      const changed = await db.kysely
        .updateTable('rack')
        .set({ height: 42 })
        .where('id', '=', 'first')
        .execute()
      const none = await db.kysely.updateTable('rack').set({ height: 1 }).where('id', '=', 'none').execute()
      assert.deepEqual([changed[0]?.numUpdatedRows, none[0]?.numUpdatedRows], [1n, 0n])
    })

    test('a duplicate key and a dangling reference are told apart', async () => {
      const twice = db.kysely.insertInto('rack').values({ id: 'first', height: 1 }).execute()
      await assert.rejects(
        twice,
        (e) => isUniqueViolation(e) && !isForeignKeyViolation(e) && !isConnectionError(e),
      )
      const row = { id: 's', rack_id: 'nowhere', running: 1, note: null }
      const dangling = db.kysely.insertInto('server').values(row).execute()
      await assert.rejects(dangling, (e) => isForeignKeyViolation(e) && !isUniqueViolation(e))
    })

    test('a failed transaction leaves nothing, and the next one works', async () => {
      const failing = db.kysely.transaction().execute(async (trx) => {
        await trx.insertInto('rack').values({ id: 'lost', height: 1 }).execute()
        throw new Error('no')
      })
      await assert.rejects(failing, /no/)
      await db.kysely
        .transaction()
        .execute((trx) => trx.insertInto('rack').values({ id: 'kept', height: 2 }).execute())
      const ids = await db.kysely.selectFrom('rack').select('id').orderBy('id').execute()
      assert.deepEqual(ids, [{ id: 'first' }, { id: 'kept' }])
    })

    test('transactions at once on one row all count', async () => {
      const raise = () =>
        db.kysely.transaction().execute(async (trx) => {
          await trx
            .updateTable('rack')
            .set((e) => ({ height: e('height', '+', 1) }))
            .where('id', '=', 'kept')
            .execute()
        })
      await Promise.all(Array.from({ length: 10 }, raise))
      const kept = await db.kysely.selectFrom('rack').selectAll().where('id', '=', 'kept').executeTakeFirst()
      assert.equal(kept?.height, 12)
    })

    test('closing twice is one closing', async () => {
      const one = openDatabase(connection)
      await Promise.all([one.close(), one.close()])
      await one.close()
    })

    if (engine.name === 'PostgreSQL') {
      test('the shim writes in the transaction and goes with it', async () => {
        const insert = 'insert into rack (id, height) values ($1, $2) returning height'
        const undone = db.kysely.transaction().execute(async (trx) => {
          const result = await pgTransactionClient(trx).query<{ height: number }>(insert, ['shim', 7])
          assert.deepEqual([result.rows, result.rowCount], [[{ height: 7 }], 1])
          throw new Error('undo')
        })
        await assert.rejects(undone, /undo/)
        assert.equal(
          await db.kysely.selectFrom('rack').where('id', '=', 'shim').selectAll().executeTakeFirst(),
          undefined,
        )
      })

      test('a connection killed in a transaction is a connection error, and the pool goes on', async () => {
        const killed = db.kysely.transaction().execute(async (trx) => {
          const pid = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx)
          await sql`select pg_terminate_backend(${pid.rows[0]?.pid})`.execute(db.kysely)
          await trx.selectFrom('rack').selectAll().execute()
        })
        await assert.rejects(killed, isConnectionError)
        assert.ok(await db.kysely.selectFrom('rack').selectAll().executeTakeFirst())
      })

      test('an idle connection that is killed is reported and replaced', async () => {
        const lost = Promise.withResolvers<Error>()
        const idle = openDatabase<Schema>(connection, { poolSize: 1, onConnectionLost: lost.resolve })
        const pid = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(idle.kysely)
        await sql`select pg_terminate_backend(${pid.rows[0]?.pid})`.execute(db.kysely)
        assert.ok(isConnectionError(await lost.promise))
        assert.ok(await idle.kysely.selectFrom('rack').selectAll().executeTakeFirst())
        await idle.close()
      })
    }
  })
}

test('a new SQLite file is for its owner alone', async () => {
  const path = join(scratch, 'private.db')
  const db = openDatabase(`sqlite:///${path}`)
  assert.equal(statSync(path).mode & 0o777, 0o600)
  await db.close()
})

test('a SQLite transaction that only reads so far already keeps other writers waiting, without stopping them', async () => {
  const url = `sqlite:///${join(scratch, 'lock.db')}`
  const one = openDatabase<Schema>(url)
  const two = openDatabase<Schema>(url)
  const order: string[] = []
  let second: Promise<void> | undefined
  await one.kysely.transaction().execute(async (trx) => {
    second = two.kysely.transaction().execute(async () => {
      order.push('second began')
    })
    await sql`select 1`.execute(trx)
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    order.push('first ends')
  })
  await second
  assert.deepEqual(order, ['first ends', 'second began'])
  await Promise.all([one.close(), two.close()])
})

test('SQLite is opened with a write-ahead log, foreign keys and a patient lock', async () => {
  const db = openDatabase(`sqlite:///${join(scratch, 'pragma.db')}`, { synchronous: 'full' })
  const read = async (name: string) =>
    Object.values(
      (await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db.kysely)).rows[0] ?? {},
    )[0]
  const settings = await Promise.all(
    ['journal_mode', 'foreign_keys', 'busy_timeout', 'synchronous'].map(read),
  )
  assert.deepEqual(settings, ['wal', 1, 5000, 2])
  await db.close()
})

if (adminUrl) {
  test('a transaction that stands still is ended by the server, and its locks are free', async () => {
    const db = openDatabase(adminUrl, { poolSize: 1, idleInTransactionMs: 100 })
    const other = openDatabase(adminUrl, { poolSize: 1 })
    const locked = Promise.withResolvers<void>()
    const freed = Promise.withResolvers<void>()
    const standing = db.kysely.transaction().execute(async (trx) => {
      await sql`select pg_advisory_xact_lock(4711)`.execute(trx)
      locked.resolve()
      await freed.promise
      await sql`select 1`.execute(trx)
    })
    await locked.promise
    await sql`select pg_advisory_lock(4711)`.execute(other.kysely)
    freed.resolve()
    await assert.rejects(standing)
    await db.close()
    await other.close()
  })
}

test('a refused PostgreSQL port is a connection error', async () => {
  const db = openDatabase<Schema>('postgresql://u:p@127.0.0.1:1/x')
  await assert.rejects(db.kysely.selectFrom('rack').selectAll().execute(), isConnectionError)
  await db.close()
})
