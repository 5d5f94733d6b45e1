import { isoTimeWithoutZone } from '../iso-time.ts'
import type { Microversion } from '../microversions.ts'
import type { KeyPair } from './store.ts'

const typeIn = (version: Microversion, { type }: KeyPair) => (version.atLeast('2.2') ? { type } : {})

/** One of a list. */
export function keypairSummary(keypair: KeyPair, version: Microversion) {
  const { name, public_key, fingerprint } = keypair
  return { keypair: { name, public_key, fingerprint, ...typeIn(version, keypair) } }
}

/** @param privateKey shown this once, if the pair was made here */
export function createdKeypair(keypair: KeyPair, version: Microversion, privateKey?: string) {
  const { keypair: summary } = keypairSummary(keypair, version)
  const secret = privateKey === undefined ? {} : { private_key: privateKey }
  return { keypair: { ...summary, user_id: keypair.user_id, ...secret } }
}

/** @see openstack/nova nova/api/openstack/compute/views/keypairs.py */
export function keypairView(keypair: KeyPair, version: Microversion) {
  const { keypair: summary } = keypairSummary(keypair, version)
  return {
    keypair: {
      ...summary,
      user_id: keypair.user_id,
      id: keypair.id,
      created_at: isoTimeWithoutZone(keypair.created_at),
      updated_at: null,
      deleted: false,
      deleted_at: null,
    },
  }
}
