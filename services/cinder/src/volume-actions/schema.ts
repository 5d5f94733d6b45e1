import { z } from 'zod'
import { badRequest, boolean, parseBody, text, uuid } from '@longhaul/oslo/api'
import { connector } from '../connector.ts'
import { metadata, sizeText } from '../parameter-types.ts'
import { resettableStatuses } from '../volume-states.ts'

const bootable = z.strictObject({ bootable: boolean })
const readonly = z.strictObject({ readonly: boolean })

/** What each action takes. @see openstack/cinder cinder/api/schemas/volume_actions.py */
export const actionShapes = {
  'os-attach': z
    .strictObject({
      instance_uuid: uuid.optional(),
      host_name: text(0, 255).optional(),
      mountpoint: text(1, 255),
      mode: z.enum(['rw', 'ro']).default('rw'),
    })
    .refine((body) => (body.instance_uuid === undefined) !== (body.host_name === undefined), {
      message: 'must have either instance_uuid or host_name',
    }),
  'os-detach': z.strictObject({ attachment_id: uuid.nullish() }).nullable(),
  'os-force_detach': z.strictObject({
    attachment_id: uuid.nullish(),
    connector: z.looseObject({}).nullish(),
  }),
  'os-reserve': z.unknown(),
  'os-unreserve': z.unknown(),
  'os-begin_detaching': z.unknown(),
  'os-roll_detaching': z.unknown(),
  'os-initialize_connection': z.strictObject({ connector }),
  'os-terminate_connection': z.strictObject({ connector: connector.nullable() }),
  'os-extend': z.strictObject({ new_size: sizeText }),
  'os-reset_status': z
    .strictObject({
      status: z.enum(resettableStatuses).optional(),
      attach_status: z.enum(['attached', 'detached']).nullish(),
      migration_status: z.null().optional(),
    })
    .refine((body) => Object.keys(body).length > 0, 'must set something'),
  'os-force_delete': z.unknown(),
  'os-set_bootable': bootable,
  'os-update_readonly_flag': readonly,
  'os-set_image_metadata': z.strictObject({ metadata }),
  'os-unset_image_metadata': z.strictObject({ key: text(1, 255) }),
  'os-show_image_metadata': z.unknown(),
} as const

export type ActionName = keyof typeof actionShapes

/** An action with what it takes. */
export type VolumeAction = {
  [Name in ActionName]: { name: Name; body: z.output<(typeof actionShapes)[Name]> }
}[ActionName]

/** @throws ApiError 400 `unknown_action`, `invalid_body` */
export function parseAction(body: unknown): VolumeAction {
  const keys = typeof body === 'object' && body !== null && !Array.isArray(body) ? Object.keys(body) : []
  const name = keys.find((key): key is ActionName => Object.hasOwn(actionShapes, key))
  if (name === undefined || keys.length > 1) {
    throw badRequest('There is no such action.', { code: 'unknown_action' })
  }
  const shape = z.object({ [name]: actionShapes[name] as z.ZodType })
  return { name, body: parseBody(shape, body)[name] } as VolumeAction
}
