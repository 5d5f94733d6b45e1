/**
 * Whether a path fits an access rule's pattern: `{tag}` and `*` stand for one or more characters other than `/`, `**` for
 * anything, everything else for itself. Takes time proportional to pattern times path, whoever wrote the pattern.
 *
 * @param path without a query string
 * @see keystonemiddleware auth_token, access rules; there the other characters are a regular expression
 */
export function pathMatches(pattern: string, path: string): boolean {
  let reached = Array.from({ length: path.length + 1 }, (_unused, position) => position === 0)
  const parts = pattern.split(/(\*\*|\*|\{[^}]*\})/)
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 0) reached = afterLiteral(reached, part, path)
    else reached = part === '**' ? afterAnything(reached) : afterSegment(reached, path)
  }
  return reached[path.length] === true
}

function afterLiteral(reached: readonly boolean[], literal: string, path: string): boolean[] {
  if (literal === '') return [...reached]
  const after = reached.map(() => false)
  for (const [position, here] of reached.entries()) {
    if (here && path.startsWith(literal, position)) after[position + literal.length] = true
  }
  return after
}

function afterSegment(reached: readonly boolean[], path: string): boolean[] {
  const after = reached.map(() => false)
  for (let position = 0; position < path.length; position++) {
    after[position + 1] = path[position] !== '/' && (reached[position] === true || after[position] === true)
  }
  return after
}

function afterAnything(reached: readonly boolean[]): boolean[] {
  const first = reached.indexOf(true)
  return reached.map((_here, position) => first >= 0 && position >= first)
}
