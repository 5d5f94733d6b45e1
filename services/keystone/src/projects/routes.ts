import type { ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, type Collection, type CollectionDeps } from '../collection.ts'
import type { ProjectRow } from '../db/tables.ts'
import { newProject, projectChange, projectFilters, type NewProject, type ProjectChange } from './schema.ts'

const words = {
  singular: 'project',
  plural: 'projects',
  create: newProject,
  update: projectChange,
  filters: projectFilters,
}

/** @see Identity API v3, projects */
export function projectRoutes(
  app: ApiApp,
  deps: CollectionDeps,
  projects: Collection<ProjectRow, NewProject, ProjectChange>,
): void {
  collectionRoutes(app, deps, words, projects)
}
