import { cloudScopes, collectionPolicy, readsAll } from '../policy.ts'

/** @see keystone, common/policies/domain.py */
export const domainPolicy = collectionPolicy('domain', 'domains', {
  list: `${readsAll} or (role:reader and domain_id:%(target.domain.id)s)`,
  get: `${readsAll} or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s`,
  writeScopes: cloudScopes,
})
