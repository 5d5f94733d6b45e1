import type { Check } from './parser.ts'
import { asText } from './template.ts'
import type { Template } from './template.ts'

/** A rule, ready to be asked. */
export type Predicate = (target: Record<string, unknown>, credentials: Record<string, unknown>) => boolean

/** Finds a rule by name when it is asked, so that rules may refer to rules that come later. */
export type RuleLookup = (name: string) => Predicate | undefined

/** Makes a rule that can be asked of one that was read. A rule that refers to an unknown one denies there. */
export function compile(check: Check, lookup: RuleLookup): Predicate {
  switch (check.op) {
    case 'true':
      return () => true
    case 'false':
      return () => false
    case 'not': {
      const inner = compile(check.check, lookup)
      return (target, credentials) => !inner(target, credentials)
    }
    case 'and': {
      const all = check.checks.map((one) => compile(one, lookup))
      return (target, credentials) => all.every((one) => one(target, credentials))
    }
    case 'or': {
      const any = check.checks.map((one) => compile(one, lookup))
      return (target, credentials) => any.some((one) => one(target, credentials))
    }
    default:
      return (kinds.get(check.kind) ?? generic(check.kind))(check.template, lookup)
  }
}

/** The kinds of checks with a meaning of their own; every other kind is a path into the credentials, or a literal. */
const kinds = new Map<string, (template: Template, lookup: RuleLookup) => Predicate>([
  ['rule', referred],
  ['role', (template) => member(template, 'roles')],
  ['service_role', (template) => member(template, 'service_roles')],
])

function referred(template: Template, lookup: RuleLookup): Predicate {
  const name = template.constant ?? ''
  return (target, credentials) => lookup(name)?.(target, credentials) ?? false
}

/** Role names are compared without regard to case. */
function member(template: Template, list: 'roles' | 'service_roles'): Predicate {
  return (target, credentials) => {
    const wanted = template.fill(target)?.toLowerCase()
    const held = credentials[list]
    if (wanted === undefined || !Array.isArray(held)) return false
    return held.some((name) => typeof name === 'string' && name.toLowerCase() === wanted)
  }
}

function generic(kind: string): (template: Template) => Predicate {
  const literal = literalText(kind)
  if (literal !== undefined) return (template) => (target) => template.fill(target) === literal
  const path = kind.split('.')
  return (template) => (target, credentials) => {
    const wanted = template.fill(target)
    return wanted !== undefined && holds(credentials, path, wanted)
  }
}

/** `'text'`, `"text"`, a number, True, False or None as text; undefined for anything else. */
function literalText(kind: string): string | undefined {
  const quoted = /^(?:'([^']*)'|"([^"]*)")$/.exec(kind)
  if (quoted) return quoted[1] ?? quoted[2]
  return /^(?:True|False|None|-?\d+(?:\.\d+)?)$/.test(kind) ? kind : undefined
}

/** Whether the value at a path equals the text; of a list on the way any element may. */
function holds(value: unknown, path: readonly string[], wanted: string): boolean {
  if (Array.isArray(value)) return value.some((one) => holds(one, path, wanted))
  const [key, ...rest] = path
  if (key === undefined) return asText(value) === wanted
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
  return holds((value as Record<string, unknown>)[key], rest, wanted)
}
