import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextFromIdentity, policyCredentials } from './index.ts'
import type { TokenLike } from './index.ts'

const domain = { id: 'default', name: 'Default' }
const user: TokenLike = {
  user: { id: 'u1', name: 'demo', domain },
  project: { id: 'p1', name: 'demo', domain },
  roles: [{ id: 'r1', name: 'member' }, { name: 'reader' }],
  audit_ids: ['a1', 'a0'],
  issued_at: '2026-01-01T00:00:00.000000Z',
  expires_at: '2026-01-01T01:00:00.000000Z',
  catalog: [{ type: 'image', endpoints: [] }],
}
const service: TokenLike = {
  ...user,
  user: { id: 's1', name: 'nova', domain },
  project: { id: 'ps', name: 'service', domain },
  roles: [{ name: 'service' }],
  audit_ids: ['as'],
}
const ids = { requestId: 'req-1', globalRequestId: 'req-0' }

test('a context holds the user of one token and the service of the other', () => {
  assert.deepEqual(contextFromIdentity({ user, service, userToken: 'text' }, ids), {
    requestId: 'req-1',
    globalRequestId: 'req-0',
    userId: 'u1',
    userName: 'demo',
    userDomainId: 'default',
    projectId: 'p1',
    projectName: 'demo',
    projectDomainId: 'default',
    roles: ['member', 'reader'],
    isAdminProject: true,
    authToken: 'text',
    tokenAuditId: 'a1',
    tokenExpiresAt: '2026-01-01T01:00:00.000000Z',
    tokenIssuedAt: '2026-01-01T00:00:00.000000Z',
    catalog: [{ type: 'image', endpoints: [] }],
    serviceRoles: ['service'],
    serviceUserId: 's1',
    serviceUserName: 'nova',
    serviceUserDomainId: 'default',
    serviceProjectId: 'ps',
    serviceProjectDomainId: 'default',
    serviceTokenAuditId: 'as',
  })
})

test('without a confirmed user there is no context, whatever the service', () => {
  assert.throws(() => contextFromIdentity({ service, userToken: 'text' }, ids), {
    status: 401,
    code: 'not_authenticated',
  })
})

test('a service token gives the user none of its roles', () => {
  assert.deepEqual(contextFromIdentity({ user, service }, ids).roles, ['member', 'reader'])
})

test("credentials of a project's token", () => {
  assert.deepEqual(policyCredentials(contextFromIdentity({ user }, ids)), {
    user_id: 'u1',
    user_domain_id: 'default',
    project_id: 'p1',
    project_domain_id: 'default',
    roles: ['member', 'reader'],
    is_admin_project: true,
    service_roles: [],
  })
})

test("credentials of a domain's, a system's and an unscoped token leave out what they lack", () => {
  const scoped = (scope: Partial<TokenLike>) =>
    policyCredentials(contextFromIdentity({ user: { ...user, project: undefined, ...scope } }, ids))
  assert.equal(scoped({ domain })['domain_id'], 'default')
  assert.equal(scoped({ system: { all: true } })['system_scope'], 'all')
  assert.equal('system_scope' in scoped({ system: { all: false } }), false)
  for (const name of ['project_id', 'domain_id', 'system_scope'])
    assert.equal(name in scoped({}), false, name)
  assert.deepEqual(scoped({ roles: undefined })['roles'], [])
})

test('credentials tell the service apart from the user', () => {
  const credentials = policyCredentials(contextFromIdentity({ user, service }, ids))
  assert.deepEqual(
    [
      credentials['service_roles'],
      credentials['service_user_id'],
      credentials['service_project_id'],
      credentials['user_id'],
    ],
    [['service'], 's1', 'ps', 'u1'],
  )
})
