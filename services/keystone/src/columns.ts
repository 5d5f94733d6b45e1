// How values of the API stand in rows.

/** The attributes that a row has no column for; they are stored and given back as they came. */
function extraOf(input: Record<string, unknown>, known: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !known.includes(name)))
}

/** The further attributes of something new. Their names become what Python could call an attribute. */
export function newExtra(input: Record<string, unknown>, known: readonly string[]): string {
  const entries = Object.entries(extraOf(input, known))
  return JSON.stringify(
    Object.fromEntries(entries.map(([name, value]) => [name.replaceAll(/[-:]/g, '_'), value])),
  )
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

/** A boolean for a row. */
export function flag(value: boolean): number
export function flag(value: boolean | undefined): number | undefined
export function flag(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value)
}

/** The columns of a change that were given. */
export function given<T extends Record<string, unknown>>(
  columns: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(columns).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
