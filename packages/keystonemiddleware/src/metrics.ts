import type { Reason } from './reasons.ts'

/** Where a token's data came from: kept answer, kept refusal, a question under way, or a new question. */
export type LookupSource = 'hit' | 'refused' | 'joined' | 'miss'

/** How Keystone answered. */
export type AnswerKind = 'known' | 'refused' | 'unavailable'

/** Receives what can be counted; every member is optional. */
export interface AuthTokenMetrics {
  looked?(source: LookupSource): void
  /** @param seconds how long the question took */
  asked?(answer: AnswerKind, seconds: number): void
  /** A request that is not authenticated, whether rejected or passed on. */
  refused?(reason: Reason): void
}
