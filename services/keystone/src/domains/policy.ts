import { collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/domain.py */
export const domainPolicy = collectionPolicy('domain', 'domains', {
  list: 'rule:admin_or_system_reader',
  get:
    'rule:admin_or_system_reader or domain_id:%(target.domain.id)s or ' +
    'project_domain_id:%(target.domain.id)s',
})
