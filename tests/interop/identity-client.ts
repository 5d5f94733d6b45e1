import { setTimeout as delay } from 'node:timers/promises'
import type { AuthPlugin, Session } from '@longhaul/keystoneauth'

/** What a Keystone says of a token. */
export interface Validated {
  status: number
  /** The body's `token`, with lists in an order of their own. */
  token: Record<string, unknown> | undefined
}

/** A login by password. */
export interface Login {
  user: string
  password: string
  /** `auth.scope` of the request; absent: the user's default, `unscoped`: none. */
  scope?: object | 'unscoped'
}

/** A project of the default domain, as a scope. */
export const onProject = (name: string) => ({ project: { name, domain: { id: 'default' } } })

/** @returns a token @throws Error unless it is issued */
export async function issue(url: string, { user, password, scope }: Login): Promise<string> {
  const identity = {
    methods: ['password'],
    password: { user: { name: user, domain: { id: 'default' }, password } },
  }
  const answer = await fetch(`${url}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity, ...(scope === undefined ? {} : { scope }) } }),
  })
  const token = answer.headers.get('x-subject-token')
  if (token === null) throw new Error(`no token for ${user}: ${answer.status} ${await answer.text()}`)
  return token
}

/** Validates a token. @param by the token of whoever may */
export async function validate(
  url: string,
  by: string,
  subject: string,
  allowExpired = false,
): Promise<Validated> {
  const answer = await fetch(`${url}/auth/tokens${allowExpired ? '?allow_expired=1' : ''}`, {
    headers: { 'x-auth-token': by, 'x-subject-token': subject },
  })
  const body = (await answer.json()) as { token?: Record<string, unknown> }
  return { status: answer.status, token: body.token && ordered(body.token) }
}

/** Waits until a token that expires is refused. */
export async function untilNotFound(
  url: string,
  by: string,
  subject: string,
  allowExpired = false,
): Promise<void> {
  while ((await validate(url, by, subject, allowExpired)).status !== 404) await delay(100)
}

export async function revoke(url: string, by: string, subject: string): Promise<void> {
  const headers = { 'x-auth-token': by, 'x-subject-token': subject }
  const answer = await fetch(`${url}/auth/tokens`, { method: 'DELETE', headers })
  if (answer.status !== 204) throw new Error(`not revoked: ${answer.status}`)
}

/** Everything of a collection. */
export async function listed<T>(session: Session, auth: AuthPlugin, url: string, path: string): Promise<T[]> {
  const answer = await session.request(`${url}/${path}`, { method: 'GET', auth })
  const body = await answer.json<Record<string, T[]>>()
  return body[path.split('?')[0]!] ?? []
}

/** Roles, services and endpoints come in any order. */
function ordered(token: Record<string, unknown>): Record<string, unknown> {
  const byId = (list: unknown) =>
    Array.isArray(list) ? (list as { id: string }[]).toSorted((a, b) => (a.id < b.id ? -1 : 1)) : list
  const { roles, catalog, ...rest } = token
  const services = byId(catalog) as { endpoints: unknown }[] | undefined
  return {
    ...rest,
    ...(roles === undefined ? {} : { roles: byId(roles) }),
    ...(services === undefined
      ? {}
      : { catalog: services.map((service) => ({ ...service, endpoints: byId(service.endpoints) })) }),
  }
}
