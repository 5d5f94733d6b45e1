import type { PolicyRule } from '@longhaul/oslo/policy'
import { collectionPolicy, readsAll } from '../policy.ts'

// A domain has no domain: its null must not be taken for one.
const inDomain = (role: string) =>
  `(role:${role} and domain_id:%(target.project.domain_id)s and not None:%(target.project.domain_id)s)`
const get = `${readsAll} or ${inDomain('reader')} or project_id:%(target.project.id)s`
const write = `rule:admin_required or ${inDomain('manager')}`

const tags = '/v3/projects/{project_id}/tags'
const tagRule = (
  action: string,
  check: string,
  method: string,
  path: string,
  description: string,
): PolicyRule => ({
  action,
  check,
  description,
  operations: [{ method, path }],
})

/** @see keystone, common/policies/project.py */
export const projectPolicy: PolicyRule[] = [
  ...collectionPolicy(
    {
      list: 'identity:list_projects',
      get: 'identity:get_project',
      create: 'identity:create_project',
      update: 'identity:update_project',
      delete: 'identity:delete_project',
    },
    {
      list: `${readsAll} or (role:reader and domain_id:%(target.domain_id)s)`,
      get,
      write,
    },
  ),
  tagRule('identity:list_project_tags', get, 'GET', tags, 'List the tags of a project.'),
  tagRule('identity:get_project_tag', get, 'GET', `${tags}/{value}`, 'Check a tag of a project.'),
  tagRule('identity:update_project_tags', write, 'PUT', tags, 'Replace the tags of a project.'),
  tagRule('identity:create_project_tag', write, 'PUT', `${tags}/{value}`, 'Add a tag to a project.'),
  tagRule('identity:delete_project_tags', write, 'DELETE', tags, 'Remove all tags of a project.'),
  tagRule('identity:delete_project_tag', write, 'DELETE', `${tags}/{value}`, 'Remove a tag of a project.'),
]
