import { z } from 'zod'
import { text } from '@longhaul/oslo/api'
import { parseResource } from '../api/body.ts'
import type { Binding } from '../ml2/binding.ts'
import { bindingProfile, vnicType } from '../ml2/schema.ts'

const changes = { vnic_type: vnicType.optional(), profile: bindingProfile.optional() }
const creation = z.strictObject({ host: text(1, 255), ...changes })
const update = z.strictObject({ host: text(1, 255).optional(), ...changes })

export type BindingCreation = z.infer<typeof creation>
export type BindingUpdate = z.infer<typeof update>

/** @throws ApiError 400 */
export function parseCreation(body: unknown): BindingCreation {
  return parseResource('binding', creation, body)
}

/** @throws ApiError 400 */
export function parseUpdate(body: unknown): BindingUpdate {
  return parseResource('binding', update, body)
}

/** A binding as clients see it. */
export function bindingDocument(binding: Binding) {
  const { host, vif_type, vif_details, vnic_type, profile, status } = binding
  return { host, vif_type, vif_details, vnic_type, profile, status }
}
