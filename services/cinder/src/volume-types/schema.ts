import { z } from 'zod'
import { badRequest, boolean, parseBody, text } from '@longhaul/oslo/api'
import type { ListTable } from '../list-query.ts'
import { extraSpecs } from '../parameter-types.ts'

const name = text(1, 255)
  .transform((value) => value.trim())
  .pipe(z.string().min(1))
const isPublicKey = 'os-volume-type-access:is_public'

const createBody = z.strictObject({
  volume_type: z.strictObject({
    name,
    description: text(0, 255).nullish(),
    extra_specs: extraSpecs.nullish(),
    [isPublicKey]: boolean.optional(),
  }),
})

export interface TypeRequest {
  name: string
  description: string | null
  isPublic: boolean
  extraSpecs: Record<string, string>
}

/** @throws ApiError 400 `invalid_body` */
export function parseCreate(body: unknown): TypeRequest {
  const { volume_type: type } = parseBody(createBody, body)
  return {
    name: type.name,
    description: type.description ?? null,
    isPublic: type[isPublicKey] ?? true,
    extraSpecs: type.extra_specs ?? {},
  }
}

const updateBody = z.strictObject({
  volume_type: z
    .strictObject({
      name: name.nullish(),
      description: text(0, 255).nullish(),
      is_public: boolean.optional(),
    })
    .refine((type) => Object.values(type).some((value) => value !== null && value !== undefined), {
      message: 'specify either name, description or is_public',
    }),
})

/** @throws ApiError 400 `invalid_body` */
export function parseUpdate(body: unknown): { name?: string; description?: string; is_public?: number } {
  const { name: wanted, description, is_public: isPublic } = parseBody(updateBody, body).volume_type
  return {
    ...(wanted ? { name: wanted } : {}),
    ...(description === undefined || description === null ? {} : { description }),
    ...(isPublic === undefined ? {} : { is_public: isPublic ? 1 : 0 }),
  }
}

export const extraSpecsBody = z.strictObject({ extra_specs: extraSpecs })
/** One spec by its key. */
export const extraSpecBody = extraSpecs.refine((specs) => Object.keys(specs).length === 1, 'must be one item')

const accessBody = z.strictObject({ project: text(1, 255) })
const actionBody = z.union([
  z.strictObject({ addProjectAccess: accessBody }),
  z.strictObject({ removeProjectAccess: accessBody }),
])

/** @throws ApiError 400 `unknown_action` */
export function parseAccess(body: unknown): { add: boolean; projectId: string } {
  const parsed = actionBody.safeParse(body)
  if (!parsed.success) throw badRequest('There is no such action.', { code: 'unknown_action' })
  return 'addProjectAccess' in parsed.data
    ? { add: true, projectId: parsed.data.addProjectAccess.project }
    : { add: false, projectId: parsed.data.removeProjectAccess.project }
}

/** What types are sorted and filtered by. */
export const typeListTable: ListTable = {
  sorts: { id: 'id', name: 'name', created_at: 'created_at', updated_at: 'updated_at' },
  filters: {
    extra_specs: { kind: 'metadata', column: 'user', versions: { from: '3.52' } },
  },
}
