import { collectionPolicy } from '../policy.ts'

/** @see keystone, common/policies/project.py */
export const projectPolicy = collectionPolicy('project', 'projects', {
  list: 'rule:admin_or_system_reader',
  get: 'rule:admin_or_system_reader or project_id:%(target.project.id)s',
})
