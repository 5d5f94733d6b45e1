import { notFound, parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import { tag as tagSchema, tagList } from '../attributes.ts'
import { readTags } from '../columns.ts'
import type { CollectionDeps } from '../collection.ts'
import type { ProjectRow } from '../db/tables.ts'
import { policyTarget } from '../policy-target.ts'
import { projectView, type Projects } from './projects.ts'
import { projectTags } from './schema.ts'
import type { TagRules } from './tags.ts'

const base = '/v3/projects/:project_id/tags'
type Params = { project_id: string; value: string }

/** Tags of a project, all at once or one by one. @see Identity API v3, project tags */
export function tagRoutes(
  app: ApiApp,
  { callers, policy }: CollectionDeps,
  projects: Pick<Projects, 'find'>,
  tags: TagRules,
): void {
  const found = async (request: FastifyRequest, action: string) => {
    const { context } = await callers(request)
    const { project_id, value } = request.params as Params
    const row = await projects.find(project_id)
    const objects = row ? { project: projectView(row) } : {}
    policy.authorize(`identity:${action}`, policyTarget(request, { project_id }, objects), context)
    if (!row) throw notFound(`Could not find project: ${project_id}.`, { code: 'project_not_found' })
    return { row, value }
  }
  const shown = (request: FastifyRequest, list: readonly string[]) => ({
    links: { self: `${app.api.baseUrl(request)}${request.url}` },
    tags: list,
  })
  const now = async (row: ProjectRow) => readTags((await projects.find(row.id))?.tags ?? row.tags)

  app.get(base, async (request) => {
    const { row } = await found(request, 'list_project_tags')
    return shown(request, readTags(row.tags))
  })

  app.put(base, async (request) => {
    const { row } = await found(request, 'update_project_tags')
    await tags.replace(row.id, parseBody(projectTags, request.body).tags)
    return shown(request, await now(row))
  })

  app.delete(base, async (request, reply) => {
    const { row } = await found(request, 'delete_project_tags')
    await tags.replace(row.id, [])
    return reply.code(204).send()
  })

  app.get(`${base}/:value`, async (request, reply) => {
    const { row, value } = await found(request, 'get_project_tag')
    tags.check(row, value)
    return reply.code(204).send()
  })

  app.put(`${base}/:value`, async (request, reply) => {
    const { row, value } = await found(request, 'create_project_tag')
    parseBody(tagList, [...readTags(row.tags), parseBody(tagSchema, value)])
    await tags.add(row.id, value)
    const url = `${app.api.baseUrl(request)}/v3/projects/${row.id}/tags/${encodeURIComponent(value)}`
    return reply.code(201).header('location', url).send()
  })

  app.delete(`${base}/:value`, async (request, reply) => {
    const { row, value } = await found(request, 'delete_project_tag')
    await tags.remove(row.id, value)
    return reply.code(204).send()
  })
}
