// How a table of crashes is written down: a row for each place of an operation, a column for each process.

/** One place of an operation, and the end for each victim, in the order of the table's victims. */
export type Row = readonly [point: string, ends: string]

/** One crash: who is killed, where the operation stands then, and how it has to end. */
export interface CrashCase<Operation extends string, Victim extends string, End extends string> {
  operation: Operation
  point: string
  victim: Victim
  end: End
}

/** `.`: there is no such process yet, or any more. `-`: another place shows the same. */
const none = '.-'

/** Every case of a table. */
export function casesOf<Operation extends string, Victim extends string, End extends string>(
  rows: Record<Operation, readonly Row[]>,
  victims: readonly Victim[],
): CrashCase<Operation, Victim, End>[] {
  return (Object.keys(rows) as Operation[]).flatMap((operation) =>
    rows[operation].flatMap(([point, ends]) => {
      if (ends.length !== victims.length) throw new Error(`${operation}, ${point}: ${ends.length} ends`)
      return victims.flatMap((victim, column) => {
        const end = ends[column]!
        return none.includes(end) ? [] : [{ operation, point, victim, end: end as End }]
      })
    }),
  )
}

/** What is armed for a case: steps are told with their operation, jobs without. */
export function armedPoint({ operation, point }: { operation: string; point: string }): string {
  return point.startsWith('step ') ? `${operation} ${point}` : point
}
