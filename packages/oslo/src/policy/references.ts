import type { Check } from './parser.ts'
import { PolicyError } from './policy-error.ts'

/** The rules that a rule refers to by `rule:`. */
export function referencesOf(check: Check): string[] {
  switch (check.op) {
    case 'true':
    case 'false':
      return []
    case 'not':
      return referencesOf(check.check)
    case 'and':
    case 'or':
      return check.checks.flatMap(referencesOf)
    default:
      return check.kind === 'rule' ? [check.template.constant ?? ''] : []
  }
}

/**
 * Refuses rules that refer to themselves, directly or through others.
 *
 * @param fileOf the file a rule comes from, for the message
 * @throws PolicyError `policy_invalid` naming the circle
 */
export function refuseCircles(
  rules: ReadonlyMap<string, Check>,
  fileOf: (rule: string) => string | undefined,
): void {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    if (done.has(name)) return
    const start = path.indexOf(name)
    if (start >= 0) {
      const circle = [...path.slice(start), name].join(' → ')
      throw new PolicyError(`refers to itself: ${circle}`, { rule: name, file: fileOf(name) })
    }
    const check = rules.get(name)
    if (check) for (const next of referencesOf(check)) visit(next, [...path, name])
    done.add(name)
  }
  for (const name of rules.keys()) visit(name, [])
}

/** References to rules that do not exist, as `{rule, missing}`. */
export function missingReferences(rules: ReadonlyMap<string, Check>): { rule: string; missing: string }[] {
  return [...rules].flatMap(([rule, check]) =>
    referencesOf(check)
      .filter((name) => !rules.has(name))
      .map((missing) => ({ rule, missing })),
  )
}
