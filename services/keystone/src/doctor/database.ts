import { statSync } from 'node:fs'
import {
  assertMigrated,
  DatabaseAheadError,
  DatabaseBehindError,
  openDatabase,
  parseConnection,
  type Database,
} from '@longhaul/oslo/db'
import { sql } from 'kysely'
import { migrations, syncVerb } from '../db/migrations.ts'
import type { Tables } from '../db/tables.ts'
import { Findings, inWords, type Finding } from './finding.ts'

/** What else is looked at in a database that is up to date. */
export type DatabaseCheck = (database: Database<Tables>) => Promise<Finding[]>

/** Whether the database is there and has this release's schema; if so, what the further checks find in it. */
export async function checkDatabase(
  connection: string,
  further: readonly DatabaseCheck[],
): Promise<Finding[]> {
  const findings = new Findings('database')
  const parsed = parseConnection(connection)
  if (parsed.kind === 'sqlite') {
    // To open it would make it.
    const found = statSync(parsed.path, { throwIfNoEntry: false })
    if (!found) {
      findings.problem(`there is no database at ${parsed.path}: run "${syncVerb}"`)
      return findings.end('')
    }
    if ((found.mode & 0o077) !== 0)
      findings.problem(
        `others than its owner may open ${parsed.path} (mode ${(found.mode & 0o777).toString(8)}): it holds hashes of passwords`,
      )
  }
  const database = openDatabase<Tables>(connection)
  try {
    await assertMigrated(database, migrations, { verb: syncVerb })
    const own = findings.end('the database is there and up to date')
    const others: Finding[] = []
    for (const check of further) others.push(...(await check(database)))
    return [...own, ...others]
  } catch (error) {
    const told = error instanceof DatabaseBehindError || error instanceof DatabaseAheadError
    const { message } = error as Error
    findings.problem(told ? message : `the database cannot be asked: ${message}`)
    return findings.end('')
  } finally {
    await database.close()
  }
}

/** Clocks may differ by so many seconds. */
const tolerated = 5

/**
 * Whether the clock can be right: nothing was made later than now, and the database's clock says the same. Tokens and
 * revocations compare times of all hosts.
 *
 * @param madeAt when keys were made, seconds since 1970
 */
export async function checkClock(
  database: Database<Tables>,
  now: Date,
  madeAt: readonly number[],
): Promise<Finding[]> {
  const findings = new Findings('clock')
  const here = now.getTime() / 1000
  const later = (seconds: number | null | undefined) =>
    typeof seconds === 'number' && seconds - here > tolerated ? inWords(seconds - here) : undefined
  const key = later(Math.max(0, ...madeAt))
  if (key) findings.problem(`a Fernet key was made ${key} after the present time`)
  const event = await database.kysely
    .selectFrom('revocation_events')
    .select((eb) => eb.fn.max('revoked_at').as('last'))
    .executeTakeFirst()
  const revocation = later(event?.last === null ? null : Number(event?.last))
  if (revocation)
    findings.problem(
      `a token was revoked ${revocation} after the present time: tokens issued until then are refused`,
    )
  if (database.kind === 'postgresql') {
    const { rows } = await sql<{ now: string }>`select extract(epoch from now()) as now`.execute(
      database.kysely,
    )
    const ahead = Number(rows[0]?.now) - Date.now() / 1000
    if (Math.abs(ahead) > tolerated)
      findings.problem(
        `the clock of the database is ${inWords(Math.abs(ahead))} ${ahead > 0 ? 'ahead' : 'behind'}`,
      )
  }
  return findings.end(`it is ${now.toISOString()}, and nothing was made later`)
}
