import { forbidden } from '@longhaul/oslo/api'
import { readObject } from './columns.ts'

/**
 * Refuses to change or delete what its option `immutable` protects; only options may change then.
 *
 * @param input the change, nothing for a deletion
 * @throws ApiError 403 `<singular>_immutable`
 */
export function refuseImmutable(
  singular: string,
  row: { id: string; options: string },
  input?: Record<string, unknown>,
): void {
  if (readObject(row.options)['immutable'] !== true) return
  const names = Object.keys(input ?? {})
  if (names.length > 0 && names.every((name) => name === 'options')) return
  throw forbidden(`The ${singular} ${row.id} is immutable.`, { code: `${singular}_immutable` })
}
