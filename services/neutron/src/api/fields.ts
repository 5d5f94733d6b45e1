type Query = Record<string, unknown>

/** The values of a parameter that may be repeated. */
export function valuesOf(query: Query, name: string): string[] {
  if (!Object.hasOwn(query, name)) return []
  return [query[name]].flat().filter((value) => typeof value === 'string')
}

/** What of a resource `fields` asks for, all of it without. */
export function withFields(query: Query): (document: Record<string, unknown>) => Record<string, unknown> {
  const wanted = new Set(valuesOf(query, 'fields').filter((name) => name !== ''))
  if (wanted.size === 0) return (document) => document
  return (document) => Object.fromEntries(Object.entries(document).filter(([name]) => wanted.has(name)))
}
