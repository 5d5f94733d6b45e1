import { LRUCache } from 'lru-cache'
import type { Knowledge, FactsProblem, FactsResult } from './knowledge.ts'
import { decrypt, encrypt, type Decrypted, type FernetKey } from './fernet.ts'
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
  /** The body as text, once it has been asked for: with and without its catalog. */
  json: { full?: string; bare?: string }
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

/** How a token is looked at. */
export interface ValidateOptions {
  /** Accept it for `allow_expired_window` longer. Default false. */
  allowExpired?: boolean
  /** What was known when the request began; default: what is known now. */
  known?: Knowledge
}

/** Tokens that are kept with all that was found out about them. */
const passedKept = 5000

/** Makes tokens and decides whether they hold. */
export class TokenProvider {
  readonly #options: ProviderOptions
  /** Tokens that hold but for their expiry, as of what is known and of the keys: with either of them they go. */
  readonly #passed = new LRUCache<string, ValidToken>({ max: passedKept })
  #passedWith: { known: Knowledge; keys: readonly FernetKey[] } | undefined

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  /** What is known of the database now. */
  knowledge(): Promise<Knowledge> {
    return this.#options.knowledge()
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
    return { text, token: { payload, issuedAt, facts: found.facts, body, json: {} } }
  }

  /**
   * Decides whether a token holds: readable, not expired (or within the window), user and scope there and enabled with
   * a role left, not revoked.
   *
   * @see keystone, token/provider.py
   */
  async validate(text: string | undefined, options: ValidateOptions = {}): Promise<Validation> {
    if (!text) return { problem: 'absent' }
    const known = options.known ?? (await this.#options.knowledge())
    const asOf = this.#passedAsOf(known)
    const held = this.#passed.get(text)
    if (held) return this.#unlessExpired(held, options)
    const opened = this.#open(text)
    const payload = opened && decodePayload(opened.payload, this.#options.settings)
    if (!payload) return { problem: 'unrecognized' }
    if (this.#isExpired(payload, options)) return { problem: 'expired' }
    const checked = await check(known, payload, opened.issuedAt)
    // Meanwhile the keys or the database may have become others.
    if ('token' in checked && this.#passedWith === asOf) this.#passed.set(text, checked.token)
    return checked
  }

  /** Makes what is kept be of this knowledge and the present keys. */
  #passedAsOf(known: Knowledge): object {
    const keys = this.#options.keys.keys()
    if (this.#passedWith?.known !== known || this.#passedWith.keys !== keys) {
      this.#passed.clear()
      this.#passedWith = { known, keys }
    }
    return this.#passedWith
  }

  /** A token of a key that is not known yet makes us look again. */
  #open(text: string): Decrypted | undefined {
    const { keys } = this.#options
    const known = keys.keys()
    const opened = decrypt(known, text)
    if (opened) return opened
    const latest = keys.latestKeys()
    return latest === known ? undefined : decrypt(latest, text)
  }

  #unlessExpired(token: ValidToken, options: ValidateOptions): Validation {
    return this.#isExpired(token.payload, options) ? { problem: 'expired' } : { token }
  }

  #isExpired(payload: TokenPayload, { allowExpired = false }: ValidateOptions): boolean {
    const window = allowExpired ? this.#options.allowExpiredWindow : 0
    return this.#options.now().getTime() >= (payload.expiresAt + window) * 1000
  }
}

async function check(known: Knowledge, payload: TokenPayload, issuedAt: number): Promise<Validation> {
  const found = await known.facts(payload)
  if ('problem' in found) return found
  const { facts } = found
  if ((await known.revocations()).hits(revocable(payload, issuedAt, facts))) return { problem: 'revoked' }
  return { token: { payload, issuedAt, facts, body: tokenBody(payload, issuedAt, facts), json: {} } }
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
