import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type CollectionDeps } from '../collection.ts'
import { impliedRoleRoutes } from './implied-role-routes.ts'
import type { ImpliedRoles } from './implied-roles.ts'
import type { Roles } from './roles.ts'
import { newRole, roleChange, roleFilters } from './schema.ts'

const words = {
  singular: 'role',
  plural: 'roles',
  create: newRole,
  update: roleChange,
  filters: roleFilters,
  // The roles of a domain have actions of their own.
  nouns: ({ domain_id }: Record<string, unknown>) =>
    domain_id === undefined || domain_id === null
      ? { singular: 'role', plural: 'roles' }
      : { singular: 'domain_role', plural: 'domain_roles' },
  listTarget: (domain_id: string) => ({ domain_id }),
}

/** @see Identity API v3, roles */
export function roleRoutes(app: ApiApp, deps: CollectionDeps, roles: Roles, implied: ImpliedRoles): void {
  collectionRoutes(app, deps, words, roles)
  impliedRoleRoutes(app, deps, roles, implied)
}
