import { conflict, forbidden, notFound, requestTooLarge, type ApiError } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import { isStorable } from '../json-kinds.ts'
import type { Member } from './member.ts'
import { parseStatus } from './schema.ts'
import type { MemberStore } from './store.ts'

/** As much of images as their members need. */
export interface SharedImages {
  /** An image that the caller sees, and what rules may look at. @throws ApiError 404 */
  target(
    context: RequestContext,
    id: string,
  ): Promise<{
    image: { id: string; visibility: string; owner: string | null }
    target: Record<string, unknown>
  }>
  isAdmin(context: RequestContext): boolean
}

/** As much of the policy as members need. */
export interface MemberPolicy {
  check(action: string, target: Record<string, unknown>, credentials: Record<string, unknown>): boolean
}

interface Parts {
  images: SharedImages
  store: MemberStore
  policy: MemberPolicy
  /** `image_member_quota`: members of an image at most; negative for no limit. */
  quota: number
}

/** A shared image in the eyes of a caller. */
interface Share {
  imageId: string
  /** Whether a rule is met. */
  allows: (action: string) => boolean
  /** Whether the caller sees all members; else only his own project. */
  seesAll: boolean
  projectId: string | undefined
}

/** The rules of sharing. The project of an image chooses the members, each member says what it makes of it. */
export class Members {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws ApiError 403; 404; 409 `member_exists`; 413 `member_quota_exceeded` */
  async create(context: RequestContext, id: string, memberId: string): Promise<Member> {
    const refusal = forbiddenTo('create members for', id)
    const { imageId } = await this.#share(context, id, ['add_member'], refusal)
    const { store, quota } = this.#parts
    const member = await store.insert(imageId, memberId, quota)
    if (member === 'taken') {
      throw conflict(`Member ${memberId} is duplicated for image ${id}`, { code: 'member_exists' })
    }
    if (typeof member === 'number') {
      const numbers = `Attempted: ${member + 1}, Maximum: ${quota}`
      throw requestTooLarge(
        `Image member limit exceeded for image ${id}: The limit has been exceeded on the number of allowed image members. ${numbers}`,
        { code: 'member_quota_exceeded' },
      )
    }
    return member
  }

  /** @throws ApiError 403, 404 */
  async list(context: RequestContext, id: string): Promise<Member[]> {
    const refusal = forbiddenTo('list members for', id)
    const share = await this.#share(context, id, ['get_members', 'get_member'], refusal)
    const members = await this.#parts.store.list(share.imageId)
    return members.filter(({ memberId }) => share.seesAll || memberId === share.projectId)
  }

  /** Whoever may not see the member is told that there is none. @throws ApiError 404 */
  async show(context: RequestContext, id: string, memberId: string): Promise<Member> {
    const share = await this.#share(context, id, ['get_member'], missing(id, memberId))
    return await this.#member(share, memberId)
  }

  /** @param status as sent @throws ApiError 400 `invalid_body`, 403, 404 */
  async update(context: RequestContext, id: string, memberId: string, status: unknown): Promise<Member> {
    const refusal = forbiddenTo('update members for', id)
    const share = await this.#share(context, id, ['get_member'], refusal)
    await this.#member(share, memberId)
    if (!share.allows('modify_member')) throw refusal
    const member = await this.#parts.store.setStatus(share.imageId, memberId, parseStatus(status))
    if (!member) throw missing(id, memberId)
    return member
  }

  /** @throws ApiError 403, 404 */
  async delete(context: RequestContext, id: string, memberId: string): Promise<void> {
    const refusal = forbiddenTo('delete members for', id)
    const share = await this.#share(context, id, ['get_member'], refusal)
    await this.#member(share, memberId)
    if (!share.allows('delete_member')) throw refusal
    if (!(await this.#parts.store.delete(share.imageId, memberId))) throw missing(id, memberId)
  }

  async #member({ imageId, seesAll, projectId }: Share, memberId: string): Promise<Member> {
    const isSeen = isStorable(memberId) && (seesAll || memberId === projectId)
    const member = isSeen ? await this.#parts.store.get(imageId, memberId) : undefined
    if (!member) throw missing(imageId, memberId)
    return member
  }

  /** @param refusal thrown if the image is not shared or the rules are not met */
  async #share(
    context: RequestContext,
    id: string,
    actions: readonly string[],
    refusal: ApiError,
  ): Promise<Share> {
    const { images, policy } = this.#parts
    const { image, target } = await images.target(context, id)
    const credentials = policyCredentials(context)
    const allows = (action: string) => policy.check(action, target, credentials)
    if (image.visibility !== 'shared' || !actions.every(allows)) throw refusal
    const { projectId } = context
    const isOwner = image.owner !== null && image.owner === projectId
    return { imageId: image.id, allows, seesAll: isOwner || images.isAdmin(context), projectId }
  }
}

function forbiddenTo(what: string, id: string): ApiError {
  return forbidden(`Not allowed to ${what} image ${id}.`, { code: 'members_forbidden' })
}

function missing(id: string, memberId: string): ApiError {
  return notFound(`${memberId} not found in the member list of the image ${id}.`, {
    code: 'member_not_found',
  })
}
