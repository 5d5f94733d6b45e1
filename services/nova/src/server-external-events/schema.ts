import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { text, uuid } from '../parameter-types.ts'

const ofPorts = [
  'network-changed',
  'network-vif-plugged',
  'network-vif-unplugged',
  'network-vif-deleted',
] as const

const bodyWith = <Name extends string>(names: readonly Name[]) =>
  z.strictObject({
    events: z
      .array(
        z.strictObject({
          name: z.enum(names),
          server_uuid: uuid,
          status: z.enum(['failed', 'completed', 'in-progress']).optional(),
          tag: text(1, 255).optional(),
        }),
      )
      .min(1)
      .max(1000),
  })
const upTo250 = bodyWith(ofPorts)
const from251 = bodyWith([...ofPorts, 'volume-extended'])

/** Something that happened to a server elsewhere; the tag is the id of the port or volume that it happened to. */
export type ExternalEvent = z.output<typeof from251>['events'][number]

/** @throws ApiError 400 @see openstack/nova nova/api/openstack/compute/schemas/server_external_events.py */
export function parseEvents(given: unknown, version: Microversion): ExternalEvent[] {
  return parseBody(version.atLeast('2.51') ? from251 : upTo250, given).events
}
