import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type Collection, type CollectionDeps } from '../collection.ts'
import type { RoleRow } from '../db/tables.ts'
import { newRole, roleChange, roleFilters, type NewRole, type RoleChange } from './schema.ts'

const words = { singular: 'role', plural: 'roles', create: newRole, update: roleChange, filters: roleFilters }

/** @see Identity API v3, roles */
export function roleRoutes(
  app: ApiApp,
  deps: CollectionDeps,
  roles: Collection<RoleRow, NewRole, RoleChange>,
): void {
  collectionRoutes(app, deps, words, roles)
}
