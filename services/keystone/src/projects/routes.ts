import type { ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../caller.ts'
import { collectionRoutes, linked, type CollectionDeps } from '../collection.ts'
import type { ProjectRow } from '../db/tables.ts'
import { asksFor, type Query } from '../filters.ts'
import { projectView, type Projects } from './projects.ts'
import type { Relatives, WantedRelatives } from './relatives.ts'
import { newProject, projectChange, projectFilters } from './schema.ts'
import { tagRoutes } from './tag-routes.ts'
import type { TagRules } from './tags.ts'

export interface ProjectRouteDeps extends CollectionDeps {
  tags: TagRules
  /** The projects above and below one, as a user may see them. */
  relativesOf: (id: string, wanted: WantedRelatives, userId: string) => Promise<Relatives>
}

/** @see Identity API v3, projects */
export function projectRoutes(app: ApiApp, deps: ProjectRouteDeps, projects: Projects): void {
  const shown = (request: FastifyRequest, relatives: Relatives['parents']) =>
    Array.isArray(relatives)
      ? relatives.map((row) => ({ project: linked(app, request, '/v3/projects', projectView(row)) }))
      : relatives

  const details = async (row: ProjectRow, request: FastifyRequest, caller: Caller) => {
    const query = request.query as Query
    const wanted = {
      parents_as_list: asksFor(query, 'parents_as_list'),
      parents_as_ids: asksFor(query, 'parents_as_ids'),
      subtree_as_list: asksFor(query, 'subtree_as_list'),
      subtree_as_ids: asksFor(query, 'subtree_as_ids'),
    }
    const relatives = await deps.relativesOf(row.id, wanted, caller.context.userId)
    return Object.fromEntries(
      Object.entries(relatives).map(([side, found]) => [side, shown(request, found as Relatives['parents'])]),
    )
  }
  const words = {
    singular: 'project',
    plural: 'projects',
    create: newProject,
    update: projectChange,
    filters: projectFilters,
    draft: (body: Record<string, unknown>, caller: Caller) => ({
      domain_id: projects.domainFor(body, caller),
    }),
    listTarget: (domain_id: string) => ({ domain_id }),
    details,
  }
  collectionRoutes(app, deps, words, projects)
  tagRoutes(app, deps, projects, deps.tags)
}
