import { conflict, forbidden, notFound } from '@longhaul/oslo/api'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { RoleRow } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'

export interface ImpliedRoleDeps {
  db: Db
  write: Revision['write']
  /** Names of roles that none may imply, `[assignment] prohibited_implied_role`. */
  prohibited: readonly string[]
}

/** A role with those that it implies. */
export interface Inference {
  prior: RoleRow
  implies: RoleRow[]
}

/** The rules of what roles imply. They count from the next validation on, also in tokens that were issued before. */
export function impliedRoles({ db, write, prohibited }: ImpliedRoleDeps) {
  const linkOf = (prior: RoleRow, implied: RoleRow) => ({
    prior_role_id: prior.id,
    implied_role_id: implied.id,
  })
  const mustImply = async (prior: RoleRow, implied: RoleRow, from: Db = db) => {
    const row = await from
      .selectFrom('implied_roles')
      .select('prior_role_id')
      .where('prior_role_id', '=', prior.id)
      .where('implied_role_id', '=', implied.id)
      .executeTakeFirst()
    if (!row) throw notFound(`${prior.id} does not imply ${implied.id}.`, { code: 'implied_role_not_found' })
  }
  const mustExist = async (trx: Db, ids: readonly string[]) => {
    const rows = await trx.selectFrom('roles').select('id').where('id', 'in', ids).execute()
    const gone = ids.find((id) => !rows.some((row) => row.id === id))
    if (gone !== undefined) throw notFound(`Could not find role: ${gone}.`, { code: 'role_not_found' })
  }
  return {
    /** Each role that implies others; or one of them only. */
    async list(priorId?: string): Promise<Inference[]> {
      let links = db
        .selectFrom('implied_roles')
        .selectAll()
        .orderBy('prior_role_id')
        .orderBy('implied_role_id')
      if (priorId !== undefined) links = links.where('prior_role_id', '=', priorId)
      const roles = await db.selectFrom('roles').selectAll().execute()
      const byId = new Map(roles.map((role) => [role.id, role]))
      const byPrior = Map.groupBy(await links.execute(), (link) => link.prior_role_id)
      return [...byPrior].flatMap(([id, implied]) => {
        const prior = byId.get(id)
        const implies = implied.flatMap((link) => byId.get(link.implied_role_id) ?? [])
        return prior ? [{ prior, implies }] : []
      })
    },
    /** @throws ApiError 404 `implied_role_not_found` */
    check: (prior: RoleRow, implied: RoleRow) => mustImply(prior, implied),
    /** @throws ApiError 403 `role_not_implicable`, 409 `implied_role_exists` */
    async create(prior: RoleRow, implied: RoleRow): Promise<void> {
      // The global role would count in other domains too.
      const leavesDomain = prior.domain_id === '' && implied.domain_id !== ''
      if (prohibited.includes(implied.name) || leavesDomain)
        throw forbidden(`${implied.id} cannot be an implied roles.`, { code: 'role_not_implicable' })
      try {
        await write(async (trx) => {
          await mustExist(trx, [prior.id, implied.id])
          await trx.insertInto('implied_roles').values(linkOf(prior, implied)).execute()
        })
      } catch (error) {
        if (!isUniqueViolation(error)) throw error
        throw conflict('Conflict occurred attempting to store implied_role - Duplicate entry.', {
          code: 'implied_role_exists',
          cause: error,
        })
      }
    },
    /** @throws ApiError 404 `implied_role_not_found` */
    delete: (prior: RoleRow, implied: RoleRow) =>
      write(async (trx) => {
        await mustImply(prior, implied, trx)
        await trx
          .deleteFrom('implied_roles')
          .where('prior_role_id', '=', prior.id)
          .where('implied_role_id', '=', implied.id)
          .execute()
      }),
  }
}

export type ImpliedRoles = ReturnType<typeof impliedRoles>
