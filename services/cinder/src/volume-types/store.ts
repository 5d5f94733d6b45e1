import type { Kysely, Selectable, Updateable } from 'kysely'
import { isForeignKeyViolation, isUniqueViolation } from '@longhaul/oslo/db'
import type { CinderTables, VolumeTypeTable } from '../db/tables.ts'

/** A type with its extra specs. */
export interface VolumeType extends Selectable<VolumeTypeTable> {
  extraSpecs: Record<string, string>
}

/** Types of volumes in the database. */
export class TypeStore {
  readonly #db: Kysely<CinderTables>
  readonly #now: () => number

  /** @param now milliseconds since 1970 */
  constructor(db: Kysely<CinderTables>, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /** @param by `id`, or `name` */
  async get(by: 'id' | 'name', value: string): Promise<VolumeType | undefined> {
    const row = await this.#db.selectFrom('volume_types').selectAll().where(by, '=', value).executeTakeFirst()
    return row && (await this.#withSpecs([row]))[0]
  }

  /** All types, oldest first. @param projectId whose types besides the public ones; absent: all */
  async all(projectId?: string): Promise<VolumeType[]> {
    let select = this.#db.selectFrom('volume_types').selectAll()
    if (projectId !== undefined) {
      select = select.where((eb) =>
        eb.or([
          eb('is_public', '=', 1),
          eb(
            'id',
            'in',
            eb
              .selectFrom('volume_type_projects')
              .select('volume_type_id')
              .where('project_id', '=', projectId),
          ),
        ]),
      )
    }
    return await this.#withSpecs(await select.orderBy('created_at').orderBy('id').execute())
  }

  /** @returns undefined if the name is taken */
  async insert(
    type: Pick<VolumeTypeTable, 'id' | 'name' | 'description' | 'is_public'>,
    extraSpecs: Readonly<Record<string, string>>,
  ): Promise<VolumeType | undefined> {
    const row = { ...type, created_at: this.#time(), updated_at: null }
    try {
      await this.#db.insertInto('volume_types').values(row).execute()
    } catch (error) {
      if (isUniqueViolation(error)) return undefined
      throw error
    }
    await this.setSpecs(type.id, extraSpecs)
    return { ...row, extraSpecs: { ...extraSpecs } }
  }

  /** @returns `taken` for a name that another type has */
  async update(id: string, changes: Updateable<VolumeTypeTable>): Promise<'taken' | undefined> {
    try {
      await this.#db
        .updateTable('volume_types')
        .set({ ...changes, updated_at: this.#time() })
        .where('id', '=', id)
        .execute()
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken'
      throw error
    }
    return undefined
  }

  /** @returns `used` if there are volumes or snapshots of the type */
  async delete(id: string): Promise<'used' | undefined> {
    try {
      await this.#db.deleteFrom('volume_types').where('id', '=', id).execute()
    } catch (error) {
      if (isForeignKeyViolation(error)) return 'used'
      throw error
    }
    return undefined
  }

  async setSpecs(id: string, extraSpecs: Readonly<Record<string, string>>): Promise<void> {
    const rows = Object.entries(extraSpecs).map(([key, value]) => ({ volume_type_id: id, key, value }))
    if (rows.length === 0) return
    await this.#db
      .insertInto('volume_type_extra_specs')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['volume_type_id', 'key'])
          .doUpdateSet((row) => ({ value: row.ref('excluded.value') })),
      )
      .execute()
  }

  /** @returns whether there was one */
  async deleteSpec(id: string, key: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom('volume_type_extra_specs')
      .where('volume_type_id', '=', id)
      .where('key', '=', key)
      .executeTakeFirst()
    return result.numDeletedRows > 0n
  }

  async projects(id: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom('volume_type_projects')
      .select('project_id')
      .where('volume_type_id', '=', id)
      .orderBy('project_id')
      .execute()
    return rows.map((row) => row.project_id)
  }

  /** @returns false if the project may use it already */
  async addProject(id: string, projectId: string): Promise<boolean> {
    const result = await this.#db
      .insertInto('volume_type_projects')
      .values({ volume_type_id: id, project_id: projectId })
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirst()
    return (result.numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  /** @returns whether the project could use it */
  async removeProject(id: string, projectId: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom('volume_type_projects')
      .where('volume_type_id', '=', id)
      .where('project_id', '=', projectId)
      .executeTakeFirst()
    return result.numDeletedRows > 0n
  }

  async #withSpecs(rows: readonly Selectable<VolumeTypeTable>[]): Promise<VolumeType[]> {
    if (rows.length === 0) return []
    const specs = await this.#db
      .selectFrom('volume_type_extra_specs')
      .selectAll()
      .where(
        'volume_type_id',
        'in',
        rows.map(({ id }) => id),
      )
      .orderBy('key')
      .execute()
    const specsOf = Map.groupBy(specs, (spec) => spec.volume_type_id)
    return rows.map((row) => ({
      ...row,
      extraSpecs: Object.fromEntries((specsOf.get(row.id) ?? []).map(({ key, value }) => [key, value])),
    }))
  }

  #time(): string {
    return new Date(this.#now()).toISOString()
  }
}
