import { z } from 'zod'
import { portSchema, volumeSchema } from './device-schema.ts'
import { identifier } from './identifier.ts'
import { finishSchema, incomingSchema, limitSchema, migrateSchema } from './migration-schema.ts'

const job = {
  attempt: z.int().min(1),
  server: identifier,
  context: z.string().optional(),
}
const amount = z.int().min(0)
const longestShutdownSeconds = 3600
const cleanShutdown = { shutdown_timeout: amount.max(longestShutdownSeconds).optional() }
const nothing = z.object({}).default({})

/** Body of PUT /v1/jobs/{operation}/{step}. */
export const jobSchema = z.discriminatedUnion('kind', [
  z.object({
    ...job,
    kind: z.literal('boot'),
    params: z.object({
      image: z.object({ id: identifier, disk_format: z.string().nullish() }),
      flavor: z.object({ ram: z.int().min(1), vcpus: z.int().min(1), disk: amount }),
      name: z.string(),
      volumes: z.array(volumeSchema).optional(),
      ports: z.array(portSchema).optional(),
    }),
  }),
  z.object({
    ...job,
    kind: z.literal('backup'),
    params: z.object({ bandwidth: amount.optional(), running: z.boolean().optional() }).default({}),
  }),
  z.object({
    ...job,
    kind: z.literal('upload'),
    params: z.object({
      image: identifier,
      sha512: z
        .string()
        .regex(/^[0-9a-f]{128}$/)
        .optional(),
    }),
  }),
  z.object({ ...job, kind: z.literal('stop'), params: z.object(cleanShutdown).default({}) }),
  z.object({
    ...job,
    kind: z.literal('reboot'),
    params: z.object({ ...cleanShutdown, type: z.enum(['SOFT', 'HARD']) }),
  }),
  z.object({ ...job, kind: z.literal('prepare_incoming'), params: incomingSchema }),
  z.object({ ...job, kind: z.literal('migrate'), params: migrateSchema }),
  z.object({ ...job, kind: z.literal('limit_migration'), params: limitSchema }),
  z.object({ ...job, kind: z.literal('finish_migration'), params: finishSchema }),
  z.object({ ...job, kind: z.literal('attach_volume'), params: z.object({ volume: volumeSchema }) }),
  z.object({ ...job, kind: z.literal('detach_volume'), params: z.object({ volume: identifier }) }),
  z.object({
    ...job,
    kind: z.literal('extend_volume'),
    params: z.object({ volume: identifier, size: z.int().min(1) }),
  }),
  z.object({ ...job, kind: z.literal('attach_port'), params: z.object({ port: portSchema }) }),
  z.object({ ...job, kind: z.literal('detach_port'), params: z.object({ port: identifier }) }),
  z.object({
    ...job,
    kind: z.literal([
      'start',
      'pause',
      'unpause',
      'suspend',
      'resume',
      'destroy',
      'force_complete',
      'confirm_source',
      'abandon_incoming',
      'reclaim_source',
    ]),
    params: nothing,
  }),
])

/** What stands in the path. */
export const jobPath = z.object({ operation: identifier, step: identifier })
export const operationPath = z.object({ operation: identifier })
export const guestPath = z.object({ server: identifier })

const longestWaitSeconds = 30

/** `wait`: seconds for which the answer may be held back. */
export const waitQuery = z.object({
  wait: z.coerce
    .number()
    .min(0)
    .default(0)
    .transform((seconds) => Math.min(seconds, longestWaitSeconds)),
})
export const attemptQuery = z.object({ attempt: z.coerce.number().int().min(1) })
/** `length`: lines; -1 and absent: all. */
export const consoleQuery = z.object({ length: z.coerce.number().int().min(-1).default(-1) })
