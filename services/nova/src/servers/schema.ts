import { isIPv4, isIPv6 } from 'node:net'
import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import {
  base64,
  boolean,
  description,
  diskConfig,
  fqdn,
  hostname,
  integer,
  maxTags,
  metadata,
  name,
  tag,
  text,
  uuid,
} from '../parameter-types.ts'
import { refuseKeysOutside } from '../query-parameters.ts'

const accessIPv4 = z.string().refine((value) => isIPv4(value), 'is no IPv4 address')
const accessIPv6 = z.string().refine((value) => isIPv6(value), 'is no IPv6 address')

/** What a server is made with and may be changed to. */
const changeable = {
  name,
  'OS-DCF:diskConfig': diskConfig.optional(),
  accessIPv4: accessIPv4.optional(),
  accessIPv6: accessIPv6.optional(),
  description: description(255).optional(),
  hostname: fqdn.optional(),
}

/** The machine's own disk, which clients may spell out. */
const imageDisk = z.strictObject({
  source_type: z.literal('image'),
  destination_type: z.literal('local'),
  uuid,
  boot_index: z.union([z.literal(0), z.literal('0')]),
  delete_on_termination: boolean.refine((value) => value).optional(),
})

/** A volume that the machine has from the beginning. Where it shows up there is not for others to say. */
const volumeItem = z.strictObject({
  source_type: z.literal('volume'),
  destination_type: z.literal('volume'),
  uuid,
  boot_index: z
    .union([z.literal(-1), z.literal('-1'), z.null()], 'servers boot from images in this cloud')
    .optional(),
  delete_on_termination: boolean.optional(),
  device_name: text(1, 255).nullable().optional(),
  disk_bus: z.literal('virtio').optional(),
  device_type: z.literal('disk').optional(),
  volume_size: integer(1).optional(),
  tag: tag.optional(),
})
const blockDevices = z
  .array(z.discriminatedUnion('source_type', [imageDisk, volumeItem]))
  .max(25)
  .refine(
    (all) => all.filter((one) => one.source_type === 'image').length <= 1,
    'one disk is made of an image',
  )
  .refine((all) => new Set(all.map((one) => one.uuid)).size === all.length, 'a volume is given once')

const networkItem = z
  .strictObject({
    uuid: uuid.optional(),
    port: uuid.nullable().optional(),
    fixed_ip: z.union([z.ipv4(), z.ipv6()]).optional(),
    tag: tag.optional(),
  })
  .refine(({ port, uuid: network }) => Boolean(port) || network !== undefined, 'needs a uuid or a port')
  .refine(({ port, fixed_ip }) => !port || fixed_ip === undefined, 'a port has its own fixed_ip')
const networks = z.union([z.literal('none'), z.literal('auto'), z.array(networkItem).max(50)])

const hints = z
  .record(z.string(), z.unknown())
  .refine((value) => !Object.hasOwn(value, 'group'), 'there are no server groups in this cloud')

const createServerBody = z.strictObject({
  server: z.strictObject({
    ...changeable,
    imageRef: z.union([uuid, z.literal('')]).optional(),
    flavorRef: z.union([text(1, 255), z.int()]).transform(String),
    networks: networks.optional(),
    metadata: metadata.default({}),
    tags: z.array(tag).max(maxTags).default([]),
    min_count: integer(1).optional(),
    max_count: integer(1).optional(),
    return_reservation_id: boolean.default(false),
    availability_zone: name.optional(),
    host: fqdn.optional(),
    hypervisor_hostname: fqdn.optional(),
    key_name: name.optional(),
    user_data: base64.optional(),
    security_groups: z
      .array(z.strictObject({ name: z.literal('default', { error: 'there are no security groups' }) }))
      .optional(),
    config_drive: boolean
      .refine((value) => !value, 'there are no config drives in this cloud')
      .or(z.literal(''))
      .optional(),
    block_device_mapping: z.array(z.unknown()).max(0, 'use block_device_mapping_v2').optional(),
    block_device_mapping_v2: blockDevices.optional(),
    personality: z.array(z.unknown()).max(0, 'files are not injected in this cloud').optional(),
    adminPass: z.undefined({ error: 'passwords are not set in this cloud' }).optional(),
    trusted_image_certificates: z.null({ error: 'signatures are not checked in this cloud' }).optional(),
  }),
  'os:scheduler_hints': hints.optional(),
  'OS-SCH-HNT:scheduler_hints': hints.optional(),
})

export type CreateServerRequest = z.infer<typeof createServerBody>['server']

/** Keys that not every version knows. */
const windows = {
  description: { from: '2.19' },
  tags: { from: '2.52' },
  personality: { to: '2.56' },
  trusted_image_certificates: { from: '2.63' },
  host: { from: '2.74' },
  hypervisor_hostname: { from: '2.74' },
  hostname: { from: '2.90' },
} as const

const networksRequired = z.object({ server: z.object({ networks }) })
const networksAsList = z.object({ server: z.object({ networks: z.array(z.unknown()).optional() }) })
const withoutTags = z.array(z.object({ tag: z.undefined().optional() }))
const devicesWithoutTags = z.object({
  server: z.object({
    networks: z.union([z.string(), withoutTags]).optional(),
    block_device_mapping_v2: withoutTags.optional(),
  }),
})
const labelOnly = z.object({ server: z.object({ hostname: hostname.optional() }) })

/** By mistake, Nova did not know the tags in between. */
function tagsDevices(version: Microversion): boolean {
  return version.atLeast('2.42') || (version.atLeast('2.32') && !version.atLeast('2.37'))
}

/**
 * Reads the body of `POST /servers`. Options that this cloud cannot keep are refused, not ignored.
 *
 * @throws ApiError 400
 */
export function parseCreateServer(body: unknown, version: Microversion): CreateServerRequest {
  refuseKeysOutside(body, 'server', version, windows)
  const { server } = parseBody(createServerBody, body)
  if (version.atLeast('2.37')) parseBody(networksRequired, body)
  else parseBody(networksAsList, body)
  if (!version.atLeast('2.94')) parseBody(labelOnly, body)
  if (!tagsDevices(version)) parseBody(devicesWithoutTags, body)
  // Before descriptions existed, the name was one.
  return version.atLeast('2.19') ? server : { ...server, description: server.name }
}

const updateServerBody = z.strictObject({
  server: z.strictObject({ ...changeable, name: name.optional() }),
})

export type UpdateServerRequest = z.infer<typeof updateServerBody>['server']

/** Reads the body of `PUT /servers/{id}`. @throws ApiError 400 */
export function parseUpdateServer(body: unknown, version: Microversion): UpdateServerRequest {
  refuseKeysOutside(body, 'server', version, windows)
  const { server } = parseBody(updateServerBody, body)
  if (!version.atLeast('2.94')) parseBody(labelOnly, body)
  return server
}

/** Bodies of `POST /servers/{id}/action` by the name of the action. */
export const actionBodies = {
  createImage: z.strictObject({ createImage: z.strictObject({ name, metadata: metadata.default({}) }) }),
  'os-getConsoleOutput': z.strictObject({
    'os-getConsoleOutput': z.strictObject({
      length: z
        .union([
          z.int().min(-1),
          z
            .string()
            .regex(/^(-1|\d{1,15})$/)
            .transform(Number),
          z.null(),
        ])
        .optional(),
    }),
  }),
  /** Up to microversion 2.72 the value says nothing. */
  lock: z.strictObject({ lock: z.unknown() }),
  reboot: z.strictObject({
    reboot: z.strictObject({
      type: z.enum(['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']).transform((type) => type.toUpperCase()),
    }),
  }),
  // What stands behind these names says nothing.
  'os-start': z.strictObject({ 'os-start': z.unknown() }),
  'os-stop': z.strictObject({ 'os-stop': z.unknown() }),
  pause: z.strictObject({ pause: z.unknown() }),
  unpause: z.strictObject({ unpause: z.unknown() }),
  suspend: z.strictObject({ suspend: z.unknown() }),
  resume: z.strictObject({ resume: z.unknown() }),
  unlock: z.strictObject({ unlock: z.unknown() }),
  /** What is in it depends on the version. */
  'os-migrateLive': z.unknown(),
}

export type ActionName = keyof typeof actionBodies

/** Body of `lock` from 2.73 on. */
export const lockBody273 = z.strictObject({
  lock: z.strictObject({ locked_reason: text(1, 255).optional() }).nullable(),
})
