import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Endpoints in the database. */
export function endpointStore(db: Db) {
  return {
    ...rowStore(db, 'endpoints', { singular: 'endpoint', duplicate: ({ id }) => `Duplicate ID, ${id}` }),
    async deleteOfService(trx: Db, serviceId: string): Promise<void> {
      await trx.deleteFrom('endpoints').where('service_id', '=', serviceId).execute()
    },
  }
}

export type EndpointStore = ReturnType<typeof endpointStore>
