import { badRequest } from '@longhaul/oslo/api'

/**
 * Splits `operator:operand`; without a colon the operator is `eq`.
 *
 * @see openstack/glance glance/common/utils.py, split_filter_op
 */
export function operatorOf(text: string): { operator: string; operand: string } {
  const colon = text.indexOf(':')
  if (colon < 0) return { operator: 'eq', operand: text }
  return { operator: text.slice(0, colon), operand: text.slice(colon + 1) }
}

/** A value with a comma or a quotation mark in it stands in quotation marks, with `\` before those within. */
const listItem = /"((?:[^"\\]|\\.)*)"(?:,|$)|([^",]*)(?:,|$)/gsy

/**
 * The values of `in:a,"b,c"`.
 *
 * @throws ApiError 400 `invalid_filter` for quotation marks that are not closed, or stand in the middle of a value
 */
export function oneOf(text: string): string[] {
  const found: string[] = []
  let end = 0
  for (const match of text.matchAll(listItem)) {
    const [whole, quoted, plain] = match
    if (match.index === text.length) break
    found.push(quoted === undefined ? (plain ?? '') : quoted.replaceAll(/\\(.)/gs, '$1'))
    end = match.index + whole.length
  }
  if (end < text.length) throw invalid('Invalid filter value: a quotation mark is not closed or misplaced.')
  return found
}

/** Times from `from` on and before `before`; or, `outside`, all others. ISO 8601 with milliseconds. */
export interface TimeFilter {
  from?: string
  before?: string
  outside?: boolean
}

const dateTime =
  /^(\d{4}(?:-\d{2}(?:-\d{2})?)?)(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

/**
 * The filter of `created_at=gt:2026-01-02T03:04:05Z`. Without a fraction a time is the whole second, which is what
 * clients are shown.
 *
 * @throws ApiError 400 `invalid_filter`
 */
export function timeFilter(name: string, text: string): TimeFilter {
  // A time has colons of its own.
  const isTime = instantOf(text) !== undefined
  const { operator, operand } = isTime ? { operator: 'eq', operand: text } : operatorOf(text)
  const instant = instantOf(operand)
  if (!instant) throw invalid(`Bad "${name}" query filter format. Use ISO 8601 DateTime notation.`)
  const [start, end] = [instant.from, instant.from + instant.length].map((ms) => new Date(ms).toISOString())
  if (start === undefined || end === undefined) throw new RangeError('two ends')
  switch (operator) {
    case 'gt':
      return { from: end }
    case 'gte':
      return { from: start }
    case 'lt':
      return { before: start }
    case 'lte':
      return { before: end }
    case 'eq':
      return { from: start, before: end }
    case 'neq':
      return { from: start, before: end, outside: true }
    default:
      throw invalid('Unable to filter on a unknown operator.')
  }
}

/** @returns milliseconds since 1970, and how long the time named is; undefined for what is no time */
function instantOf(text: string): { from: number; length: number } | undefined {
  const [, day, minute = '00:00', second = '00', fraction, zone = 'Z'] = dateTime.exec(text) ?? []
  if (day === undefined) return undefined
  if (day.length < 10 && text !== day) return undefined
  const offset = zone === 'Z' ? zone : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  const from = Date.parse(
    `${day}T${minute}:${second}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}${offset}`,
  )
  // Years beyond four digits would not sort as text.
  if (Number.isNaN(from) || !/^\d{4}-/.test(new Date(from + 1000).toISOString())) return undefined
  return { from, length: fraction === undefined ? 1000 : 1 }
}

function invalid(message: string) {
  return badRequest(message, { code: 'invalid_filter' })
}
