import { DBOS } from '@dbos-inc/dbos-sdk'
import { openDatabase, syncDatabase } from '@longhaul/oslo/db'
import { sql, type Kysely } from 'kysely'
import { migrations } from '../db/migrations.ts'
import type { NovaTables } from '../db/tables.ts'
import { engineUrl } from '../operations/engine-names.ts'

type Rows = readonly Record<string, unknown>[]

/** What a release of nova left in its database. */
export interface StoredState {
  /** Migrations that had been applied. */
  migrations: readonly string[]
  /** Text of the key that its contexts are sealed with. */
  sealingKey: string
  /** Rows by table, those of the engine as `dbos.…`. */
  tables: Readonly<Record<string, Rows>>
}

const ownRecords = new Set(['schema_migrations', 'dbos.dbos_migrations'])

/** Everything that stands in the tables of nova and of the engine. */
export async function readState(db: Kysely<NovaTables>, sealingKey: string): Promise<StoredState> {
  const { rows: found } = await sql<{ name: string }>`
    select case table_schema when 'public' then table_name else table_schema || '.' || table_name end as name
      from information_schema.tables
     where table_schema in ('public', 'dbos') and table_type = 'BASE TABLE' order by 1`.execute(db)
  const tables: Record<string, Rows> = {}
  for (const { name } of found.filter((table) => !ownRecords.has(table.name))) {
    const { rows } = await sql<{ row: Record<string, unknown> }>`
      select row_to_json(one) as row from ${sql.table(name)} as one`.execute(db)
    if (rows.length > 0) tables[name] = rows.map(({ row }) => row)
  }
  const applied = await sql<{ name: string }>`select name from schema_migrations order by name`.execute(db)
  return { migrations: applied.rows.map(({ name }) => name), sealingKey, tables }
}

/** Makes a database as that release left it, with the tables that it had. @param url of an empty database */
export async function restoreState(url: string, state: StoredState): Promise<void> {
  const db = openDatabase<NovaTables>(url)
  try {
    const then = Object.entries(migrations).filter(([name]) => state.migrations.includes(name))
    await syncDatabase(db, Object.fromEntries(then))
    await DBOS.migrate(engineUrl(url))
    await db.kysely.transaction().execute(async (trx) => {
      const names = Object.keys(state.tables).map((name) => sql.table(name))
      await sql`truncate ${sql.join(names)} cascade`.execute(trx)
      for (const [name, rows] of inOrder(state.tables)) await restoreRows(trx, name, rows)
    })
  } finally {
    await db.close()
  }
}

const referredTo = ['flavors', 'servers', 'instance_actions', 'dbos.workflow_status']

/** Those first that others refer to. */
function inOrder(tables: StoredState['tables']): [string, Rows][] {
  const place = (name: string) => (referredTo.includes(name) ? referredTo.indexOf(name) : referredTo.length)
  return Object.entries(tables).toSorted(([a], [b]) => place(a) - place(b))
}

async function restoreRows(db: Kysely<NovaTables>, name: string, rows: Rows): Promise<void> {
  const columns = sql.join(Object.keys(rows[0] ?? {}).map((column) => sql.ref(column)))
  const table = sql.table(name)
  await sql`insert into ${table} (${columns}) overriding system value
    select ${columns} from json_populate_recordset(null::${table}, ${JSON.stringify(rows)}::json)`.execute(db)
  if (typeof rows[0]?.['id'] !== 'number') return
  await sql`select setval(pg_get_serial_sequence(${name}, 'id'), (select max(id) from ${table}))`.execute(db)
}
