import { PolicyError } from './policy-error.ts'
import { parseTemplate } from './template.ts'
import type { Template } from './template.ts'

/** A rule, read. */
export type Check =
  | { op: 'true' }
  | { op: 'false' }
  | { op: 'not'; check: Check }
  | { op: 'and' | 'or'; checks: Check[] }
  | { op: 'match'; kind: string; template: Template }

/** A rule as it is written: text, or the older list of lists (the outer is "or", the inner "and"). */
export type RuleSource = string | readonly (string | readonly string[])[]

const always: Check = { op: 'true' }
const never: Check = { op: 'false' }

/** Parentheses, or a word; a word holds parentheses only as `%(name)s`, and white space only within quotes. */
const token = /[()]|(?:'[^']*'|"[^"]*"|%\([^()]*\)|[^\s()'"])+/y

/** Nesting of parentheses and negations at most. */
const maxNesting = 50

/**
 * Reads a rule of oslo.policy's language:
 *
 *     or    = and ("or" and)*
 *     and   = not ("and" not)*
 *     not   = "not" not | "(" or ")" | check
 *     check = "@" | "!" | kind ":" match
 *
 * An empty rule is always true.
 *
 * @throws PolicyError `policy_invalid`
 * @see https://docs.openstack.org/oslo.policy/latest/reference/api/oslo_policy.policy.html
 */
export function parseRule(source: RuleSource): Check {
  if (typeof source === 'string') return parseText(source)
  if (source.length === 0) return always
  const alternatives = source
    .filter((inner) => inner.length > 0)
    .map((inner) => joined('and', [inner].flat().map(parseCheck)))
  return alternatives.length === 0 ? never : joined('or', alternatives)
}

function parseText(text: string): Check {
  const words = tokenize(text)
  if (words.length === 0) return always
  let at = 0
  const next = (word: string): boolean => {
    if (words[at]?.toLowerCase() !== word) return false
    at++
    return true
  }
  const or = (depth: number): Check => {
    const checks = [and(depth)]
    while (next('or')) checks.push(and(depth))
    return joined('or', checks)
  }
  const and = (depth: number): Check => {
    const checks = [not(depth)]
    while (next('and')) checks.push(not(depth))
    return joined('and', checks)
  }
  const not = (depth: number): Check => {
    if (depth > maxNesting) throw new PolicyError('the rule is nested too deeply')
    if (next('not')) return { op: 'not', check: not(depth + 1) }
    if (next('(')) {
      const check = or(depth + 1)
      if (!next(')')) throw new PolicyError('a parenthesis is not closed')
      return check
    }
    const word = words[at++]
    if (word === undefined) throw new PolicyError('the rule ends where a check is expected')
    if (/^(?:and|or|\))$/i.test(word)) throw new PolicyError(`'${word}' stands where a check is expected`)
    return parseCheck(word)
  }
  const check = or(0)
  if (at < words.length) throw new PolicyError(`'${words[at]}' is not expected: 'and' or 'or' is missing`)
  return check
}

function tokenize(text: string): string[] {
  const words: string[] = []
  let at = 0
  for (;;) {
    while (/\s/.test(text[at] ?? '')) at++
    if (at === text.length) return words
    token.lastIndex = at
    const word = token.exec(text)?.[0]
    if (word === undefined)
      throw new PolicyError(`a quote or a parenthesis is not closed at '${text.slice(at)}'`)
    words.push(word)
    at += word.length
  }
}

function parseCheck(word: string): Check {
  if (word === '@') return always
  if (word === '!') return never
  const parts = /^('[^']*'|"[^"]*"|[^:]*):(.*)$/s.exec(word)
  const kind = parts?.[1]
  if (!kind) throw new PolicyError(`'${word}' is not a check: kind:value, @ or ! is wanted`)
  if (kind === 'http' || kind === 'https')
    throw new PolicyError('checks by a remote server (http:) are not supported')
  return { op: 'match', kind, template: parseTemplate(parts?.[2] ?? '') }
}

function joined(op: 'and' | 'or', checks: Check[]): Check {
  const [only] = checks
  return checks.length === 1 && only ? only : { op, checks }
}
