import { cloudScopes, collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/endpoint.py */
export const endpointPolicy = collectionPolicy(
  {
    list: 'identity:list_endpoints',
    get: 'identity:get_endpoint',
    create: 'identity:create_endpoint',
    update: 'identity:update_endpoint',
    delete: 'identity:delete_endpoint',
  },
  {
    readScopes: cloudScopes,
    writeScopes: cloudScopes,
  },
)
