import type { Db } from '../revision.ts'
import { nameTaken, rowStore } from '../row-store.ts'

/** Services in the database. */
export function serviceStore(db: Db) {
  return rowStore(db, 'services', { singular: 'service', duplicate: nameTaken })
}

export type ServiceStore = ReturnType<typeof serviceStore>
