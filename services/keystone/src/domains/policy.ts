import { cloudScopes, collectionPolicy, readsAll } from '../policy.ts'

/** @see keystone, common/policies/domain.py */
export const domainPolicy = collectionPolicy(
  {
    list: 'identity:list_domains',
    get: 'identity:get_domain',
    create: 'identity:create_domain',
    update: 'identity:update_domain',
    delete: 'identity:delete_domain',
  },
  {
    list: `${readsAll} or (role:reader and domain_id:%(target.domain.id)s)`,
    get: `${readsAll} or domain_id:%(target.domain.id)s or project_domain_id:%(target.domain.id)s`,
    writeScopes: cloudScopes,
  },
)
