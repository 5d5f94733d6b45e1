import { cloudScopes, collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/service.py */
export const servicePolicy = collectionPolicy('service', 'services', {
  readScopes: cloudScopes,
  writeScopes: cloudScopes,
})
