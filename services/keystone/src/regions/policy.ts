import type { PolicyRule } from '@longhaul/oslo/policy'
import { cloudScopes, collectionPolicy } from '../policy.ts'

/** A region may be made under an id of the client's choice. */
const createdWithId = { method: 'PUT', path: '/v3/regions/{region_id}' }

/** Regions are open to everybody who is authenticated. @see keystone, common/policies/region.py */
export const regionPolicy = collectionPolicy(
  {
    list: 'identity:list_regions',
    get: 'identity:get_region',
    create: 'identity:create_region',
    update: 'identity:update_region',
    delete: 'identity:delete_region',
  },
  {
    list: '',
    get: '',
    writeScopes: cloudScopes,
  },
).map((rule): PolicyRule =>
  rule.action === 'identity:create_region'
    ? { ...rule, operations: [...(rule.operations ?? []), createdWithId] }
    : rule,
)
