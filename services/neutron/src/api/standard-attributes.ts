import { z } from 'zod'
import { text } from '@longhaul/oslo/api'
import type { Attributes } from './list-query.ts'

/** What a body may say of any resource. */
export const standardBody = {
  name: text(0, 255).optional(),
  description: text(0, 255).optional(),
}

/** Whose the resource is; fixed when it is made. */
export const ownerBody = { project_id: text(1, 255).optional(), tenant_id: text(1, 255).optional() }

/** What lists of any resource are filtered and sorted by. */
export const standardAttributes = {
  id: 'text',
  name: 'text',
  description: 'text',
  project_id: 'text',
  revision_number: 'number',
  created_at: 'text',
  updated_at: 'text',
} as const satisfies Attributes

/** A row of any resource. */
interface StandardRow {
  id: string
  name: string
  description: string
  project_id: string
  revision_number: number
  created_at: string
  updated_at: string
}

/** What every resource shows. */
export function standardDocument(row: StandardRow) {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    tenant_id: row.project_id,
    project_id: row.project_id,
    revision_number: row.revision_number,
    created_at: wireTime(row.created_at),
    updated_at: wireTime(row.updated_at),
  }
}

/** What a new row begins with. @param time ISO 8601 with milliseconds */
export function standardRow(
  given: { name?: string | undefined; description?: string | undefined },
  { id, project_id, time }: { id: string; project_id: string; time: string },
): StandardRow {
  return {
    id,
    project_id,
    name: given.name ?? '',
    description: given.description ?? '',
    revision_number: 0,
    created_at: time,
    updated_at: time,
  }
}

/** Times on the wire have whole seconds. */
function wireTime(iso: string): string {
  return `${iso.slice(0, 19)}Z`
}

/** JSON's booleans, the words for them, and 0 and 1. */
export const flag = z
  .union([
    z.boolean(),
    z.literal(0),
    z.literal(1),
    z.enum(['true', 'True', '1', 'false', 'False', '0']).transform((word) => /^(true|1)$/i.test(word)),
  ])
  .transform((value) => value === true || value === 1)
