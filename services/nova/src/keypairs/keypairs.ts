import { badRequest, conflict, forbidden, notFound, OverQuota, type Page } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { generateSshKeypair } from './generate.ts'
import { invalidKeypair, sshFingerprint, x509Fingerprint } from './public-key.ts'
import type { CreateKeypairRequest } from './schema.ts'
import type { KeyPair, KeypairStore } from './store.ts'

export interface KeypairsOptions {
  store: KeypairStore
  policy: Enforcer
  quotas: {
    /** @throws OverQuota if the user has as many as a project allows its users */
    reserveKeypair(trx: Transaction<NovaTables>, projectId: string, userId: string): Promise<void>
  }
  now: () => Date
}

/** The rules of key pairs. Each belongs to a user, who may be named by administrators. */
export class Keypairs {
  readonly #options: KeypairsOptions

  constructor(options: KeypairsOptions) {
    this.#options = options
  }

  /**
   * Keeps a public key. Without one a pair is made, and its private half is returned once and kept nowhere.
   *
   * @throws ApiError 400 for what is no key, 403 also over quota, 409 if the user has one of that name
   */
  async create(
    context: RequestContext,
    request: CreateKeypairRequest,
  ): Promise<{ keypair: KeyPair; privateKey?: string }> {
    const { policy, store, quotas, now } = this.#options
    const { name, type, user_id: userId = context.userId } = request
    policy.authorize('os_compute_api:os-keypairs:create', { user_id: userId }, context)
    const { publicKey, privateKey } = await keysOf(request)
    const fingerprint = type === 'ssh' ? sshFingerprint(publicKey) : x509Fingerprint(publicKey)
    const row = { user_id: userId, name, type, public_key: publicKey, fingerprint, created_at: now() }
    const keypair = await store
      .insert(row, (trx) => quotas.reserveKeypair(trx, context.projectId ?? '', userId))
      .catch((error: unknown) => {
        if (!(error instanceof OverQuota)) throw error
        throw forbidden('Quota exceeded, too many key pairs.', { code: 'quota_exceeded', cause: error })
      })
    if (!keypair) throw conflict(`Key pair '${name}' already exists.`, { code: 'keypair_exists' })
    return { keypair, ...(privateKey === undefined ? {} : { privateKey }) }
  }

  /** @param page undefined: all of them. @throws ApiError 400 for a marker that does not exist, 403 */
  async list(context: RequestContext, userId = context.userId, page?: Page): Promise<KeyPair[]> {
    const { policy, store } = this.#options
    policy.authorize('os_compute_api:os-keypairs:index', { user_id: userId }, context)
    if (page?.marker !== undefined && !(await store.find(userId, page.marker))) {
      throw badRequest(`Marker ${page.marker} could not be found.`, { code: 'marker_not_found' })
    }
    return await store.list(userId, page ?? {})
  }

  /** @throws ApiError 403, 404 */
  async show(context: RequestContext, name: string, userId = context.userId): Promise<KeyPair> {
    const { policy, store } = this.#options
    policy.authorize('os_compute_api:os-keypairs:show', { user_id: userId }, context)
    const keypair = await store.find(userId, name)
    if (!keypair) throw keypairMissing(name, userId)
    return keypair
  }

  /** Servers keep its name. @throws ApiError 403, 404 */
  async delete(context: RequestContext, name: string, userId = context.userId): Promise<void> {
    const { policy, store } = this.#options
    policy.authorize('os_compute_api:os-keypairs:delete', { user_id: userId }, context)
    if (!(await store.delete(userId, name))) throw keypairMissing(name, userId)
  }
}

async function keysOf(request: CreateKeypairRequest): Promise<{ publicKey: string; privateKey?: string }> {
  if (request.public_key !== undefined) return { publicKey: request.public_key }
  if (request.type === 'ssh') return await generateSshKeypair()
  throw invalidKeypair('certificates are imported only, not made here')
}

function keypairMissing(name: string, userId: string) {
  return notFound(`Keypair ${name} not found for user ${userId}`, { code: 'keypair_not_found' })
}
