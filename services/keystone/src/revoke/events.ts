import type { RevocationEventRow } from '../db/tables.ts'

/** What of a token decides whether an event hits it. */
export interface RevocableToken {
  auditId: string | undefined
  /** Audit id of the first token of its line. */
  auditChainId: string | undefined
  /** Seconds since 1970. */
  issuedAt: number
  /** Seconds since 1970. */
  expiresAt: number
  trustId: string | undefined
  accessTokenId: string | undefined
  /** The user; with a trust, trustor and trustee. */
  userIds: readonly string[]
  projectId: string | undefined
  /** Domains of the user and of the scope. */
  domainIds: readonly (string | undefined)[]
  roleIds: readonly string[]
}

/** Why tokens are revoked; each attribute that is given must match. */
export interface RevocationCause {
  auditId?: string
  userId?: string
  projectId?: string
  domainId?: string
}

/** For each attribute of an event the values of a token that it may equal; OAuth consumers are in no token. */
const attributes = {
  audit_id: (token) => [token.auditId],
  audit_chain_id: (token) => [token.auditChainId],
  user_id: (token) => token.userIds,
  project_id: (token) => [token.projectId],
  domain_id: (token) => token.domainIds,
  trust_id: (token) => [token.trustId],
  access_token_id: (token) => [token.accessTokenId],
  role_id: (token) => token.roleIds,
  expires_at: (token) => [token.expiresAt],
  consumer_id: () => [],
} satisfies Partial<
  Record<keyof RevocationEventRow, (token: RevocableToken) => readonly (string | number | undefined)[]>
>

type Attribute = keyof typeof attributes
const names = Object.keys(attributes) as Attribute[]

/**
 * Whether an event hits a token: it was issued in or before the event's second and has all of its attributes. Whole
 * seconds count, so a token that was issued in the very second of the event is hit too.
 *
 * @see keystone, models/revoke_model.py
 */
function isHit(token: RevocableToken, event: RevocationEventRow): boolean {
  if (event.issued_before < token.issuedAt) return false
  return names.every((name) => {
    const wanted = event[name]
    return wanted === null || (attributes[name](token) as readonly unknown[]).includes(wanted)
  })
}

/** Events by their first attribute, so that a token is compared only with those that may hit it. */
export class RevocationIndex {
  readonly #byAttribute = new Map<Attribute, Map<string | number, RevocationEventRow[]>>()
  /** Events without an attribute: they hit every older token. */
  readonly #general: RevocationEventRow[] = []

  constructor(events: readonly RevocationEventRow[]) {
    for (const event of events) {
      const name = names.find((one) => event[one] !== null)
      if (name === undefined) this.#general.push(event)
      else this.#listOf(name, event[name]!).push(event)
    }
  }

  hits(token: RevocableToken): boolean {
    if (this.#general.some((event) => isHit(token, event))) return true
    for (const [name, byValue] of this.#byAttribute) {
      for (const value of attributes[name](token)) {
        if (value !== undefined && byValue.get(value)?.some((event) => isHit(token, event))) return true
      }
    }
    return false
  }

  #listOf(name: Attribute, value: string | number): RevocationEventRow[] {
    const byValue = this.#byAttribute.get(name) ?? new Map<string | number, RevocationEventRow[]>()
    this.#byAttribute.set(name, byValue)
    const list = byValue.get(value) ?? []
    byValue.set(value, list)
    return list
  }
}
