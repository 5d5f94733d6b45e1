import { openDatabase, type Database } from '@longhaul/oslo/db'
import type { KyselyPlugin } from 'kysely'
import type { Tables } from '../db/tables.ts'
import { testKeystone, type TestKeystone } from './keystone.ts'

/** A service beside another that counts what it asks the database. */
export interface CountedKeystone extends TestKeystone {
  /** How many statements a work took. */
  statementsOf: (work: () => Promise<unknown>) => Promise<number>
}

export async function countedKeystone(beside: TestKeystone): Promise<CountedKeystone> {
  let count = 0
  const counter: KyselyPlugin = {
    transformQuery({ node }) {
      count += 1
      return node
    },
    transformResult: ({ result }) => Promise.resolve(result),
  }
  const own = openDatabase<Tables>(beside.connection)
  const database: Database<Tables> = { ...own, kysely: own.kysely.withPlugin(counter) }
  const keystone = await testKeystone({ beside, app: { database } })
  const close = async () => {
    await keystone.close()
    await own.close()
  }
  return {
    ...keystone,
    close,
    [Symbol.asyncDispose]: close,
    async statementsOf(work) {
      count = 0
      await work()
      return count
    },
  }
}
