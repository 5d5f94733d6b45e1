import { cloudScopes, collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/endpoint.py */
export const endpointPolicy = collectionPolicy('endpoint', 'endpoints', {
  readScopes: cloudScopes,
  writeScopes: cloudScopes,
})
