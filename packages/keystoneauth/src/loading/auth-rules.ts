/** The values of one set of credentials, by option name; options that are not set are absent. */
export type AuthValues = Readonly<Record<string, string | undefined>>

/** What is wrong with a set of values. */
export interface Faults {
  /** For each thing that has to be set, the options by which it can be. */
  missing: readonly (readonly string[])[]
  /** Sentences, without values. */
  contradictions: readonly string[]
}

export type Rule = (values: AuthValues) => Partial<Faults>

/** What several rules find. */
export function faultsOf(values: AuthValues, rules: readonly Rule[]): Faults {
  const found = rules.map((rule) => rule(values))
  return {
    missing: found.flatMap(({ missing = [] }) => missing),
    contradictions: found.flatMap(({ contradictions = [] }) => contradictions),
  }
}

/** Each of the options has to be set. */
export function required(...names: string[]): Rule {
  return (values) => ({ missing: names.filter((name) => !values[name]).map((name) => [name]) })
}

/** One of the options has to be set. */
export function oneOf(...names: string[]): Rule {
  return (values) => (names.some((name) => values[name]) ? {} : { missing: [names] })
}

const defaultDomain = ['default_domain_id', 'default_domain_name']

/** A user or a project by its name has a domain. */
export function withDomain(of: 'user' | 'project'): Rule {
  const name = of === 'user' ? 'username' : 'project_name'
  const names = [`${of}_domain_name`, `${of}_domain_id`]
  return (values) => {
    const needed = values[name] && !values[`${of}_id`]
    return needed && ![...names, ...defaultDomain].some((other) => values[other]) ? { missing: [names] } : {}
  }
}

const scopes: readonly (readonly string[])[] = [
  ['project_id', 'project_name'],
  ['domain_id', 'domain_name'],
  ['system_scope'],
  ['trust_id'],
]

/** A token has at most one scope. */
export const oneScope: Rule = (values) => {
  const set = scopes.flatMap((names) => names.find((name) => values[name]) ?? [])
  const wrongSystem = values['system_scope'] && values['system_scope'] !== 'all'
  return {
    contradictions: [
      ...(set.length > 1 ? [`${set.join(', ')} exclude each other, as a token has one scope`] : []),
      ...(wrongSystem ? ['system_scope has one value only: all'] : []),
    ],
  }
}

/** An application credential brings its scope along. */
export const noScope: Rule = (values) => {
  const set = scopes.flat().filter((name) => values[name])
  if (set.length === 0) return {}
  return {
    contradictions: [`${set.join(', ')} cannot be set, as an application credential has its own scope`],
  }
}

/** An application credential by its name, which is unique for its user only. */
export function isNamedCredential(values: AuthValues): boolean {
  return !values['application_credential_id'] && !!values['application_credential_name']
}

export const applicationCredentialRules: readonly Rule[] = [
  required('application_credential_secret'),
  oneOf('application_credential_id', 'application_credential_name'),
]

/** A rule that holds in some cases. */
export function when(holds: (values: AuthValues) => boolean, ...rules: Rule[]): Rule {
  return (values) => (holds(values) ? faultsOf(values, rules) : {})
}

/** A sentence if something is wrong that no other rule says. */
export function contradiction(judge: (values: AuthValues) => string | undefined): Rule {
  return (values) => {
    const sentence = judge(values)
    return sentence === undefined ? {} : { contradictions: [sentence] }
  }
}
