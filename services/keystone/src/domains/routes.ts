import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type CollectionDeps } from '../collection.ts'
import type { Domains } from './domains.ts'
import { domainChange, domainFilters, newDomain } from './schema.ts'

const words = {
  singular: 'domain',
  plural: 'domains',
  create: newDomain,
  update: domainChange,
  filters: domainFilters,
  listTarget: (id: string) => ({ domain: { id } }),
}

/** @see Identity API v3, domains */
export function domainRoutes(app: ApiApp, deps: CollectionDeps, domains: Domains): void {
  collectionRoutes(app, deps, words, domains)
}
