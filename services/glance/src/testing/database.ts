import { openDatabase, type Database } from '@longhaul/oslo/db'
import { testDatabase as freshDatabase } from '@longhaul/oslo/testing'
import type { GlanceTables } from '../db/tables.ts'

/** A fresh database. `drop` it when nothing is connected any more. */
export function testDatabase(): ReturnType<typeof freshDatabase> {
  return freshDatabase('glance')
}

/** Opens a connection of one app. */
export function openTestDatabase(connection: string): Database<GlanceTables> {
  return openDatabase<GlanceTables>(connection, { poolSize: 3 })
}
