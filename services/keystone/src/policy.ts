import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { PolicyRule, ScopeType } from '@longhaul/oslo/policy'

/** The checks that the actions of all folders refer to. @see keystone, common/policies/base.py */
export const baseRules: PolicyRule[] = [
  { action: 'admin_required', check: 'role:admin or is_admin:1', description: 'An administrator.' },
  { action: 'service_role', check: 'role:service', description: 'A service.' },
  {
    action: 'service_or_admin',
    check: 'rule:admin_required or rule:service_role',
    description: 'A service or an administrator.',
  },
  { action: 'owner', check: 'user_id:%(user_id)s', description: 'The user itself.' },
  {
    action: 'admin_or_owner',
    check: 'rule:admin_required or rule:owner',
    description: 'The user itself or an administrator.',
  },
  {
    action: 'token_subject',
    check: 'user_id:%(target.token.user_id)s',
    description: 'The owner of the token.',
  },
  {
    action: 'admin_or_token_subject',
    check: 'rule:admin_required or rule:token_subject',
    description: 'The owner of the token or an administrator.',
  },
  {
    action: 'service_admin_or_token_subject',
    check: 'rule:service_or_admin or rule:token_subject',
    description: 'The owner of the token, a service or an administrator.',
  },
  {
    action: 'domain_managed_target_role',
    check: "'manager':%(target.role.name)s or 'member':%(target.role.name)s or 'reader':%(target.role.name)s",
    description: 'A role that the manager of a domain may hand on.',
  },
  {
    action: 'admin_or_system_reader',
    check: 'rule:admin_required or (role:reader and system_scope:all)',
    description: 'Whoever may read everything.',
  },
]

/** Whoever may read everything. */
export const readsAll = 'rule:admin_or_system_reader'

/** Scopes in which the cloud as a whole is looked after. */
export const cloudScopes: readonly ScopeType[] = ['system', 'project']

interface CollectionChecks {
  /** Default: whoever may read everything. */
  list?: string
  get?: string
  /** Creating, changing and deleting; default: an administrator. */
  write?: string
  /** Scopes of tokens that may read, and write; any if absent. */
  readScopes?: readonly ScopeType[]
  writeScopes?: readonly ScopeType[]
}

/** Names of the rules of a collection, written out where they are defined. */
interface CollectionActions {
  list: string
  get: string
  create: string
  update: string
  delete: string
}

/** Rules of a collection. @param path below /v3, default the plural */
export function collectionPolicy(
  actions: CollectionActions,
  {
    list = readsAll,
    get = readsAll,
    write = 'rule:admin_required',
    readScopes,
    writeScopes,
  }: CollectionChecks,
  path: string = actions.list.replace('identity:list_', ''),
): PolicyRule[] {
  const collection = `/v3/${path}`
  const member = `${collection}/{${path.slice(0, -1)}_id}`
  const rule = (
    action: string,
    check: string,
    call: [method: string, path: string],
    description: string,
  ): PolicyRule => {
    const [method, at] = call
    const scopeTypes = method === 'GET' ? readScopes : writeScopes
    return {
      action,
      check,
      description,
      operations: [{ method, path: at }],
      ...(scopeTypes ? { scopeTypes } : {}),
    }
  }
  const nouns = actions.list.replace('identity:list_', '').replaceAll('_', ' ')
  const noun = actions.get.replace('identity:get_', '').replaceAll('_', ' ')
  return [
    rule(actions.list, list, ['GET', collection], `List ${nouns}.`),
    rule(actions.get, get, ['GET', member], `Show a ${noun}.`),
    rule(actions.create, write, ['POST', collection], `Create a ${noun}.`),
    rule(actions.update, write, ['PATCH', member], `Update a ${noun}.`),
    rule(actions.delete, write, ['DELETE', member], `Delete a ${noun}.`),
  ]
}

/**
 * What rules see of a caller: oslo.context's values, and the token's ids at the places where Keystone's own policy files
 * look for them.
 */
export function credentialsOf(context: RequestContext): Record<string, unknown> {
  const { userId, userDomainId, projectId, projectDomainId, domainId } = context
  return {
    ...policyCredentials(context),
    token: {
      user: { id: userId, domain: { id: userDomainId } },
      ...(projectId === undefined ? {} : { project: { id: projectId, domain: { id: projectDomainId } } }),
      ...(domainId === undefined ? {} : { domain: { id: domainId } }),
    },
  }
}
