import type { GrantRow, RoleRow, UserRow } from './db/tables.ts'
import type { Db, Revision } from './revision.ts'

export interface BootstrapOptions {
  username: string
  password: string
  projectName: string
  roleName: string
  serviceName: string
  /** Region of the endpoints; none is made without it. */
  regionId: string | undefined
  endpoints: Partial<Record<'public' | 'internal' | 'admin', string>>
  /** Whether the roles that are made can be changed only after their option `immutable` was taken away. */
  immutableRoles: boolean
  domainId: string
}

export interface BootstrapDeps {
  db: Db
  write: Revision['write']
  newId: () => string
  hashPassword: (password: string) => Promise<string>
  checkPassword: (password: string, hash: string) => Promise<boolean>
  /** Ends the tokens of a user whose password was reset. */
  revokeTokensOf: (trx: Db, userId: string) => Promise<void>
}

const blank = { enabled: 1, tags: '[]', options: '{}', extra: '{}' }

// Each role implies the next; the role `service` implies nothing and nothing implies it.
const chain = ['manager', 'member', 'reader']

/**
 * Makes what a cloud begins with, and repairs the administrator: domain, project, user, roles, grants on project and
 * system, region, identity service and endpoints. Safe to repeat; all or nothing.
 *
 * @see keystone, cmd/bootstrap.py
 */
export async function bootstrap(deps: BootstrapDeps, options: BootstrapOptions): Promise<void> {
  const administrator = await administratorOf(deps, options)
  await deps.write(async (trx) => {
    await trx
      .insertInto('projects')
      .values({
        id: options.domainId,
        name: 'Default',
        domain_id: '',
        parent_id: '',
        is_domain: 1,
        description: 'The default domain',
        ...blank,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    const projectId = await ensureProject(trx, deps, options)
    const userId = await ensureAdministrator(trx, deps, administrator)
    const roleId = await ensureRoles(trx, deps, options)
    const grant = { actor_kind: 'user', actor_id: userId, role_id: roleId, inherited: 0 } as const
    await grantAll(trx, [
      { ...grant, target_kind: 'project', target_id: projectId },
      { ...grant, target_kind: 'system', target_id: 'all' },
    ])
    await ensureCatalog(trx, deps, options)
  })
}

interface Administrator {
  row: UserRow
  exists: boolean
  passwordReset: boolean
}

// Hashing takes its time: done before the transaction.
async function administratorOf(deps: BootstrapDeps, options: BootstrapOptions): Promise<Administrator> {
  const { username, password, domainId } = options
  const found = await deps.db
    .selectFrom('users')
    .selectAll()
    .where('name', '=', username)
    .where('domain_id', '=', domainId)
    .executeTakeFirst()
  const hash = found?.password_hash
  const same = hash ? await deps.checkPassword(password, hash) : false
  const password_hash = hash && same ? hash : await deps.hashPassword(password)
  if (found) return { row: { ...found, enabled: 1, password_hash }, exists: true, passwordReset: !same }
  const row: UserRow = {
    id: deps.newId(),
    name: username,
    domain_id: domainId,
    enabled: 1,
    password_hash,
    default_project_id: null,
    options: '{}',
    extra: '{}',
  }
  return { row, exists: false, passwordReset: false }
}

async function ensureAdministrator(
  trx: Db,
  deps: BootstrapDeps,
  { row, exists, passwordReset }: Administrator,
): Promise<string> {
  if (!exists) await trx.insertInto('users').values(row).execute()
  else {
    const { enabled, password_hash } = row
    await trx.updateTable('users').set({ enabled, password_hash }).where('id', '=', row.id).execute()
    if (passwordReset) await deps.revokeTokensOf(trx, row.id)
  }
  return row.id
}

async function ensureProject(trx: Db, deps: BootstrapDeps, options: BootstrapOptions): Promise<string> {
  const { projectName: name, domainId: domain_id } = options
  const found = await trx
    .selectFrom('projects')
    .select('id')
    .where('name', '=', name)
    .where('domain_id', '=', domain_id)
    .executeTakeFirst()
  if (found) return found.id
  const id = deps.newId()
  const description = 'Bootstrap project for initializing the cloud.'
  await trx
    .insertInto('projects')
    .values({ id, name, domain_id, parent_id: domain_id, is_domain: 0, description, ...blank })
    .execute()
  return id
}

/** @returns the id of the administrator's role */
async function ensureRoles(trx: Db, deps: BootstrapDeps, options: BootstrapOptions): Promise<string> {
  const ids = new Map<string, string>()
  for (const name of new Set([options.roleName, ...chain, 'service'])) {
    ids.set(name, await ensureRole(trx, deps, name, options.immutableRoles))
  }
  const adminId = ids.get(options.roleName)!
  const links = chain.map((name, index) => ({
    prior_role_id: ids.get(index === 0 ? options.roleName : chain[index - 1]!)!,
    implied_role_id: ids.get(name)!,
  }))
  // Before there was a manager, the administrator implied the member.
  await trx
    .deleteFrom('implied_roles')
    .where('prior_role_id', '=', adminId)
    .where('implied_role_id', '=', ids.get('member')!)
    .execute()
  for (const link of links.filter((one) => one.prior_role_id !== one.implied_role_id)) {
    await trx
      .insertInto('implied_roles')
      .values(link)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  return adminId
}

async function ensureRole(trx: Db, deps: BootstrapDeps, name: string, immutable: boolean): Promise<string> {
  const found = await trx
    .selectFrom('roles')
    .select('id')
    .where('name', '=', name)
    .where('domain_id', '=', '')
    .executeTakeFirst()
  if (found) return found.id
  const row: RoleRow = {
    id: deps.newId(),
    name,
    domain_id: '',
    description: null,
    options: JSON.stringify(immutable ? { immutable } : {}),
    extra: '{}',
  }
  await trx.insertInto('roles').values(row).execute()
  return row.id
}

async function grantAll(trx: Db, grants: readonly GrantRow[]): Promise<void> {
  for (const grant of grants) {
    await trx
      .insertInto('grants')
      .values(grant)
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
}

async function ensureCatalog(trx: Db, deps: BootstrapDeps, options: BootstrapOptions): Promise<void> {
  const region_id = options.regionId ?? null
  if (region_id !== null) {
    await trx
      .insertInto('regions')
      .values({ id: region_id, description: '', parent_region_id: null, extra: '{}' })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }
  const urls = Object.entries(options.endpoints)
  if (urls.length === 0) return
  const service_id = await ensureIdentityService(trx, deps, options.serviceName)
  for (const [side, url] of urls) {
    const found = await trx
      .selectFrom('endpoints')
      .select('id')
      .where('service_id', '=', service_id)
      .where('interface', '=', side)
      .where('region_id', region_id === null ? 'is' : '=', region_id)
      .executeTakeFirst()
    if (found) await trx.updateTable('endpoints').set({ url }).where('id', '=', found.id).execute()
    else {
      const row = { id: deps.newId(), service_id, interface: side, url, region_id, enabled: 1, extra: '{}' }
      await trx.insertInto('endpoints').values(row).execute()
    }
  }
}

async function ensureIdentityService(trx: Db, deps: BootstrapDeps, name: string): Promise<string> {
  const type = 'identity'
  const found = await trx
    .selectFrom('services')
    .select('id')
    .where('type', '=', type)
    .where('name', '=', name)
    .executeTakeFirst()
  if (found) return found.id
  const id = deps.newId()
  await trx.insertInto('services').values({ id, type, name, enabled: 1, extra: '{}' }).execute()
  return id
}
