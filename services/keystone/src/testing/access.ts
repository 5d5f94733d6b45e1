import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Method } from './keystone.ts'
import { personas, startTown, type Persona, type Town } from './personas.ts'

/** Something to be done, and the only ones who may do it. */
export interface Action {
  method: Method
  /** Below /v3. Called for every try, so that each may find something new. */
  path: (place: Place) => string | Promise<string>
  body?: (place: Place) => unknown
  /** What those get who may; default any status below 300. */
  status?: number
  by: readonly Persona[]
}

/** Where actions happen. */
export interface Place extends Town {
  /** Makes something of a kind as the administrator, in `home` unless the input says otherwise. @returns its id */
  fresh: (kind: string, input?: Record<string, unknown>) => Promise<string>
  /** A name that nothing has. */
  name: () => string
}

/** An administrator by token; the domain's counts as one wherever an action is not bound to certain scopes. */
export const admins = ['admin', 'system-admin', 'domain-admin'] as const satisfies Persona[]
export const cloudAdmins = ['admin', 'system-admin'] as const satisfies Persona[]
/** Whoever may read everything. */
export const readers = [...admins, 'system-reader'] as const satisfies Persona[]
export const cloudReaders = [...cloudAdmins, 'system-reader'] as const satisfies Persona[]
/** Whoever may read in the domain, or write in it. */
export const homeReaders = [...readers, 'domain-manager', 'domain-reader'] as const satisfies Persona[]
export const homeManagers = [...admins, 'domain-manager'] as const satisfies Persona[]
/** Whoever has a token for the project. */
export const inHouse = [
  'project-manager',
  'project-member',
  'project-reader',
  'service',
  'owner',
] as const satisfies Persona[]
export const everybody = personas.filter((persona) => persona !== 'anonymous')

const domainOwned = ['user', 'group', 'project']

/** Lets everybody try every action: success for those who may, 403 for the others, 401 without a token. */
export function describeAccess(what: string, actions: Readonly<Record<string, Action>>): void {
  describe(`who may ${what}`, () => {
    let place: Place
    const tokens = new Map<Persona, string | undefined>()
    before(async () => {
      place = placeIn(await startTown())
      for (const persona of personas) tokens.set(persona, await place.tokenOf(persona))
    })
    after(() => place.close())

    for (const [name, { method, path, body, status, by }] of Object.entries(actions)) {
      it(name, async () => {
        const allowed: Persona[] = []
        for (const persona of personas) {
          const { statusCode, body: answer } = await place.call(method, `/v3/${await path(place)}`, {
            token: tokens.get(persona),
            ...(body ? { body: await body(place) } : {}),
          })
          if (status === undefined ? statusCode < 300 : statusCode === status) allowed.push(persona)
          else assert.equal(statusCode, persona === 'anonymous' ? 401 : 403, `${persona}: ${answer}`)
        }
        assert.deepEqual(new Set(allowed), new Set(by))
      })
    }
  })
}

function placeIn(town: Town): Place {
  let count = 0
  const name = () => `thing-${++count}`
  return {
    ...town,
    name,
    fresh: (kind, input = {}) =>
      town.make(kind, {
        name: name(),
        ...(domainOwned.includes(kind) ? { domain_id: town.home } : {}),
        ...input,
      }),
  }
}
