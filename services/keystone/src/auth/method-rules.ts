import { readObject } from '../columns.ts'

/**
 * Whether the methods of a login are enough for a user's options `multi_factor_auth_rules`, of which one must be met unless
 * `multi_factor_auth_enabled` is false. A method that the service does not know asks nothing of anybody, so that a rule
 * cannot lock a user out by a word.
 *
 * @param options of the user, as stored
 * @param methods that held
 * @param known `[auth] methods`
 * @see keystone, auth/core.py, UserMFARulesValidator
 */
export function methodsSuffice(
  options: string,
  methods: readonly string[],
  known: readonly string[],
): boolean {
  const { multi_factor_auth_enabled: enabled, multi_factor_auth_rules: rules } = readObject(options)
  if (enabled === false || !Array.isArray(rules) || rules.length === 0) return true
  return (rules as string[][]).some((rule) =>
    rule.every((method) => methods.includes(method) || !known.includes(method)),
  )
}
