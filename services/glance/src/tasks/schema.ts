import { badRequest, pageOf, type Page } from '@longhaul/oslo/api'
import { isStorable, uuidPattern } from '../json-kinds.ts'
import { wireTime } from '../wire-time.ts'
import type { TaskQuery } from './store.ts'
import { importTaskType, taskStatuses, type Task } from './task.ts'

/** The JSON schema of a task. */
export const taskJsonSchema = {
  name: 'task' as const,
  properties: {
    id: { type: 'string', pattern: uuidPattern.source, description: 'Identifier of the task' },
    type: { type: 'string', enum: ['import', importTaskType], description: 'Kind of the task' },
    status: { type: 'string', enum: [...taskStatuses], description: 'Where the task is' },
    input: { type: ['null', 'object'], description: 'What was asked for' },
    result: { type: ['null', 'object'], description: 'What came of it' },
    owner: { type: 'string', description: 'Project of the task' },
    message: { type: 'string', description: 'Why it failed' },
    image_id: { type: 'string', description: 'Image of the task' },
    request_id: { type: 'string', description: 'Request that began the task' },
    user_id: { type: 'string', description: 'User who began the task' },
    expires_at: { type: ['null', 'string'], description: 'When the task is forgotten' },
    created_at: { type: 'string', description: 'When the task began' },
    updated_at: { type: 'string', description: 'When the task last changed' },
    self: { type: 'string', readOnly: true },
    schema: { type: 'string', readOnly: true },
  },
}

const sortColumns = ['created_at', 'updated_at', 'status', 'type', 'id'] as const

/**
 * Reads the query of `GET /v2/tasks`.
 *
 * @throws ApiError 400 `invalid_filter`, `invalid_limit`
 */
export function parseTaskQuery(
  query: Record<string, unknown>,
  limits: { defaultLimit: number; maxLimit: number },
): TaskQuery & { page: Page } {
  const page = pageOf({ limit: limits.defaultLimit, ...query }, { maxLimit: limits.maxLimit, zero: 'none' })
  if (page.marker !== undefined) text('marker', page.marker)
  const direction = choice('sort_dir', ['asc', 'desc'] as const, query['sort_dir']) ?? 'desc'
  const column = choice('sort_key', sortColumns, query['sort_key']) ?? 'created_at'
  const status = choice('status', taskStatuses, query['status'])
  const type = choice('type', ['import', importTaskType] as const, query['type'])
  const owner = query['owner'] === undefined ? undefined : text('owner', query['owner'])
  return {
    page,
    ...page,
    sort: { column, direction },
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { type }),
    ...(owner === undefined ? {} : { owner }),
  }
}

function choice<T extends string>(name: string, allowed: readonly T[], value: unknown): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw invalid(name)
  return found
}

function text(name: string, value: unknown): string {
  if (typeof value !== 'string' || !isStorable(value)) throw invalid(name)
  return value
}

function invalid(name: string) {
  return badRequest(`Invalid ${name} value`, { code: 'invalid_filter' })
}

/** A task as lists show it. */
export function taskStub(task: Task): Record<string, unknown> {
  return {
    id: task.id,
    type: task.type,
    status: task.status,
    owner: task.owner,
    created_at: wireTime(task.createdAt),
    updated_at: wireTime(task.updatedAt),
    ...(task.expiresAt === null ? {} : { expires_at: wireTime(task.expiresAt) }),
    self: `/v2/tasks/${task.id}`,
    schema: '/v2/schemas/task',
  }
}

export function taskDocument(task: Task): Record<string, unknown> {
  return {
    ...taskStub(task),
    image_id: task.imageId,
    request_id: task.requestId,
    user_id: task.userId,
    input: task.input,
    result: task.result,
    message: task.message,
  }
}
