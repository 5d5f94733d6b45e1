import { valuesOf } from './fields.ts'
import type { ListQuery } from './list-query.ts'

/** Where a list is, and what it was asked. */
export interface ListFacts {
  /** Plural noun of the resource, such as `networks`. */
  collection: string
  url: string
  query: Record<string, unknown>
  page: Pick<ListQuery, 'limit' | 'reverse'>
  /** Of the items in the answer, in order. */
  ids: readonly string[]
}

/**
 * `{networks_links: [{rel: 'next', href}, {rel: 'previous', href}]}`; nothing without a limit.
 *
 * @see openstack/neutron neutron/api/api_common.py, get_pagination_links
 */
export function listLinks({ collection, url, query, page, ids }: ListFacts): Record<string, unknown> {
  const { limit, reverse } = page
  if (limit === undefined) return {}
  const isShort = ids.length < limit
  const links = [
    ...(isShort && !reverse ? [] : [{ rel: 'next', href: href(url, query, ids.at(-1), false) }]),
    ...(isShort && reverse ? [] : [{ rel: 'previous', href: href(url, query, ids[0], true) }]),
  ]
  return links.length > 0 ? { [`${collection}_links`]: links } : {}
}

function href(url: string, query: Record<string, unknown>, marker: string | undefined, reverse: boolean) {
  const search = new URLSearchParams()
  for (const name of Object.keys(query)) {
    if (name === 'page_reverse' || (name === 'marker' && marker !== undefined)) continue
    for (const value of valuesOf(query, name)) search.append(name, value)
  }
  if (marker !== undefined) search.set('marker', marker)
  if (reverse) search.set('page_reverse', 'True')
  return `${url}?${search.toString()}`
}
