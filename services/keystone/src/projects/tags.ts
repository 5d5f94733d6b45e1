import { forbidden, notFound } from '@longhaul/oslo/api'
import { readTags } from '../columns.ts'
import type { ProjectRow } from '../db/tables.ts'
import type { Filter } from '../filters.ts'
import { isImmutable } from '../immutable.ts'
import type { Revision } from '../revision.ts'
import type { ProjectStore } from './store.ts'

/** Whether a project's tags are as a query wants them; a filter's value is a list with commas. */
export function passesTagFilters(tags: readonly string[], filters: readonly Filter[]): boolean {
  return filters.every(({ name, value, comparison }) => {
    if (comparison !== 'equals') return true
    const wanted = value.split(',')
    switch (name) {
      case 'tags':
        return wanted.every((tag) => tags.includes(tag))
      case 'tags-any':
        return wanted.some((tag) => tags.includes(tag))
      case 'not-tags':
        return !wanted.every((tag) => tags.includes(tag))
      default:
        return !wanted.some((tag) => tags.includes(tag))
    }
  })
}

/** The rules of a project's tags. */
export function tagRules({ store, write }: { store: ProjectStore; write: Revision['write'] }) {
  const replace = async (row: ProjectRow, tags: readonly string[], verb: string) => {
    if (isImmutable(row)) {
      const advice = 'Set "immutable" option to false before creating project tags.'
      throw forbidden(`Cannot ${verb} project tags for ${row.id}, project is immutable. ${advice}`, {
        code: 'project_immutable',
      })
    }
    await write((trx) => store.update(trx, row.id, { tags: JSON.stringify(tags.map((tag) => tag.trim())) }))
  }
  const mustHave = (row: ProjectRow, tag: string) => {
    if (!readTags(row.tags).includes(tag))
      throw notFound(`Could not find project tag: ${tag}.`, { code: 'project_tag_not_found' })
  }
  return {
    /** @throws ApiError 404 `project_tag_not_found` */
    check: mustHave,
    replace: (row: ProjectRow, tags: readonly string[]) => replace(row, tags, 'update'),
    add: (row: ProjectRow, tag: string) => replace(row, [...readTags(row.tags), tag], 'create'),
    async remove(row: ProjectRow, tag: string): Promise<void> {
      if (!isImmutable(row)) mustHave(row, tag)
      const left = readTags(row.tags).filter((one) => one !== tag)
      await replace(row, left, 'delete')
    },
  }
}

export type TagRules = ReturnType<typeof tagRules>
