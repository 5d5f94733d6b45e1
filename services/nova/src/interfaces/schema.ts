import { z } from 'zod'
import { badRequest, parseBody } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { tag, uuid } from '../parameter-types.ts'
import { refuseKeysOutside } from '../query-parameters.ts'

const wrapper = 'interfaceAttachment'
const address = z.union([z.ipv4(), z.ipv6()])

const body = z.strictObject({
  interfaceAttachment: z
    .strictObject({
      net_id: uuid.optional(),
      port_id: uuid.optional(),
      fixed_ips: z
        .array(z.strictObject({ ip_address: address }))
        .length(1)
        .optional(),
      tag: tag.optional(),
    })
    .optional(),
})

/** What is to be attached: a port that exists, a new one on a network, or on the only network of the project. */
export type AttachRequest = NonNullable<z.output<typeof body>['interfaceAttachment']>

/** Reads the body of a request to attach. @throws ApiError 400 @see openstack/nova nova/api/openstack/compute/attach_interfaces.py */
export function parseAttach(given: unknown, version: Microversion): AttachRequest {
  refuseKeysOutside(given, wrapper, version, { tag: { from: '2.49' } })
  const wanted = parseBody(body, given).interfaceAttachment ?? {}
  if (wanted.net_id !== undefined && wanted.port_id !== undefined) {
    throw badRequest('Must not input both network_id and port_id', { code: 'network_and_port' })
  }
  if (wanted.fixed_ips && wanted.net_id === undefined) {
    throw badRequest('Must input network_id when request IP address', { code: 'address_without_network' })
  }
  return wanted
}
