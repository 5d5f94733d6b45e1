/** A reference in a value that cannot be replaced. The message names the reference: a secret's owner must not show it. */
export class InterpolationError extends Error {}

// `$$`, `\$`, or a reference: $name, ${name}, $group.name, ${group.name}.
const reference =
  /[$\\](\$)|\$\{([A-Za-z_][A-Za-z0-9_.-]*)\}|\$([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)/g

/**
 * Replaces references by the values of other options; `$$` and `\$` give one `$`. A `$` that begins no reference stays.
 *
 * As in the original this holds for every value, a password too: its `$` is written `$$`.
 *
 * @param text the value as written
 * @param lookUp the text of `group.name` (group undefined: the option's own group, then DEFAULT); undefined when unknown
 * @throws InterpolationError for an unknown reference
 * @see oslo.config, ConfigOpts, string substitution
 */
export function interpolate(
  text: string,
  lookUp: (group: string | undefined, name: string) => string | undefined,
): string {
  if (!text.includes('$')) return text
  return text.replace(reference, (_whole, dollar?: string, braced?: string, bare?: string) => {
    if (dollar) return '$'
    const path = braced ?? bare ?? ''
    const split = path.indexOf('.')
    const known = split < 0 ? lookUp(undefined, path) : lookUp(path.slice(0, split), path.slice(split + 1))
    if (known !== undefined) return known
    // `$host.example` without braces: the name may end before the dot.
    const short = split > 0 && bare ? lookUp(undefined, path.slice(0, split)) : undefined
    if (short !== undefined) return short + path.slice(split)
    throw new InterpolationError(`refers to $${path}, which is not an option; write $$ for a dollar sign`)
  })
}
