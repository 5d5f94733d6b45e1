import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Services in the database. */
export function serviceStore(db: Db) {
  return rowStore(db, 'services', 'service')
}

export type ServiceStore = ReturnType<typeof serviceStore>
