import { cloudScopes, collectionPolicy } from '../policy.ts'

/** Regions are open to everybody who is authenticated. @see keystone, common/policies/region.py */
export const regionPolicy = collectionPolicy('region', 'regions', {
  list: '',
  get: '',
  writeScopes: cloudScopes,
})
