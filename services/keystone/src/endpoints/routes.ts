import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type Collection, type CollectionDeps } from '../collection.ts'
import type { EndpointRow } from '../db/tables.ts'
import {
  endpointChange,
  endpointFilters,
  newEndpoint,
  type EndpointChange,
  type NewEndpoint,
} from './schema.ts'

const words = {
  singular: 'endpoint',
  plural: 'endpoints',
  create: newEndpoint,
  update: endpointChange,
  filters: endpointFilters,
}

/** @see Identity API v3, service catalog: endpoints */
export function endpointRoutes(
  app: ApiApp,
  deps: CollectionDeps,
  endpoints: Collection<EndpointRow, NewEndpoint, EndpointChange>,
): void {
  collectionRoutes(app, deps, words, endpoints)
}
