import type { FastifyInstance } from 'fastify'
import { badRequest, imagePageLinks, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { contextOf } from '../identity.ts'
import { isStorable } from '../json-kinds.ts'
import { withoutBody } from '../without-body.ts'
import { parseTaskQuery, taskDocument, taskStub } from './schema.ts'
import type { TaskStore } from './store.ts'

interface Parts {
  store: TaskStore
  /** Demands `tasks_api_access`. @throws ApiError 403 */
  authorize: (context: RequestContext) => void
  /** Whether the caller sees the tasks of all projects. */
  isAdmin: (context: RequestContext) => boolean
  /** An image that the caller sees. @throws ApiError 404 */
  image: (context: RequestContext, id: string) => Promise<{ id: string }>
  limits: { defaultLimit: number; maxLimit: number }
}

/** The routes of `/v2/tasks`, and `GET /v2/images/{image_id}/tasks`. Tasks begin with an import only. */
export function taskRoutes(app: FastifyInstance, { store, authorize, isAdmin, image, limits }: Parts): void {
  app.get('/v2/tasks', async (request) => {
    authorize(contextOf(request))
    const query = request.query as Record<string, unknown>
    const { page, ...wanted } = parseTaskQuery(query, limits)
    const tasks = await store.list(wanted)
    if (!tasks) throw badRequest('Invalid marker: no such task', { code: 'marker_not_found' })
    const ids = tasks.map(({ id }) => id)
    return {
      tasks: tasks.map(taskStub),
      ...imagePageLinks({ url: '/v2/tasks', query, page, ids }),
      schema: '/v2/schemas/tasks',
    }
  })

  app.get<{ Params: { task_id: string } }>('/v2/tasks/:task_id', withoutBody, async (request) => {
    authorize(contextOf(request))
    const { task_id: id } = request.params
    const task = isStorable(id) ? await store.get(id) : undefined
    if (!task) throw notFound(`No task found with ID ${id}`, { code: 'task_not_found' })
    return taskDocument(task)
  })

  app.get<{ Params: { image_id: string } }>('/v2/images/:image_id/tasks', withoutBody, async (request) => {
    const context = contextOf(request)
    const { id } = await image(context, request.params.image_id)
    const tasks = await store.ofImage(id)
    const visible = tasks.filter(({ owner }) => isAdmin(context) || owner === (context.projectId ?? null))
    return { tasks: visible.map(taskDocument) }
  })
}
