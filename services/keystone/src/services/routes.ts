import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type Collection, type CollectionDeps } from '../collection.ts'
import type { ServiceRow } from '../db/tables.ts'
import { newService, serviceChange, serviceFilters, type NewService, type ServiceChange } from './schema.ts'

const words = {
  singular: 'service',
  plural: 'services',
  create: newService,
  update: serviceChange,
  filters: serviceFilters,
}

/** @see Identity API v3, service catalog: services */
export function serviceRoutes(
  app: ApiApp,
  deps: CollectionDeps,
  services: Collection<ServiceRow, NewService, ServiceChange>,
): void {
  collectionRoutes(app, deps, words, services)
}
