import { z } from 'zod'
import { parseBody } from '@longhaul/oslo/api'
import { text, uuid } from '../parameter-types.ts'

const body = z.strictObject({
  events: z
    .array(
      z.strictObject({
        name: z.enum([
          'network-changed',
          'network-vif-plugged',
          'network-vif-unplugged',
          'network-vif-deleted',
        ]),
        server_uuid: uuid,
        status: z.enum(['failed', 'completed', 'in-progress']).optional(),
        tag: text(1, 255).optional(),
      }),
    )
    .min(1)
    .max(1000),
})

/** Something that happened to a server elsewhere; the tag of what happened to a port is the port's id. */
export type ExternalEvent = z.output<typeof body>['events'][number]

/** @throws ApiError 400 @see openstack/nova nova/api/openstack/compute/schemas/server_external_events.py */
export function parseEvents(given: unknown): ExternalEvent[] {
  return parseBody(body, given).events
}
