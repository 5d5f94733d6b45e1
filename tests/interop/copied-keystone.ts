import type { AuthPlugin, Session } from '@longhaul/keystoneauth'
import { openDatabase } from '@longhaul/oslo/db'
import type { Tables } from '../../services/keystone/src/db/tables.ts'
import { listed } from './identity-client.ts'
import { OurKeystone } from './our-keystone.ts'

export interface CopyOptions {
  /** Of the Keystone whose projects, users, roles, grants and catalog are taken over, with their ids. */
  url: string
  session: Session
  admin: AuthPlugin
  /** Directory of its fernet keys. */
  keys: string
}

interface Project {
  id: string
  name: string
  domain_id: string
  parent_id: string
  description: string
}
interface Assignment {
  role: { id: string }
  user?: { id: string }
  group?: { id: string }
  scope: { project?: { id: string }; domain?: { id: string }; system?: object }
}

/** Starts a Keystone of ours that knows the same as another one, and has the same keys. */
export async function copyKeystone(options: CopyOptions): Promise<{ url: string; stop(): Promise<void> }> {
  const keystone = await OurKeystone.make(options.keys)
  await keystone.migrate()
  await copy(options, keystone.connection)
  return { url: await keystone.start('keystone'), stop: () => keystone.stop() }
}

async function copy({ url, session, admin }: CopyOptions, connection: string): Promise<void> {
  const all = <T>(path: string) => listed<T>(session, admin, url, path)
  const db = openDatabase<Tables>(connection)
  const none = { options: '{}', extra: '{}' }
  try {
    const { kysely } = db
    for (const domain of await all<Project>('domains')) {
      const { id, name, description } = domain
      const row = {
        id,
        name,
        description,
        domain_id: '',
        parent_id: '',
        is_domain: 1,
        enabled: 1,
        tags: '[]',
        ...none,
      }
      await kysely.insertInto('projects').values(row).execute()
    }
    for (const { id, name, description, domain_id, parent_id } of await all<Project>('projects')) {
      const row = {
        id,
        name,
        description,
        domain_id,
        parent_id,
        is_domain: 0,
        enabled: 1,
        tags: '[]',
        ...none,
      }
      await kysely.insertInto('projects').values(row).execute()
    }
    for (const { id, name } of await all<{ id: string; name: string }>('users')) {
      const row = {
        id,
        name,
        domain_id: 'default',
        enabled: 1,
        password_hash: null,
        default_project_id: null,
        ...none,
      }
      await kysely.insertInto('users').values(row).execute()
    }
    for (const { id, name } of await all<{ id: string; name: string }>('roles')) {
      await kysely
        .insertInto('roles')
        .values({ id, name, domain_id: '', description: null, ...none })
        .execute()
    }
    for (const { role, user, group, scope } of await all<Assignment>('role_assignments')) {
      const [target_kind, target_id] = scope.project
        ? (['project', scope.project.id] as const)
        : scope.domain
          ? (['domain', scope.domain.id] as const)
          : (['system', 'all'] as const)
      const actor = { actor_kind: user ? 'user' : 'group', actor_id: (user ?? group)!.id } as const
      const row = { ...actor, target_kind, target_id, role_id: role.id, inherited: 0 }
      await kysely.insertInto('grants').values(row).execute()
    }
    interface Inference {
      prior_role: { id: string }
      implies: { id: string }[]
    }
    for (const { prior_role, implies } of await all<Inference>('role_inferences')) {
      for (const { id } of implies) {
        const row = { prior_role_id: prior_role.id, implied_role_id: id }
        await kysely.insertInto('implied_roles').values(row).execute()
      }
    }
    for (const { id } of await all<{ id: string }>('regions')) {
      const row = { id, description: '', parent_region_id: null, extra: '{}' }
      await kysely.insertInto('regions').values(row).execute()
    }
    for (const { id, type, name } of await all<{ id: string; type: string; name: string }>('services')) {
      await kysely.insertInto('services').values({ id, type, name, enabled: 1, extra: '{}' }).execute()
    }
    interface Endpoint {
      id: string
      service_id: string
      interface: string
      url: string
      region_id: string
    }
    for (const { id, service_id, interface: side, url: at, region_id } of await all<Endpoint>('endpoints')) {
      const row = { id, service_id, interface: side, url: at, region_id, enabled: 1, extra: '{}' }
      await kysely.insertInto('endpoints').values(row).execute()
    }
  } finally {
    await db.close()
  }
}
