import type { PolicyRule } from '@longhaul/oslo/policy'
import type { Settings } from '../config.ts'
import { checkOptions, checkPasswordCost, checkPolicyFile } from './configuration.ts'
import { checkClock, checkDatabase } from './database.ts'
import { checkEndpoints } from './endpoints.ts'
import type { Finding } from './finding.ts'
import { checkKeyCount, checkKeyRepository, keyTimes } from './keys.ts'

export interface Patient {
  settings: Settings
  /** Warnings of the configuration. */
  warnings: readonly string[]
  rules: readonly PolicyRule[]
  now: Date
}

/** Looks at an installation: what an operator would otherwise notice when clients complain. Changes nothing. */
export async function examine({ settings, warnings, rules, now }: Patient): Promise<Finding[]> {
  const { key_repository: directory, max_active_keys: maxActiveKeys } = settings.fernetTokens
  const tokensUsedFor = settings.token.expiration + settings.token.allow_expired_window
  return [
    ...checkOptions(warnings),
    ...checkKeyRepository(directory),
    ...checkKeyCount({ directory, maxActiveKeys, tokensUsedFor }),
    ...(await checkDatabase(settings.database.connection, [
      (database) => checkClock(database, now, keyTimes(directory)),
      (database) => checkEndpoints(database, settings.DEFAULT.public_endpoint),
    ])),
    ...checkPasswordCost(settings.identity.password_hash_rounds),
    ...checkPolicyFile(rules, settings.policy.policy_file),
  ]
}

/** Findings for people, one a line. */
export function report(findings: readonly Finding[]): string {
  return findings
    .map(({ level, check, message }) => `${level.padEnd(7)}  ${check.padEnd(15)}  ${message}\n`)
    .join('')
}
