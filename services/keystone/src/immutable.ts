import { forbidden } from '@longhaul/oslo/api'
import { z } from 'zod'
import { readObject } from './columns.ts'

/** `options` of what can be protected from changes. */
export const protectable = z.strictObject({ immutable: z.boolean().nullable().optional() })

export function isImmutable(row: { options: string }): boolean {
  return readObject(row.options)['immutable'] === true
}

/**
 * Refuses to change or delete what its option `immutable` protects; only options may change then.
 *
 * @param input the change, nothing for a deletion
 * @throws ApiError 403 `<singular>_immutable`
 * @see keystone, common/resource_options/options/immutable.py
 */
export function refuseImmutable(
  singular: string,
  row: { id: string; options: string },
  input?: Record<string, unknown>,
): void {
  if (!isImmutable(row)) return
  const names = Object.keys(input ?? {})
  if (names.length > 0 && names.every((name) => name === 'options')) return
  const verb = input === undefined ? 'delete' : 'update'
  throw forbidden(
    `Unable to ${verb} immutable ${singular} resource: \`${row.id}. Set resource option "immutable" to false first.`,
    { code: `${singular}_immutable` },
  )
}
