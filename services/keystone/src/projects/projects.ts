import { badRequest, forbidden } from '@longhaul/oslo/api'
import { domainOfCaller } from '../caller.ts'
import type { Collection } from '../collection.ts'
import {
  extraOf,
  filterFlag,
  flag,
  given,
  mergedExtra,
  mergedOptions,
  readObject,
  readTags,
} from '../columns.ts'
import type { ProjectRow } from '../db/tables.ts'
import { refuseImmutable } from '../immutable.ts'
import type { Db, Revision } from '../revision.ts'
import { projectAttributes, type NewProject, type ProjectChange } from './schema.ts'
import type { ProjectStore } from './store.ts'

export interface ProjectDeps {
  store: ProjectStore
  write: Revision['write']
  newId: () => string
  defaultDomainId: string
  domainExists: (id: string) => Promise<boolean>
  /** Removes the grants on a project that goes, and revokes its tokens. */
  projectGone: (trx: Db, id: string) => Promise<void>
}

/** The rules of projects. Tokens of a disabled project do not hold while it is disabled; nothing is revoked. */
export function projects(deps: ProjectDeps): Collection<ProjectRow, NewProject, ProjectChange> {
  const { store, write } = deps
  return {
    find: store.find,
    list: ({ enabled, ...filters }) =>
      store.list({ ...filters, ...(enabled === undefined ? {} : { enabled: filterFlag(enabled) }) }),
    async create(input, caller) {
      if (input.is_domain)
        throw badRequest('A domain is created under /v3/domains.', { code: 'project_is_domain' })
      const place = await placeOf(deps, input, domainOfCaller(caller) ?? deps.defaultDomainId)
      const row: ProjectRow = {
        id: deps.newId(),
        name: input.name,
        ...place,
        description: input.description ?? '',
        enabled: flag(input.enabled, true),
        tags: JSON.stringify(input.tags ?? []),
        options: mergedOptions('{}', input.options),
        extra: JSON.stringify(extraOf(input, projectAttributes)),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      refuseImmutable('project', row, input)
      if (input.domain_id && input.domain_id !== row.domain_id)
        throw badRequest('Cannot change Domain ID', { code: 'domain_fixed' })
      if (input.parent_id && input.parent_id !== row.parent_id)
        throw forbidden('The parent of a project cannot be changed.', { code: 'parent_fixed' })
      const change = given({
        name: input.name,
        description: input.description ?? undefined,
        enabled: typeof input.enabled === 'boolean' ? flag(input.enabled, true) : undefined,
        tags: input.tags && JSON.stringify(input.tags),
        options: input.options && mergedOptions(row.options, input.options),
        extra: mergedExtra(row.extra, input, projectAttributes),
      })
      await write((trx) => store.update(trx, row.id, change))
    },
    async delete(row) {
      refuseImmutable('project', row)
      if ((await store.list({ parent_id: row.id })).length > 0)
        throw forbidden('A project that has children cannot be deleted.', { code: 'project_has_children' })
      await write(async (trx) => {
        await deps.projectGone(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    view: projectView,
  }
}

// A child lives in the domain of its parent; without a parent the domain stands in its place.
async function placeOf(
  { store, domainExists }: ProjectDeps,
  { domain_id, parent_id }: NewProject,
  usual: string,
): Promise<Pick<ProjectRow, 'domain_id' | 'parent_id'>> {
  const parent = parent_id ? await store.find(parent_id) : undefined
  const domainId = domain_id ?? parent?.domain_id ?? parent_id ?? usual
  if (!(await domainExists(domainId))) {
    const [what, id] = parent_id && !parent && !domain_id ? ['project', parent_id] : ['domain', domainId]
    throw badRequest(`Could not find ${what}: ${id}.`, { code: `${what}_unknown` })
  }
  if (parent_id && parent_id !== domainId && !parent)
    throw badRequest(`Could not find project: ${parent_id}.`, { code: 'project_unknown' })
  if (parent && parent.domain_id !== domainId)
    throw badRequest('A project lives in the domain of its parent.', { code: 'parent_elsewhere' })
  return { domain_id: domainId, parent_id: parent_id ?? domainId }
}

export function projectView(row: ProjectRow) {
  const { id, name, domain_id, description, enabled, parent_id, tags, options, extra } = row
  return {
    ...readObject(extra),
    id,
    name,
    domain_id,
    description,
    enabled: enabled === 1,
    parent_id,
    is_domain: false,
    tags: readTags(tags),
    options: readObject(options),
  }
}
