import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type Collection, type CollectionDeps } from '../collection.ts'
import type { DomainRow } from '../db/tables.ts'
import { domainChange, domainFilters, newDomain, type DomainChange, type NewDomain } from './schema.ts'

const words = {
  singular: 'domain',
  plural: 'domains',
  create: newDomain,
  update: domainChange,
  filters: domainFilters,
}

/** @see Identity API v3, domains */
export function domainRoutes(
  app: ApiApp,
  deps: CollectionDeps,
  domains: Collection<DomainRow, NewDomain, DomainChange>,
): void {
  collectionRoutes(app, deps, words, domains)
}
