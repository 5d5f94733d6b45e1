/** A rule or a policy file cannot be used. A service that meets it must not start. */
export class PolicyError extends Error {
  override name = 'PolicyError'
  readonly code = 'policy_invalid'
  readonly rule: string | undefined
  readonly file: string | undefined

  constructor(message: string, where: { rule?: string | undefined; file?: string | undefined } = {}) {
    const place = [where.file, where.rule === undefined ? undefined : `rule '${where.rule}'`]
      .filter(Boolean)
      .join(', ')
    super(place === '' ? message : `${place}: ${message}`)
    this.rule = where.rule
    this.file = where.file
  }
}
