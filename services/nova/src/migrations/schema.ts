import { z } from 'zod'
import type { Microversion } from '../microversions.ts'
import { text, uuid } from '../parameter-types.ts'
import { anyText, last, parseQuery, single, time } from '../query-parameters.ts'

/** Body of `POST /servers/{id}/migrations/{id}/action`. */
export const migrationAction = z.strictObject({ force_complete: z.null() })

const filters = {
  hidden: last(anyText).optional(),
  host: last(anyText).optional(),
  instance_uuid: last(anyText).optional(),
  source_compute: last(anyText).optional(),
  status: last(anyText).optional(),
  migration_type: last(anyText).optional(),
}

const migrationListQuery = {
  ...filters,
  limit: single(text(1, 15).regex(/^[0-9]+$/, 'must be a whole number')).optional(),
  marker: single(uuid).optional(),
  'changes-since': single(time).optional(),
  'changes-before': single(time).optional(),
  user_id: single(anyText).optional(),
  project_id: single(anyText).optional(),
}

/**
 * Reads the query of `GET /os-migrations`.
 *
 * @throws ApiError 400
 * @see openstack/nova nova/api/openstack/compute/schemas/migrations.py
 */
export function parseMigrationList(query: unknown, version: Microversion) {
  return parseQuery(migrationListQuery, query, {
    version,
    strictFrom: '2.59',
    windows: {
      limit: { from: '2.59' },
      marker: { from: '2.59' },
      'changes-since': { from: '2.59' },
      'changes-before': { from: '2.66' },
      user_id: { from: '2.80' },
      project_id: { from: '2.80' },
    },
  })
}

export type MigrationListQuery = ReturnType<typeof parseMigrationList>
