import { z } from 'zod'
import { identifier } from './identifier.ts'

/** As the Block Storage API gives it in an attachment, all in one object, or as Nova keeps it, with `data` apart. */
const connectionInfo = z
  .looseObject({ driver_volume_type: z.string() })
  .transform(({ driver_volume_type, data, ...rest }) => ({
    driver_volume_type,
    data: typeof data === 'object' && data !== null ? { ...data } : rest,
  }))

export const volumeSchema = z.object({ id: identifier, connection_info: connectionInfo })

const longestMtu = 65_535

export const portSchema = z.object({
  id: identifier,
  mac_address: z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i, 'malformed MAC address'),
  mtu: z.int().min(68).max(longestMtu).optional(),
  vif_type: z.string(),
  vif_details: z.record(z.string(), z.unknown()).default({}),
})
