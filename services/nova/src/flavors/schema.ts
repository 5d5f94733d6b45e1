import { z } from 'zod'

const most = 2 ** 31 - 1
/** Numbers may come as text. */
const integer = (min: number) =>
  z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.int().min(min).max(most))
const zero = z.union([z.literal(0), z.literal('0'), z.literal('')])
const text = z
  .string()
  .min(1)
  .max(255)
  .regex(/^\S(.*\S)?$/, 'must not begin or end with a space')

/** Body of `POST /flavors`. What a server would not get (swap, ephemeral disks) is refused. */
export const createFlavorBody = z.object({
  flavor: z.strictObject({
    name: text,
    id: z.union([text, z.int().transform(String), z.null()]).optional(),
    ram: integer(1),
    vcpus: integer(1),
    disk: integer(0),
    swap: zero.optional(),
    'OS-FLV-EXT-DATA:ephemeral': zero.optional(),
    rxtx_factor: z.union([z.literal(1), z.literal('1'), z.literal('1.0')]).optional(),
    'os-flavor-access:is_public': z.boolean().default(true),
  }),
})

export type CreateFlavorRequest = z.infer<typeof createFlavorBody>['flavor']
