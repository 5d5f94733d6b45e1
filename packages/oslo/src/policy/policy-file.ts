import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type * as yaml from 'yaml'
import { parseRule } from './parser.ts'
import type { Check, RuleSource } from './parser.ts'
import { PolicyError } from './policy-error.ts'

const require = createRequire(import.meta.url)

/**
 * Reads a policy file: YAML (or JSON, which is YAML) with one rule for each name.
 *
 * @throws PolicyError `policy_invalid` naming file and rule
 */
export function readPolicyFile(path: string): Map<string, Check> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new PolicyError(`cannot be read (${(cause as NodeJS.ErrnoException).code})`, { file: path })
  }
  return parsePolicy(text, path)
}

/** Reads the text of a policy file. @throws PolicyError `policy_invalid` */
function parsePolicy(text: string, file: string): Map<string, Check> {
  // Only who has a policy file waits for its reader.
  const { parse } = require('yaml') as typeof yaml
  let content: unknown
  try {
    content = parse(text)
  } catch (error) {
    throw new PolicyError(`is not valid YAML: ${(error as Error).message.split('\n')[0]}`, { file })
  }
  const rules = new Map<string, Check>()
  if (content === null || content === undefined) return rules
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new PolicyError('must map names of rules to rules', { file })
  }
  for (const [rule, source] of Object.entries(content as Record<string, unknown>)) {
    if (!isRuleSource(source))
      throw new PolicyError('must be a text or a list of lists of texts', { file, rule })
    rules.set(rule, readRule(source, { file, rule }))
  }
  return rules
}

/** Reads one rule and says where it stands if it cannot. */
export function readRule(source: RuleSource, where: { file?: string; rule: string }): Check {
  try {
    return parseRule(source)
  } catch (error) {
    if (error instanceof PolicyError) throw new PolicyError(error.message, where)
    throw error
  }
}

function isRuleSource(source: unknown): source is RuleSource {
  if (typeof source === 'string') return true
  const texts = (list: unknown) => Array.isArray(list) && list.every((one) => typeof one === 'string')
  return Array.isArray(source) && source.every((one) => typeof one === 'string' || texts(one))
}
