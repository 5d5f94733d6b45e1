import { z } from 'zod'
import { isStorable } from '../api/storable.ts'

/** Bytes of a profile as JSON at most. @see openstack/neutron neutron/db/models, PortBinding */
const maxProfile = 4095

/** What the driver of one service tells that of another; null is none. */
export const bindingProfile = z
  .record(z.string(), z.unknown())
  .nullable()
  .transform((profile) => profile ?? {})
  .refine((profile) => {
    const text = JSON.stringify(profile)
    return (
      text.length <= maxProfile && isStorable(text) && !text.includes('\\u0000') && !/\\ud[89a-f]/.test(text)
    )
  }, 'is too large, or has a character that is not allowed')

/** Kind of a guest's interface. */
export const vnicType = z.enum([
  'normal',
  'direct',
  'macvtap',
  'baremetal',
  'direct-physical',
  'virtio-forwarder',
  'smart-nic',
  'accelerator-direct',
  'accelerator-direct-physical',
  'remote-managed',
  'vdpa',
])
