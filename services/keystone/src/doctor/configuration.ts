import { statSync } from 'node:fs'
import { createEnforcer, type PolicyRule } from '@longhaul/oslo/policy'
import { Findings, type Finding } from './finding.ts'

/** bcrypt's cost: below it a stolen hash is too easily guessed, above it a login takes seconds. */
const [cheapest, dearest] = [10, 14]

/** What the operator should write differently. @param warnings of the configuration */
export function checkOptions(warnings: readonly string[]): Finding[] {
  const findings = new Findings('configuration')
  for (const warning of warnings) findings.note(warning)
  return findings.end('no option goes by an old name')
}

export function checkPasswordCost(rounds: number): Finding[] {
  const findings = new Findings('password_hash')
  if (rounds < cheapest)
    findings.problem(
      `[identity] password_hash_rounds = ${rounds} is too cheap to guess: at least ${cheapest}`,
    )
  if (rounds > dearest)
    findings.problem(
      `[identity] password_hash_rounds = ${rounds} makes each login take seconds: at most ${dearest}`,
    )
  return findings.end(`[identity] password_hash_rounds = ${rounds}`)
}

/** Whether a policy file can be read, says only what the service asks for, and is not open to everybody's changes. */
export function checkPolicyFile(rules: readonly PolicyRule[], file: string | undefined): Finding[] {
  const findings = new Findings('policy_file')
  if (!file) return findings.end('no [oslo_policy] policy_file is set: the defaults hold')
  try {
    for (const warning of createEnforcer({ rules, file }).warnings) findings.note(warning)
    const { mode } = statSync(file)
    if ((mode & 0o022) !== 0)
      findings.problem(`others than its owner may change ${file} (mode ${(mode & 0o777).toString(8)})`)
  } catch (error) {
    findings.problem((error as Error).message)
  }
  return findings.end(`${file} is in order`)
}
