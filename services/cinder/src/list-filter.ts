import type { MicroversionWindow } from '@longhaul/oslo/api'
import { badRequest, isServed } from '@longhaul/oslo/api'
import { invalidInput } from './answers.ts'
import type { Microversion, Version } from './microversions.ts'
import { isStorable } from './parameter-types.ts'

/** How a filter reads its value. */
export interface Filter {
  /** `text` as it is, `flag` true or false, `metadata` pairs, `time` comparisons, `nothing`: all resources have the same. */
  kind: 'text' | 'number' | 'flag' | 'metadata' | 'time' | 'nothing'
  column: string
  versions?: MicroversionWindow<Version>
  /** For administrators only. */
  admin?: boolean
}

/** Filters by their names on the wire. */
export type FilterTable = Readonly<Record<string, Filter>>

/** What a row has to meet. */
export type Condition =
  | { column: string; operator: '=' | '!=' | '<' | '<=' | '>' | '>='; value: string | number }
  | { column: string; part: string }
  | { metadata: 'user' | 'image'; key: string; value: string }
  | { never: true }

type Caller = { version: Microversion; admin: boolean }

/**
 * Reads the filters of a list. Unknown ones are ignored before 3.31, and refused from then on.
 *
 * @throws ApiError 400 `invalid_filter`, `invalid_input`
 */
export function listConditions(
  filters: Readonly<Record<string, unknown>>,
  table: FilterTable,
  caller: Caller,
): Condition[] {
  const conditions: Condition[] = []
  const unknown: string[] = []
  for (const [name, given] of Object.entries(filters)) {
    const value = String(Array.isArray(given) ? given.at(-1) : given)
    const isPart = name.endsWith('~') && caller.version.atLeast('3.34')
    const key = isPart ? name.slice(0, -1) : name
    const filter = Object.hasOwn(table, key) ? table[key] : undefined
    if (!filter || !isServed(caller.version, filter.versions ?? {}) || (filter.admin && !caller.admin)) {
      unknown.push(name)
    } else if (isPart && filter.kind === 'text') conditions.push({ column: filter.column, part: value })
    else conditions.push(...conditionsOf(filter, name, value, caller.version))
  }
  if (unknown.length > 0 && caller.version.atLeast('3.31')) {
    const names = unknown.map((name) => name.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '?'))
    throw badRequest(`Invalid filters ${names.join(',')} are found in query options.`, {
      code: 'invalid_filter',
    })
  }
  return conditions
}

function conditionsOf(filter: Filter, name: string, value: string, version: Microversion): Condition[] {
  const { column } = filter
  switch (filter.kind) {
    case 'number':
      return /^\d{1,9}$/.test(value) ? [{ column, operator: '=', value: Number(value) }] : [{ never: true }]
    case 'flag':
      return [{ column, operator: '=', value: flag(name, value, version) ? 1 : 0 }]
    case 'nothing':
      return flag(name, value, version) ? [] : [{ never: true }]
    case 'metadata':
      return pairs(name, value).map(([key, text]) => ({
        metadata: column as 'user' | 'image',
        key,
        value: text,
      }))
    case 'time':
      return times(column, value)
    default:
      return [{ column, operator: '=', value }]
  }
}

/** Before 3.2 whatever is not false is true. */
function flag(name: string, value: string, version: Microversion): boolean {
  if (/^(f|false|0)$/i.test(value)) return false
  if (/^(t|true|1)$/i.test(value) || !version.atLeast('3.2')) return true
  throw invalidInput(`${name}=${value.slice(0, 60)}`)
}

/** Clients write the pairs as Python does: `{'key': 'value'}`. @throws ApiError 400 */
function pairs(name: string, text: string): [string, string][] {
  const found = [...text.matchAll(/u?(['"])((?:(?!\1).)*)\1\s*:\s*u?(['"])((?:(?!\3).)*)\3/g)].map(
    ([, , key = '', , value = '']): [string, string] => [key, value],
  )
  const isWhole = /^\s*\{.*\}\s*$/s.test(text)
  if (!isWhole || (found.length === 0 && !/^\s*\{\s*\}\s*$/.test(text)) || !isStorable(text)) {
    throw invalidInput(`Could not evaluate value of filter ${name}`)
  }
  return found
}

const operators = { gt: '>', gte: '>=', eq: '=', neq: '!=', lt: '<', lte: '<=' } as const

/** `gt:2026-01-01T00:00:00,lt:…`, or a time alone. @throws ApiError 400 */
function times(column: string, text: string): Condition[] {
  return text.split(',').map((part) => {
    const [, name = 'eq', time = ''] = /^(?:([a-z]+):)?(\d{4}-.*)$/.exec(part.trim()) ?? []
    const operator = Object.hasOwn(operators, name) ? operators[name as keyof typeof operators] : undefined
    const parsed = Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(time) || !time.includes('T') ? time : `${time}Z`)
    if (operator === undefined || Number.isNaN(parsed)) {
      throw badRequest(`Invalid filter values ${column}`, { code: 'invalid_filter' })
    }
    return { column, operator, value: new Date(parsed).toISOString() }
  })
}
