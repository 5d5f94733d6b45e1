import { z } from 'zod'
import { connectionInfoOf } from '../devices-protocol.ts'
import { identifier } from './identifier.ts'

const connectionInfo = z.looseObject({ driver_volume_type: z.string() }).transform(connectionInfoOf)

export const volumeSchema = z.object({ id: identifier, connection_info: connectionInfo })

const longestMtu = 65_535

export const portSchema = z.object({
  id: identifier,
  mac_address: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, 'malformed MAC address'),
  mtu: z.int().min(68).max(longestMtu).optional(),
  vif_type: z.string(),
  vif_details: z.record(z.string(), z.unknown()).default({}),
})
