export const taskStatuses = ['pending', 'processing', 'success', 'failure'] as const

export type TaskStatus = (typeof taskStatuses)[number]

/** The one kind of task: the import of staged data. */
export const importTaskType = 'api_image_import'

/** A piece of work that goes on after its request was answered. */
export interface Task {
  id: string
  type: string
  status: TaskStatus
  /** Id of a project. */
  owner: string | null
  imageId: string
  userId: string
  requestId: string
  /** What was asked for. */
  input: Record<string, unknown>
  result: Record<string, unknown> | null
  /** For people; empty unless something failed. */
  message: string
  /** ISO 8601 with milliseconds, UTC. */
  createdAt: string
  updatedAt: string
  /** When it is forgotten; null while it goes on. */
  expiresAt: string | null
}

/** A task before it exists. */
export type NewTask = Pick<Task, 'id' | 'owner' | 'imageId' | 'userId' | 'requestId' | 'input'>
