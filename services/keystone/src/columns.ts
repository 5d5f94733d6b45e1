// How values of the API stand in rows.

/** The attributes that a row has no column for; they are stored and given back as they came. */
export function extraOf(input: Record<string, unknown>, known: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !known.includes(name)))
}

/** The further attributes after a change: those of the row, those of the change above them. */
export function mergedExtra(
  stored: string,
  input: Record<string, unknown>,
  known: readonly string[],
): string {
  return JSON.stringify({ ...readObject(stored), ...extraOf(input, known) })
}

/** The options after a change; null takes one away. */
export function mergedOptions(stored: string, change: Record<string, unknown> | undefined): string {
  const merged = Object.entries({ ...readObject(stored), ...change }).filter(([, value]) => value !== null)
  return JSON.stringify(Object.fromEntries(merged))
}

export function readObject(json: string): Record<string, unknown> {
  return JSON.parse(json) as Record<string, unknown>
}

export function readTags(json: string): string[] {
  return JSON.parse(json) as string[]
}

/** A boolean for a row. @param fallback for an absent or null one */
export function flag(value: boolean | null | undefined, fallback: boolean): number {
  return (value ?? fallback) ? 1 : 0
}

/** The columns of a change that were given. */
export function given<T extends Record<string, unknown>>(
  columns: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(columns).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** A filter's boolean: `0` and `false` are false, everything else is true. @see keystone, server/flask/common.py */
export function filterFlag(value: string): number {
  return /^(?:0|false)$/i.test(value) ? 0 : 1
}
