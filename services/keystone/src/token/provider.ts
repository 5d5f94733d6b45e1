import type { Knowledge, FactsProblem, FactsResult } from './knowledge.ts'
import { decrypt, encrypt } from './fernet.ts'
import type { KeyRepository } from './key-repository.ts'
import { decodePayload, encodePayload, type PayloadSettings, type TokenPayload } from './payload.ts'
import { tokenBody, type TokenBody, type TokenFacts } from './render.ts'

/** A token that passed every check. */
export interface ValidToken {
  payload: TokenPayload
  /** Seconds since 1970. */
  issuedAt: number
  facts: TokenFacts
  body: TokenBody
}

/** Why a token was refused; for the log, never for the client. */
export type TokenProblem = 'absent' | 'unrecognized' | 'expired' | 'revoked' | FactsProblem
export type Validation = { token: ValidToken } | { problem: TokenProblem }
export type Issued = { text: string; token: ValidToken } | { problem: FactsProblem }

export interface ProviderOptions {
  keys: KeyRepository
  /** What is known of the database as it is now. */
  knowledge: () => Promise<Knowledge>
  settings: PayloadSettings
  /** Seconds that a new token lives. */
  expiration: number
  /** Seconds after its expiry in which a token may still be validated with `allowExpired`. */
  allowExpiredWindow: number
  now: () => Date
  randomBytes: (count: number) => Buffer
}

/** What a new token is for. */
export type TokenRequest = Pick<TokenPayload, 'userId' | 'methods' | 'projectId' | 'domainId' | 'system'> & {
  /** The token it comes from: its expiry and its first audit id are inherited. */
  parent?: TokenPayload
}

/** Makes tokens and decides whether they hold. */
export class TokenProvider {
  readonly #options: ProviderOptions

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  /** What a token for this subject would say, without making one. */
  async factsOf(subject: Omit<TokenRequest, 'methods' | 'parent'>): Promise<FactsResult> {
    return (await this.#options.knowledge()).facts(subject)
  }

  /**
   * A new token, or what stands against it. A fresh one lives for `[token] expiration`, one that comes from another
   * token no longer than that one.
   *
   * @returns the text for X-Subject-Token beside the token
   */
  async issue({ parent, ...subject }: TokenRequest): Promise<Issued> {
    const { keys, settings, expiration, now, randomBytes } = this.#options
    const found = await this.factsOf(subject)
    if ('problem' in found) return found
    const issuedAt = Math.floor(now().getTime() / 1000)
    const chain = parent ? [parent.auditIds[1] ?? parent.auditIds[0]!] : []
    const payload: TokenPayload = {
      ...subject,
      auditIds: [randomBytes(16).toString('base64url'), ...chain],
      expiresAt: parent?.expiresAt ?? issuedAt + expiration,
    }
    const text = encrypt(keys.primary(), encodePayload(payload, settings), issuedAt, randomBytes(16))
    const body = tokenBody(payload, issuedAt, found.facts)
    return { text, token: { payload, issuedAt, facts: found.facts, body } }
  }

  /**
   * Decides whether a token holds: readable, not expired (or within the window), user and scope there and enabled with
   * a role left, not revoked.
   *
   * @param options.allowExpired accept it for `allow_expired_window` longer
   * @see keystone, token/provider.py
   */
  async validate(text: string | undefined, options: { allowExpired?: boolean } = {}): Promise<Validation> {
    if (!text) return { problem: 'absent' }
    const opened = decrypt(this.#options.keys.keys(), text)
    const payload = opened && decodePayload(opened.payload, this.#options.settings)
    if (!payload) return { problem: 'unrecognized' }
    const { issuedAt } = opened
    if (this.#isExpired(payload, options.allowExpired === true)) return { problem: 'expired' }
    const known = await this.#options.knowledge()
    const found = await known.facts(payload)
    if ('problem' in found) return found
    const { facts } = found
    if ((await known.revocations()).hits(revocable(payload, issuedAt, facts))) return { problem: 'revoked' }
    return { token: { payload, issuedAt, facts, body: tokenBody(payload, issuedAt, facts) } }
  }

  #isExpired(payload: TokenPayload, allowExpired: boolean): boolean {
    const window = allowExpired ? this.#options.allowExpiredWindow : 0
    return this.#options.now().getTime() >= (payload.expiresAt + window) * 1000
  }
}

function revocable(payload: TokenPayload, issuedAt: number, facts: TokenFacts) {
  const [auditId, parentAuditId] = payload.auditIds
  return {
    auditId,
    auditChainId: parentAuditId ?? auditId,
    issuedAt,
    expiresAt: payload.expiresAt,
    trustId: payload.trustId,
    accessTokenId: payload.accessTokenId,
    userIds: [payload.userId],
    projectId: payload.projectId,
    domainIds: [facts.user.domain.id, facts.project?.domain.id ?? facts.domain?.id],
    roleIds: facts.roles.map((role) => role.id),
  }
}
