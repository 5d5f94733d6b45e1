import { readFileSync, statSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { parseKey } from '../token/fernet.ts'
import { keyNumbers } from '../token/key-repository.ts'
import { Findings, inWords, type Finding } from './finding.ts'

export interface KeyRules {
  directory: string
  maxActiveKeys: number
  /** Seconds in which a token may still be shown after its issue. */
  tokensUsedFor: number
}

/** Two keys that were made closer together come from the setup. */
const shortestPeriod = 60

/** Whether the directory of the keys and the keys are there, whole, and their owner's alone. */
export function checkKeyRepository(directory: string, uid = process.getuid?.()): Finding[] {
  const findings = new Findings('key_repository')
  const end = () => findings.end(`${directory} and its keys can be opened by their owner only`)
  const found = statOf(directory)
  if (!found?.isDirectory()) {
    findings.problem(`${directory} is no directory: run "keystone-manage fernet_setup"`)
    return end()
  }
  refuseOthers(findings, directory, found)
  if (uid !== undefined && uid !== 0 && found.uid !== uid)
    findings.problem(`${directory} belongs to the user ${found.uid}, but this is run by ${uid}`)
  let numbers: number[]
  try {
    numbers = keyNumbers(directory)
  } catch (error) {
    findings.problem(`${directory} cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return end()
  }
  if (!numbers.includes(0))
    findings.problem(`${directory} has no staged key: run "keystone-manage fernet_setup"`)
  if (!numbers.some((number) => number > 0)) findings.problem(`${directory} has no primary key`)
  for (const number of numbers) checkKey(findings, join(directory, String(number)), found.uid)
  return end()
}

function checkKey(findings: Findings, file: string, owner: number): void {
  const found = statOf(file)
  if (!found) return
  refuseOthers(findings, file, found)
  if (found.uid !== owner)
    findings.problem(`${file} belongs to the user ${found.uid}, its directory to ${owner}`)
  try {
    if (!parseKey(readFileSync(file, 'utf8'))) findings.problem(`${file} is no Fernet key and is ignored`)
  } catch (error) {
    findings.problem(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

function refuseOthers(findings: Findings, path: string, { mode }: Stats): void {
  if ((mode & 0o077) !== 0)
    findings.problem(`others than its owner may open ${path} (mode ${(mode & 0o777).toString(8)})`)
}

/**
 * Whether a key stays as long as tokens made with it are used: a rotation must leave
 * `(expiration + allow_expired_window) / period + 2` keys. How often keys are rotated is read from their times, which a
 * copy to another host must preserve.
 *
 * @see Keystone administrator guide, Fernet FAQ: how many keys are needed
 */
export function checkKeyCount({ directory, maxActiveKeys, tokensUsedFor }: KeyRules): Finding[] {
  const findings = new Findings('fernet_keys')
  const made = keyTimes(directory)
  const period = rotationPeriod(made)
  const used = inWords(tokensUsedFor)
  if (made.length > maxActiveKeys)
    findings.note(
      `there are ${made.length} keys, the next rotation leaves max_active_keys = ${maxActiveKeys}`,
    )
  if (maxActiveKeys < 3) {
    findings.problem(
      `max_active_keys = ${maxActiveKeys}: every rotation loses tokens that are still in use; at least 3 are needed`,
    )
    return findings.end('')
  }
  // One key is staged, and one was made primary at the last rotation.
  const longest = inWords(tokensUsedFor / (maxActiveKeys - 2))
  if (period === undefined)
    return findings.end(
      `tokens are used for ${used}: with max_active_keys = ${maxActiveKeys} keys may be rotated every ${longest} at most`,
    )
  const needed = Math.ceil(tokensUsedFor / period) + 2
  const rotated = `keys were rotated after ${inWords(period)} and tokens are used for ${used}`
  if (maxActiveKeys < needed)
    findings.problem(
      `${rotated}: max_active_keys must be ${needed}, not ${maxActiveKeys}, or keys be rotated every ${longest} at most`,
    )
  return findings.end(`${rotated}: ${needed} keys are needed, max_active_keys = ${maxActiveKeys}`)
}

/** The times at which keys were made, the last first: seconds since 1970. */
export function keyTimes(directory: string): number[] {
  try {
    return keyNumbers(directory)
      .flatMap((number) => statOf(join(directory, String(number)))?.mtimeMs ?? [])
      .map((time) => time / 1000)
      .toSorted((a, b) => b - a)
  } catch {
    // What is wrong with the directory is said elsewhere.
    return []
  }
}

/** Seconds between two rotations, the shortest time there was; undefined before the second one. */
function rotationPeriod(times: readonly number[]): number | undefined {
  const gaps = times.slice(1).map((time, index) => times[index]! - time)
  const real = gaps.filter((gap) => gap >= shortestPeriod)
  return real.length === 0 ? undefined : Math.min(...real)
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false })
}
