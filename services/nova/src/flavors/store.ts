import { sql, type Kysely, type Selectable } from 'kysely'
import { isForeignKeyViolation, isUniqueViolation, keysetAfter, keysetOrder } from '@longhaul/oslo/db'
import type { FlavorsTable, NovaTables } from '../db/tables.ts'
import { flavorSortKeys, type FlavorSortKey } from './schema.ts'

export type Flavor = Selectable<FlavorsTable>

export interface FlavorFilter {
  /** Absent: public or not. */
  isPublic?: boolean
  /** Also those that this project was given access to. */
  projectId?: string | undefined
  disabled?: boolean
  /** MiB at least. */
  minRam?: number
  /** GiB at least. */
  minDisk?: number
}

export interface FlavorPage {
  limit: number
  /** The last flavor of the page before. */
  marker?: Flavor
  sortKey: FlavorSortKey
  direction: 'asc' | 'desc'
}

/** SQL about flavors. */
export class FlavorStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  async find(id: string): Promise<Flavor | undefined> {
    return await this.#db.selectFrom('flavors').selectAll().where('id', '=', id).executeTakeFirst()
  }

  async list(filter: FlavorFilter, page: FlavorPage): Promise<Flavor[]> {
    const { isPublic, projectId = '', disabled, minRam = 0, minDisk = 0 } = filter
    const column = flavorSortKeys[page.sortKey]
    const keys = [column, 'id' as const].map((name) => ({
      by: sql.ref(`flavors.${name}`),
      direction: page.direction,
    }))
    const { marker } = page
    return await this.#db
      .selectFrom('flavors')
      .selectAll()
      .where('ram', '>=', minRam)
      .where('disk', '>=', minDisk)
      .$if(disabled !== undefined, (query) => query.where('disabled', '=', disabled === true))
      .$if(isPublic === false, (query) => query.where('is_public', '=', false))
      .$if(isPublic === true, (query) =>
        query.where((is) =>
          is.or([
            is('is_public', '=', true),
            is.exists(
              is
                .selectFrom('flavor_projects')
                .select('project_id')
                .whereRef('flavor_id', '=', 'flavors.id')
                .where('project_id', '=', projectId),
            ),
          ]),
        ),
      )
      .$if(marker !== undefined, (query) => query.where(keysetAfter(keys, [marker![column], marker!.id])))
      .orderBy(keysetOrder(keys))
      .limit(page.limit)
      .execute()
  }

  /** @returns the column that makes it a double, or undefined if it was written */
  async insert(flavor: Flavor): Promise<'id' | 'name' | undefined> {
    const { extra_specs, ...rest } = flavor
    try {
      await this.#db
        .insertInto('flavors')
        .values({ ...rest, extra_specs: JSON.stringify(extra_specs) })
        .execute()
      return undefined
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      return (await this.find(flavor.id)) ? 'id' : 'name'
    }
  }

  /** @returns undefined if there is no such flavor */
  async describe(id: string, description: string | null, now: Date): Promise<Flavor | undefined> {
    return await this.#db
      .updateTable('flavors')
      .set({ description, updated_at: now })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirst()
  }

  /** @returns false if there is no such flavor */
  async delete(id: string): Promise<boolean> {
    const deleted = await this.#db.deleteFrom('flavors').where('id', '=', id).executeTakeFirst()
    return deleted.numDeletedRows > 0n
  }

  /** Adds extra specs, or replaces those of the same names. @returns whether there is such a flavor */
  async mergeExtraSpecs(id: string, specs: Record<string, string>, now: Date): Promise<boolean> {
    const merged = await this.#db
      .updateTable('flavors')
      .set({ extra_specs: sql`extra_specs || ${JSON.stringify(specs)}::jsonb`, updated_at: now })
      .where('id', '=', id)
      .executeTakeFirst()
    return merged.numUpdatedRows > 0n
  }

  /** @returns whether the flavor had it */
  async deleteExtraSpec(id: string, key: string, now: Date): Promise<boolean> {
    const deleted = await this.#db
      .updateTable('flavors')
      .set({ extra_specs: sql`extra_specs - ${key}::text`, updated_at: now })
      .where('id', '=', id)
      .where(sql<boolean>`jsonb_exists(extra_specs, ${key})`)
      .executeTakeFirst()
    return deleted.numUpdatedRows > 0n
  }

  /** Projects that were given access, in order. */
  async projects(id: string): Promise<string[]> {
    const query = this.#db.selectFrom('flavor_projects').select('project_id')
    const rows = await query.where('flavor_id', '=', id).orderBy('project_id').execute()
    return rows.map((row) => row.project_id)
  }

  /** @returns `double` if the project has access already, `missing` if the flavor is gone */
  async addProject(id: string, projectId: string): Promise<'added' | 'double' | 'missing'> {
    try {
      await this.#db.insertInto('flavor_projects').values({ flavor_id: id, project_id: projectId }).execute()
      return 'added'
    } catch (error) {
      if (isUniqueViolation(error)) return 'double'
      if (isForeignKeyViolation(error)) return 'missing'
      throw error
    }
  }

  /** @returns whether the project had access */
  async removeProject(id: string, projectId: string): Promise<boolean> {
    const removed = await this.#db
      .deleteFrom('flavor_projects')
      .where('flavor_id', '=', id)
      .where('project_id', '=', projectId)
      .executeTakeFirst()
    return removed.numDeletedRows > 0n
  }
}
