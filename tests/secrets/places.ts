import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '@longhaul/oslo/db'
import { sql } from 'kysely'
import type { Kysely } from 'kysely'

/** Something that could hold a secret. */
export interface Place {
  name: string
  content: Buffer
}

/** All files below a directory. */
export function files(directory: string): Place[] {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true })
  return names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((name) => ({ name, content: readFileSync(name) }))
}

/** Whether only its owner may read a file. */
export function isPrivate(file: string): boolean {
  return (statSync(file).mode & 0o077) === 0
}

/** Every table of every schema of a PostgreSQL database, row by row as text and as JSON. */
export async function databaseDump(url: string): Promise<Place[]> {
  const database = openDatabase<Record<string, never>>(url)
  try {
    const db = database.kysely as Kysely<unknown>
    const { rows: tables } = await sql<{ name: string }>`
      select format('%I.%I', table_schema, table_name) as name from information_schema.tables
      where table_schema not in ('pg_catalog', 'information_schema')`.execute(db)
    const places: Place[] = []
    for (const { name } of tables) {
      const { rows } = await sql<{ row: string; json: string }>`
        select t::text as row, row_to_json(t)::text as json from ${sql.raw(name)} t`.execute(db)
      const text = rows.map(({ row, json }) => `${row}\n${json}\n`).join('')
      places.push({ name: `table ${name}`, content: Buffer.from(text) })
    }
    return places
  } finally {
    await database.close()
  }
}

/** What services say of themselves to whoever asks. @throws if that is no metrics */
export async function metrics(ports: readonly number[]): Promise<Place[]> {
  return await Promise.all(
    ports.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
      const content = Buffer.from(await answer.arrayBuffer())
      if (!answer.ok || !content.includes('# TYPE ')) throw new Error(`port ${port} has no metrics`)
      return { name: `metrics of port ${port}`, content }
    }),
  )
}

/** Arguments of all processes of the machine: every user may read them. */
export function processArguments(): Place[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [{ name: `arguments of process ${pid}`, content: readFileSync(`/proc/${pid}/cmdline`) }]
      } catch {
        return []
      }
    })
}
