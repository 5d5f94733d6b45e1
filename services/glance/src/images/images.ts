import { badRequest, conflict, forbidden, notFound } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Image, ImageAttributes } from './image.ts'
import type { ListQuery } from './list-query.ts'
import { applyPatch, type Change } from './patch.ts'
import { imageTarget } from './policy.ts'
import { assertWithinQuotas, type ImageQuotas } from './quotas.ts'
import { isImageId, type CreateRequest, type SetAttribute } from './schema.ts'
import type { ImageStore } from './store.ts'

/** As much of the policy as images need. */
export interface ImagePolicy {
  check(action: string, target: Record<string, unknown>, credentials: Record<string, unknown>): boolean
  /** @throws ApiError 403 */
  authorize(action: string, target: Record<string, unknown>, context: RequestContext): void
}

/** A page of a list. */
export interface ImageList {
  images: Image[]
  /** Ids of the page before policy took images out: where the next page begins. */
  ids: string[]
}

interface Parts {
  store: ImageStore
  policy: ImagePolicy
  setAttribute: SetAttribute
  quotas: ImageQuotas
  /** Takes an image's data away with it. @returns false if the image is protected, or is gone */
  deleteImage: (id: string) => Promise<boolean>
  randomUUID: () => string
}

/** How often a change is computed again because the image changed under it. */
const saveAttempts = 5

/** The rules of images. */
export class Images {
  readonly #parts: Parts
  readonly #store: ImageStore
  readonly #policy: ImagePolicy

  constructor(parts: Parts) {
    this.#parts = parts
    this.#store = parts.store
    this.#policy = parts.policy
  }

  /** Makes an image without data. @throws ApiError 409 `image_exists`, 403, 413, 400 as `SetAttribute` */
  async create(context: RequestContext, request: CreateRequest): Promise<Image> {
    const owner = context.projectId ?? null
    const draft: ImageAttributes = {
      name: null,
      visibility: 'shared',
      owner,
      protected: false,
      hidden: false,
      containerFormat: null,
      diskFormat: null,
      minDisk: 0,
      minRam: 0,
      tags: [],
      properties: new Map(),
    }
    for (const [name, value] of request.attributes) this.#parts.setAttribute(draft, name, value)
    const target = {
      project_id: draft.owner ?? undefined,
      owner: draft.owner ?? undefined,
      visibility: draft.visibility,
    }
    if (draft.owner !== owner && !this.#policy.check('add_image', target, policyCredentials(context))) {
      throw forbidden(`You are not permitted to create images owned by '${draft.owner}'`, {
        code: 'owner_forbidden',
      })
    }
    this.#policy.authorize('add_image', target, context)
    this.#authorizeVisibility(context, draft, target)
    assertWithinQuotas(this.#parts.quotas, draft)
    const id = request.id ?? this.#parts.randomUUID()
    const image = await this.#store.insert(id, draft)
    if (!image) throw conflict(`Image ID ${id} already exists!`, { code: 'image_exists' })
    return image
  }

  /** The image, if the caller sees it. @throws ApiError 404 `image_not_found` */
  async show(context: RequestContext, id: string): Promise<Image> {
    return (await this.#seen(context, id)).image
  }

  /** A page of the images that the caller sees. @throws ApiError 400 `marker_not_found` */
  async list(context: RequestContext, query: ListQuery): Promise<ImageList> {
    const { projectId } = context
    this.#policy.authorize('get_images', { project_id: projectId }, context)
    const images = await this.#store.list(query, { all: this.#isAdmin(context), projectId })
    if (!images) throw badRequest('Invalid marker: no such image', { code: 'marker_not_found' })
    return {
      // A shared image of others was found because it is shared with the caller.
      images: images.filter((image) => {
        const isMember = image.visibility === 'shared' && image.owner !== projectId
        return this.#allowsSight(context, image, isMember ? projectId : undefined)
      }),
      ids: images.map(({ id }) => id),
    }
  }

  /** Applies a patch. @throws ApiError 403, 404, 409 `image_changed`, 413, and as `applyPatch` */
  async patch(context: RequestContext, id: string, changes: readonly Change[]): Promise<Image> {
    if (changes.length === 0) return await this.show(context, id)
    return await this.#change(context, id, changes)
  }

  /** Sets or takes away one tag. @throws ApiError 403, 404 `tag_not_found`, 409 `image_changed`, 413, 400 `invalid_body` */
  async tag(context: RequestContext, id: string, tag: string, isSet: boolean): Promise<void> {
    await this.#change(context, id, ({ tags }) => {
      if (!isSet && !tags.includes(tag))
        throw notFound(`Could not find tag ${tag}.`, { code: 'tag_not_found' })
      const others = tags.filter((other) => other !== tag)
      return [{ op: 'replace', name: 'tags', value: isSet ? [...others, tag] : others }]
    })
  }

  /** Deletes an image and its data. @throws ApiError 403 `image_protected`, 404, 409 `image_changed` */
  async delete(context: RequestContext, id: string): Promise<void> {
    const image = await this.authorized(context, id, 'delete_image')
    if (await this.#parts.deleteImage(image.id)) return
    const now = await this.#store.get(image.id)
    if (!now) throw missing(id)
    if (!now.protected)
      throw conflict(`Image ${id} is being changed by others, try again.`, { code: 'image_changed' })
    throw forbidden(`Image ${id} is protected and cannot be deleted.`, { code: 'image_protected' })
  }

  /** Forbids or allows the download. @throws ApiError 403 `image_status`, 404 */
  async setActive(context: RequestContext, id: string, action: 'deactivate' | 'reactivate'): Promise<void> {
    const image = await this.authorized(context, id, action)
    if (!(await this.#store.setActive(image.id, action))) {
      throw forbidden(`Not allowed to ${action} image in status '${image.status}'`, { code: 'image_status' })
    }
  }

  /** The image, if the caller sees it and may do that to it. @throws ApiError 403, 404 `image_not_found` */
  async authorized(context: RequestContext, id: string, action: string): Promise<Image> {
    const { image, memberId } = await this.#seen(context, id)
    if (action === 'download_image' && image.status === 'deactivated' && !this.#isAdmin(context)) {
      throw forbidden('The requested image has been deactivated. Image data download is forbidden.', {
        code: 'image_deactivated',
      })
    }
    this.#policy.authorize(action, imageTarget(image, memberId), context)
    return image
  }

  /** The image as rules see it. @throws ApiError 404 `image_not_found` */
  async target(
    context: RequestContext,
    id: string,
  ): Promise<{ image: Image; target: Record<string, unknown> }> {
    const { image, memberId } = await this.#seen(context, id)
    return { image, target: imageTarget(image, memberId) }
  }

  /** Whether the caller sees the images of all projects. */
  isAdmin(context: RequestContext): boolean {
    return this.#isAdmin(context)
  }

  /** @returns with the caller's project if the image is shared with it */
  async #seen(context: RequestContext, id: string): Promise<{ image: Image; memberId: string | undefined }> {
    const image = isImageId(id) ? await this.#store.get(id.toLowerCase()) : undefined
    if (!image) throw missing(id)
    const { projectId } = context
    const isOwn = image.owner !== null && image.owner === projectId
    const isMember =
      image.visibility === 'shared' &&
      !isOwn &&
      projectId !== undefined &&
      (await this.#store.isMember(image.id, projectId))
    const inSight = isOwn || isMember || ['public', 'community'].includes(image.visibility)
    const memberId = isMember ? projectId : undefined
    if (!(inSight || this.#isAdmin(context)) || !this.#allowsSight(context, image, memberId))
      throw missing(id)
    return { image, memberId }
  }

  /** Computes new attributes from the image as it is and stores them, again if it has changed meanwhile. */
  async #change(
    context: RequestContext,
    id: string,
    changes: readonly Change[] | ((image: Image) => Change[]),
  ): Promise<Image> {
    const { setAttribute, quotas } = this.#parts
    for (let attempt = 0; attempt < saveAttempts; attempt++) {
      const { image, memberId } = await this.#seen(context, id)
      const target = imageTarget(image, memberId)
      this.#policy.authorize('modify_image', target, context)
      const list = typeof changes === 'function' ? changes(image) : changes
      if (list.some(({ name, op }) => name === 'owner' && op !== 'remove') && !this.#isAdmin(context)) {
        throw forbidden("Owner can't be updated by non admin.", { code: 'owner_forbidden' })
      }
      const wanted = applyPatch(image, list, setAttribute)
      if (wanted.visibility !== image.visibility) this.#authorizeVisibility(context, wanted, target)
      assertWithinQuotas(quotas, wanted, image)
      const saved = await this.#store.save(image, wanted)
      if (saved) return saved
    }
    throw conflict(`Image ${id} is being changed by others, try again.`, { code: 'image_changed' })
  }

  /** Policy may narrow what the database's rule of visibility shows, and never widen it. */
  #allowsSight(context: RequestContext, image: Image, memberId: string | undefined): boolean {
    return this.#policy.check('get_image', imageTarget(image, memberId), policyCredentials(context))
  }

  #isAdmin(context: RequestContext): boolean {
    return this.#policy.check('context_is_admin', {}, policyCredentials(context))
  }

  #authorizeVisibility(
    context: RequestContext,
    { visibility }: ImageAttributes,
    target: Record<string, unknown>,
  ): void {
    const action = visibilityActions[visibility]
    if (action) this.#policy.authorize(action, target, context)
  }
}

/** Visibilities that need a policy action of their own. */
const visibilityActions: Partial<Record<string, string>> = {
  public: 'publicize_image',
  community: 'communitize_image',
}

function missing(id: string) {
  return notFound(`No image found with ID ${id}`, { code: 'image_not_found' })
}
