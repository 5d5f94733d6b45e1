import { hash } from 'node:crypto'
import { Circuit } from './circuit.ts'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import type { FetchToken } from './fetch-token.ts'
import { frozen } from './frozen.ts'
import type { AuthTokenMetrics } from './metrics.ts'
import { refusedTokens } from './refused-tokens.ts'
import { cacheEntry, knownToken, type CachedToken, type KnownToken, type TokenCache } from './token-cache.ts'
import { WaitingLine } from './waiting-line.ts'

/** What a lookup needs. */
export interface TokenLookupOptions {
  fetchToken: FetchToken
  cache: TokenCache
  /** Seconds; 0 or less keeps nothing, neither answers nor refusals. */
  cacheSeconds: number
  windowSeconds: number
  now: () => Date
  /** 0 to 1. */
  random: () => number
  metrics: AuthTokenMetrics | undefined
}

/** How a token is asked for. */
export interface Question {
  allowExpired: boolean
  visit: Visit
}

/** The request on whose behalf a token is looked up; see {@link Circuit}. */
export interface Visit {
  /** Milliseconds since the epoch: when it came. */
  at: number
}

/** A question to Keystone. */
interface Inquiry {
  token: string
  key: string
  allowExpired: boolean
  probe: boolean
  /** What it said last, whether that may still be used or not. */
  known: CachedToken | undefined
  /** Milliseconds since the epoch; undefined: it waits for its turn. */
  sentAt?: number
}

/** Milliseconds for which others wait for a question that was sent; after that it may be lost, and is asked anew. */
const sharedMilliseconds = 3000

// Visible ASCII; anything else cannot be a token and must not reach a header.
const wellFormed = /^[\x21-\x7e]+$/

/** Finds out what Keystone says of a token, with as few questions as possible. */
export class TokenLookup {
  readonly #options: TokenLookupOptions
  readonly #refused = refusedTokens()
  readonly #circuit = new Circuit()
  #line = new WaitingLine()
  readonly #flights = new Map<string, { inquiry: Inquiry; answer: Promise<KnownToken> }>()

  constructor(options: TokenLookupOptions) {
    this.#options = options
  }

  /**
   * What is known of the token; of an expired one too, if a cached answer to `allow_expired` holds it, so the caller checks expiry.
   * At once when a cache in this process holds it: a warm request makes no promise.
   *
   * @throws InvalidToken when Keystone does not know the token
   * @throws ValidationUnavailable when it could not be asked
   */
  look(token: string, question: Question): KnownToken | Promise<KnownToken> {
    const key = hash('sha256', token, 'base64url')
    if (this.#options.cacheSeconds <= 0) return this.#inquire(token, key, question)
    const entry = this.#cached(key, token)
    return entry instanceof Promise
      ? entry.then((found) => this.#answer(token, key, question, found))
      : this.#answer(token, key, question, entry)
  }

  #answer(
    token: string,
    key: string,
    question: Question,
    entry: CachedToken | undefined,
  ): KnownToken | Promise<KnownToken> {
    const { metrics } = this.#options
    const now = question.visit.at
    if (entry && now <= entry.until) {
      metrics?.looked?.('hit')
      if (now >= entry.refreshAt) this.#refresh(token, key, entry, question.allowExpired, now)
      return entry
    }
    const refusal = this.#refused.get(key, question.allowExpired, now)
    if (refusal) {
      metrics?.looked?.('refused')
      throw refusal
    }
    return this.#inquire(token, key, question, entry)
  }

  // What is in the cache was well-formed when it was asked for.
  #inquire(token: string, key: string, question: Question, ended?: CachedToken): Promise<KnownToken> {
    if (!wellFormed.test(token)) throw new InvalidToken()
    const { visit } = question
    const silence = this.#circuit.listen(visit.at)
    if (silence) this.#line.refuse(silence)
    const probe = this.#circuit.admit(visit, visit.at)
    return this.#share({ token, key, allowExpired: question.allowExpired, probe, known: ended })
  }

  /** The request is over. */
  leave(visit: Visit): void {
    this.#circuit.leave(visit)
  }

  #cached(key: string, token: string): CachedToken | undefined | Promise<CachedToken | undefined> {
    try {
      const entry = this.#options.cache.get(key, token)
      return entry instanceof Promise ? entry.catch(() => undefined) : entry
    } catch {
      return undefined
    }
  }

  // One question at a time per token and kind, shared by all who ask it. A probe has to be a question of its own.
  #share(inquiry: Inquiry): Promise<KnownToken> {
    const { key, allowExpired, probe } = inquiry
    const { metrics } = this.#options
    const name = `${key} ${allowExpired}`
    const underway = this.#flights.get(name)
    if (underway && !probe && !this.#mayBeLost(underway.inquiry)) {
      metrics?.looked?.('joined')
      return underway.answer
    }
    metrics?.looked?.('miss')
    const ask = () => this.#ask(inquiry)
    // Whether Keystone is back is found out at once.
    const asked = probe ? ask() : this.#line.ask(ask)
    const answer = asked.finally(() => {
      if (this.#flights.get(name)?.inquiry === inquiry) this.#flights.delete(name)
    })
    this.#flights.set(name, { inquiry, answer })
    return answer
  }

  #mayBeLost({ sentAt }: Inquiry): boolean {
    return sentAt !== undefined && this.#options.now().getTime() - sentAt >= sharedMilliseconds
  }

  async #ask(inquiry: Inquiry): Promise<KnownToken> {
    const { token, allowExpired, probe, known } = inquiry
    const { fetchToken, metrics, now } = this.#options
    const begin = now().getTime()
    const seconds = () => (now().getTime() - begin) / 1000
    inquiry.sentAt = begin
    this.#circuit.asked(inquiry, begin)
    try {
      const found = knownToken(frozen(await fetchToken(token, { allowExpired, probe })))
      this.#answered()
      metrics?.asked?.('known', seconds())
      await this.#keep(inquiry, found)
      return found
    } catch (error) {
      if (error instanceof InvalidToken) {
        this.#answered()
        metrics?.asked?.('refused', seconds())
        const refusal = known ? new InvalidToken({ cause: error, expiresAt: known.expiresAt }) : error
        await this.#forget(inquiry, refusal)
        throw refusal
      }
      const unavailable = asUnavailable(error)
      if (unavailable.outage) this.#failed(inquiry, unavailable)
      else this.#answered()
      metrics?.asked?.('unavailable', seconds())
      throw unavailable
    } finally {
      this.#circuit.ended(inquiry, now().getTime())
    }
  }

  // What was asked before the return may never be answered: nobody shall wait for it, nor for its place.
  #answered(): void {
    if (!this.#circuit.answered()) return
    this.#flights.clear()
    this.#line = new WaitingLine()
  }

  async #keep({ token, key, allowExpired }: Inquiry, found: KnownToken): Promise<void> {
    const { cache, cacheSeconds, windowSeconds, now, random } = this.#options
    if (cacheSeconds <= 0) return
    const life = { now: now().getTime(), allowExpired, cacheSeconds, windowSeconds, random: random() }
    const entry = cacheEntry(found, life)
    if (entry) await settled(() => cache.set(key, entry, token))
  }

  async #forget({ token, key, allowExpired }: Inquiry, refusal: InvalidToken): Promise<void> {
    const { cache, cacheSeconds, now } = this.#options
    if (cacheSeconds <= 0) return
    this.#refused.add(key, allowExpired, now().getTime(), refusal)
    await settled(() => cache.delete(key, token))
  }

  // Those who wait would only meet the same.
  #failed(inquiry: Inquiry, outage: ValidationUnavailable): void {
    if (this.#circuit.failed(inquiry, outage)) this.#line.refuse(outage)
  }

  // Renews an entry that is about to end, while it still serves; a Keystone that is down or busy changes nothing.
  #refresh(token: string, key: string, entry: CachedToken, allowExpired: boolean, now: number): void {
    const expired = entry.expiresAt < now
    if (this.#circuit.open || this.#line.busy || (expired && !allowExpired)) return
    const inquiry = { token, key, allowExpired, probe: false, known: entry }
    void Promise.try(() => this.#share(inquiry)).catch(() => undefined)
  }
}

async function settled(act: () => void | Promise<void>): Promise<void> {
  try {
    await act()
  } catch {
    // A store that fails is a store without the entry.
  }
}

function asUnavailable(error: unknown): ValidationUnavailable {
  if (error instanceof ValidationUnavailable) return error
  return new ValidationUnavailable('keystone_failed', { cause: error, outage: false })
}
