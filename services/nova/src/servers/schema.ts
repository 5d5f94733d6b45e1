import { z } from 'zod'

/** As Nova: printable, and no space at either end. */
const name = z
  .string()
  .min(1)
  .max(255)
  .regex(/^(?! )[^\p{Cc}]*(?<! )$/u, 'must be printable and not begin or end with a space')

/** Nova's limit on the number of metadata items is a quota of 128. */
const metadata = z
  .record(z.string().min(1).max(255), z.string().max(255))
  .refine((items) => Object.keys(items).length <= 128, 'more than 128 items')

/** A network cannot be chosen: there are none. */
const networks = z.union([z.literal('none'), z.literal('auto'), z.array(z.unknown()).max(0)], {
  error: 'servers have no networks in this cloud: none, auto or an empty list',
})

const one = z.union([z.literal(1), z.literal('1')], { error: 'one server a request' })

/** Body of `POST /servers`. Options that this cloud cannot keep are refused, not ignored. */
export const createServerBody = z.object({
  server: z.strictObject({
    name,
    imageRef: z.string().min(1),
    flavorRef: z.union([z.string().min(1), z.int()]).transform(String),
    networks: networks.optional(),
    metadata: metadata.default({}),
    min_count: one.optional(),
    max_count: one.optional(),
    availability_zone: z.literal('nova', { error: "the only availability zone is 'nova'" }).optional(),
    security_groups: z.array(z.strictObject({ name: z.literal('default') })).optional(),
    config_drive: z.union([z.literal(false), z.literal(''), z.literal('False')]).optional(),
    'OS-DCF:diskConfig': z.enum(['AUTO', 'MANUAL']).optional(),
    block_device_mapping_v2: z.array(z.unknown()).max(0).optional(),
  }),
})

export type CreateServerRequest = z.infer<typeof createServerBody>['server']

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
            .regex(/^(-1|\d+)$/)
            .transform(Number),
          z.null(),
        ])
        .optional(),
    }),
  }),
}

export type ActionName = keyof typeof actionBodies

/** The image's id: `imageRef` may be an id or, as older clients send it, a URL that ends in it. */
export function imageIdOf(imageRef: string): string {
  return imageRef.replace(/^.*\//, '')
}
