import { badRequest, forbidden } from '@longhaul/oslo/api'
import { domainOfCaller, type Caller } from '../caller.ts'
import type { Collection } from '../collection.ts'
import { flag, given, mergedExtra, mergedOptions, newExtra, readObject, readTags } from '../columns.ts'
import type { ProjectRow } from '../db/tables.ts'
import { refuseImmutable } from '../immutable.ts'
import { ancestorsOf, subtreeOf } from '../project-tree.ts'
import type { Db, Revision } from '../revision.ts'
import { placeFor } from './place.ts'
import { projectAttributes, tagFilters, type NewProject, type ProjectChange } from './schema.ts'
import type { ProjectStore } from './store.ts'
import { passesTagFilters } from './tags.ts'

export interface ProjectDeps {
  store: ProjectStore
  write: Revision['write']
  newId: () => string
  defaultDomainId: string
  /** Projects in one line, `[DEFAULT] max_project_tree_depth`. */
  maxTreeDepth: number
  /** The rules of projects that are domains. */
  domains: {
    create(input: NewProject): Promise<ProjectRow>
    update(row: ProjectRow, change: ProjectChange): Promise<void>
    delete(row: ProjectRow): Promise<void>
  }
  /** Forgets grants on a project that goes and who takes it for a default, and revokes its tokens. */
  projectGone: (trx: Db, id: string) => Promise<void>
}

export type Projects = Collection<ProjectRow, NewProject, ProjectChange> & {
  /** The domain in which a new project will be, if it will be at all; null for a domain. */
  domainFor(body: Record<string, unknown>, caller: Caller): string | null
}

/**
 * The rules of projects, which stand in a tree below their domain. Tokens of a disabled project do not hold while it is
 * disabled; nothing is revoked.
 */
export function projects(deps: ProjectDeps): Projects {
  const { store, write, domains, defaultDomainId } = deps
  const usualDomain = (caller: Caller) => domainOfCaller(caller) ?? defaultDomainId
  return {
    find: store.findProjectOrDomain,
    domainFor: ({ domain_id, is_domain }, caller) => {
      if (is_domain) return null
      return typeof domain_id === 'string' ? domain_id : usualDomain(caller)
    },
    async list(filters, domainId) {
      const names: readonly string[] = tagFilters
      const [ofTags, others] = [
        filters.filter(({ name }) => names.includes(name)),
        filters.filter(({ name }) => !names.includes(name)),
      ]
      const projectsOnly = others.some(({ name }) => name === 'is_domain') ? undefined : 0
      const rows = await store.list(others, given({ is_domain: projectsOnly, domain_id: domainId }))
      return ofTags.length === 0 ? rows : rows.filter((row) => passesTagFilters(readTags(row.tags), ofTags))
    },
    async create(input, caller) {
      if (input.is_domain) {
        if (input.parent_id || input.domain_id)
          throw badRequest('only root projects are allowed to act as domains.', { code: 'domain_has_parent' })
        return domains.create(input)
      }
      const { name, description = '', enabled = true, tags = [], options } = input
      const domainId = input.domain_id ?? usualDomain(caller)
      return write(async (trx) => {
        const row: ProjectRow = {
          id: deps.newId(),
          name: name.trim(),
          ...(await placeFor(trx, domainId, input.parent_id ?? undefined, deps.maxTreeDepth)),
          is_domain: 0,
          description,
          enabled: flag(enabled),
          tags: JSON.stringify(tags),
          options: mergedOptions('{}', options),
          extra: newExtra(input, projectAttributes),
        }
        await store.insert(trx, row)
        return row
      })
    },
    async update(row, input) {
      refuseMove(row, input)
      if (row.is_domain === 1) return domains.update(row, input)
      const change = (now: ProjectRow) => {
        refuseImmutable('project', now, input)
        return given({
          name: input.name?.trim(),
          description: input.description,
          enabled: flag(input.enabled),
          tags: input.tags && JSON.stringify(input.tags),
          options: input.options && mergedOptions(now.options, input.options),
          extra: mergedExtra(now.extra, input, projectAttributes),
        })
      }
      await write(async (trx) => {
        await store.update(trx, row.id, change)
        if (input.enabled !== undefined && flag(input.enabled) !== row.enabled)
          await refuseSplitTree(trx, row.id, input.enabled)
      })
    },
    async delete(row) {
      if (row.is_domain === 1) return domains.delete(row)
      refuseImmutable('project', row)
      await write(async (trx) => {
        if (await store.hasChildren(trx, row.id)) throw notALeaf(row.id)
        await deps.projectGone(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    view: projectView,
    changedView: (row) => ({ ...projectView(row), extra: readObject(row.extra) }),
  }
}

function refuseMove(row: ProjectRow, input: ProjectChange): void {
  const { domain_id, parent_id, is_domain } = input
  if (domain_id !== undefined && (domain_id ?? '') !== row.domain_id)
    throw badRequest('Cannot change Domain ID', { code: 'domain_fixed' })
  if (parent_id !== undefined && (parent_id ?? '') !== row.parent_id)
    throw forbidden('Update of `parent_id` is not allowed.', { code: 'parent_fixed' })
  if (is_domain !== undefined && flag(is_domain) !== row.is_domain)
    throw badRequest('Update of `is_domain` is not allowed.', { code: 'is_domain_fixed' })
}

/** What is enabled has only enabled projects above it. */
async function refuseSplitTree(trx: Db, id: string, enabled: boolean): Promise<void> {
  const isEnabled = (one: ProjectRow) => one.enabled === 1
  if (enabled && !(await ancestorsOf(trx, id)).every(isEnabled))
    throw forbidden(`Cannot enable project ${id} since it has disabled parents`, { code: 'parent_disabled' })
  if (!enabled && (await subtreeOf(trx, id)).some(isEnabled))
    throw forbidden(`Cannot disable project ${id} since its subtree contains enabled projects.`, {
      code: 'children_enabled',
    })
}

function notALeaf(id: string) {
  const advice = 'Use the cascade option if you want to delete a whole subtree.'
  return forbidden(`Cannot delete the project ${id} since it is not a leaf in the hierarchy. ${advice}`, {
    code: 'project_has_children',
  })
}

export function projectView(row: ProjectRow) {
  const { id, name, domain_id, description, enabled, parent_id, is_domain, tags, options, extra } = row
  return {
    ...readObject(extra),
    id,
    name,
    domain_id: domain_id === '' ? null : domain_id,
    description,
    enabled: enabled === 1,
    parent_id: parent_id === '' ? null : parent_id,
    is_domain: is_domain === 1,
    tags: readTags(tags),
    options: readObject(options),
  }
}
