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
  const change = (id: string, verb: string, tagsOf: (row: ProjectRow) => readonly string[]) =>
    write((trx) =>
      store.update(trx, id, (row) => {
        if (isImmutable(row)) {
          const advice = 'Set "immutable" option to false before creating project tags.'
          throw forbidden(`Cannot ${verb} project tags for ${id}, project is immutable. ${advice}`, {
            code: 'project_immutable',
          })
        }
        return { tags: JSON.stringify(tagsOf(row).map((tag) => tag.trim())) }
      }),
    )
  const mustHave = (row: ProjectRow, tag: string) => {
    if (!readTags(row.tags).includes(tag))
      throw notFound(`Could not find project tag: ${tag}.`, { code: 'project_tag_not_found' })
  }
  return {
    /** @throws ApiError 404 `project_tag_not_found` */
    check: mustHave,
    replace: (id: string, tags: readonly string[]) => change(id, 'update', () => tags),
    add: (id: string, tag: string) =>
      change(id, 'create', (row) => [...new Set([...readTags(row.tags), tag])]),
    /** @throws ApiError 404 `project_tag_not_found` */
    remove: (id: string, tag: string) =>
      change(id, 'delete', (row) => {
        mustHave(row, tag)
        return readTags(row.tags).filter((one) => one !== tag)
      }),
  }
}

export type TagRules = ReturnType<typeof tagRules>
