import { z } from 'zod'
import { portSchema, volumeSchema } from './device-schema.ts'
import { identifier } from './identifier.ts'

const amount = z.int().min(0)
const portNumber = z.int().min(1).max(65_535)
const slots = z.array(z.object({ id: identifier, slot: z.int().min(1) }))

const machine = z.object({
  name: z.string(),
  vcpus: z.int().min(1),
  memory_mb: z.int().min(1),
  machine: z.string().regex(/^[0-9a-zA-Z._+-]+$/, 'malformed machine type'),
  slots: amount,
  image: identifier,
  power_state: z.enum(['running', 'paused']),
  disk: z.object({ virtual_size: z.int().min(1), backed: z.boolean(), probe: z.string() }),
  volumes: slots,
  ports: slots,
})

export const incomingSchema = z.object({
  machine,
  block: z.boolean().optional(),
  volumes: z.array(volumeSchema).default([]),
  ports: z.array(portSchema).default([]),
})

const limits = { bandwidth: amount.optional(), downtime: amount.optional() }

export const migrateSchema = z.object({
  ...limits,
  destination: z.object({
    host: z.string().min(1),
    port: portNumber,
    disk: z.object({ port: portNumber, export: z.string(), sync: z.enum(['top', 'full']) }).optional(),
    tls: z.boolean(),
    post_copy: z.boolean(),
  }),
  auto_converge: z.boolean().optional(),
  post_copy: z.boolean().optional(),
})

export const limitSchema = z.object(limits)

export const finishSchema = z.object({ running: z.boolean(), post_copy: z.boolean().optional() })
