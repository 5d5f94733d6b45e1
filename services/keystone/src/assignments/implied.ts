import type { ImpliedRoleRow } from '../db/tables.ts'

/** For each role the roles that it implies directly. */
export type Implications = ReadonlyMap<string, readonly string[]>

export function implicationsOf(rows: readonly ImpliedRoleRow[]): Implications {
  const byPrior = Map.groupBy(rows, (row) => row.prior_role_id)
  return new Map([...byPrior].map(([prior, implied]) => [prior, implied.map((row) => row.implied_role_id)]))
}

/**
 * The roles that a role brings along, at every distance, each once with the role that implies it. A circle of roles ends.
 */
export function impliedBy(role: string, implications: Implications): Map<string, string> {
  const priorOf = new Map<string, string>()
  // A list grows while it is walked: what an implied role implies counts as well.
  const reached = [role]
  for (const prior of reached) {
    for (const implied of implications.get(prior) ?? []) {
      if (implied === role || priorOf.has(implied)) continue
      priorOf.set(implied, prior)
      reached.push(implied)
    }
  }
  return priorOf
}
