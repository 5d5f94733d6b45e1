import { badRequest } from '../api-error.ts'

/** The part of a list that a request asks for. */
export interface Page {
  /** Items at most. */
  limit: number
  /** Id of the last item of the page before. */
  marker?: string
}

type Query = Record<string, unknown>

/**
 * Reads `limit` and `marker`.
 *
 * @param options.maxLimit what an answer holds at most, and by default
 * @param options.zero what `limit=0` means: `max` (compute, identity) or `none`, an empty page (image); default `max`
 * @throws ApiError 400 `invalid_limit`
 */
export function pageOf(query: Query, options: { maxLimit: number; zero?: 'max' | 'none' }): Page {
  const { maxLimit, zero = 'max' } = options
  const page: Page = { limit: limitOf(query['limit'], maxLimit, zero) }
  const marker = last(query['marker'])
  if (marker !== undefined && marker !== '') page.marker = marker
  return page
}

function limitOf(value: unknown, maxLimit: number, zero: 'max' | 'none'): number {
  const text = last(value)
  if (text === undefined) return maxLimit
  if (!/^\d{1,15}$/.test(text))
    throw badRequest('limit must be an integer, 0 or greater', { code: 'invalid_limit' })
  const limit = Number(text)
  if (limit === 0) return zero === 'max' ? maxLimit : 0
  return Math.min(limit, maxLimit)
}

function last(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value.at(-1) : value
  return asText(one)
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
}

export interface PageFacts {
  /** URL or path of the list, without a query. */
  url: string
  query: Query
  page: Page
  /** Ids of the items in the answer, in order. */
  ids: readonly string[]
}

/** URL of the next page, or undefined if this one is not full. */
export function nextPage({ url, query, page, ids }: PageFacts): string | undefined {
  const marker = ids.at(-1)
  if (marker === undefined || page.limit === 0 || ids.length < page.limit) return undefined
  return withQuery(url, { ...query, marker })
}

/** Compute's and block storage's form: `{servers_links: [{rel: 'next', href}]}`, or nothing on the last page. */
export function computePageLinks(
  collection: string,
  facts: PageFacts,
): Record<string, { rel: 'next'; href: string }[]> {
  const href = nextPage(facts)
  return href === undefined ? {} : { [`${collection}_links`]: [{ rel: 'next', href }] }
}

/** Image's form: `{first, next?}`, both paths. */
export function imagePageLinks(facts: PageFacts): { first: string; next?: string } {
  const { marker: _marker, ...query } = facts.query
  const first = withQuery(facts.url, query)
  const next = nextPage(facts)
  return next === undefined ? { first } : { first, next }
}

/** Identity's form: `{self, next, previous}`, null where there is no such page. */
export function identityPageLinks(facts: PageFacts): { self: string; next: string | null; previous: null } {
  return { self: withQuery(facts.url, facts.query), next: nextPage(facts) ?? null, previous: null }
}

function withQuery(url: string, query: Query): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) {
      const text = asText(one)
      if (text !== undefined) search.append(name, text)
    }
  }
  const text = search.toString()
  return text === '' ? url : `${url}?${text}`
}
