import { cloudScopes, collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/service.py */
export const servicePolicy = collectionPolicy(
  {
    list: 'identity:list_services',
    get: 'identity:get_service',
    create: 'identity:create_service',
    update: 'identity:update_service',
    delete: 'identity:delete_service',
  },
  {
    readScopes: cloudScopes,
    writeScopes: cloudScopes,
  },
)
