import type { Db } from '../revision.ts'
import type { Assignment } from './assignment.ts'

/** How something is called, and where it is at home; empty for what has no domain, or is gone. */
export interface Named {
  name: string
  domainId: string
}
/** Finds what stands behind an id. */
export type Names = (id: string) => Named

const nobody: Named = { name: '', domainId: '' }
// Databases take only so many values in one statement.
const idsAtOnce = 500

/** The names of all that assignments speak of, read in a few statements however many there are. */
export async function namesOf(db: Db, assignments: readonly Assignment[]): Promise<Names> {
  const known = new Map<string, Named>()
  const read = async (table: 'users' | 'groups' | 'roles' | 'projects', ids: Iterable<string>) => {
    const wanted = [...new Set(ids)]
    for (let start = 0; start < wanted.length; start += idsAtOnce) {
      const rows = await db
        .selectFrom(table)
        .select(['id', 'name', 'domain_id'])
        .where('id', 'in', wanted.slice(start, start + idsAtOnce))
        .execute()
      for (const { id, name, domain_id } of rows) known.set(id, { name, domainId: domain_id })
    }
  }
  const actors = (kind: Assignment['actorKind']) =>
    assignments.filter((one) => one.actorKind === kind).map((one) => one.actorId)
  await read('users', actors('user'))
  await read('groups', actors('group'))
  await read(
    'roles',
    assignments.map((one) => one.roleId),
  )
  await read(
    'projects',
    assignments.filter((one) => one.targetKind !== 'system').map((one) => one.targetId),
  )
  const homes = [...known.values()].map((one) => one.domainId).filter((id) => id !== '')
  await read('projects', homes)
  return (id) => known.get(id) ?? nobody
}
