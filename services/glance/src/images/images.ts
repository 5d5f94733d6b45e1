import { badRequest, conflict, forbidden, notFound } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Image, ImageAttributes } from './image.ts'
import type { ListQuery } from './list-query.ts'
import { applyPatch, type Change } from './patch.ts'
import { imageTarget } from './policy.ts'
import { isImageId, setAttribute, type CreateRequest } from './schema.ts'
import type { ImageStore } from './store.ts'

/** As much of the policy as images need. */
export interface ImagePolicy {
  check(action: string, target: Record<string, unknown>, credentials: Record<string, unknown>): boolean
  /** @throws ApiError 403 */
  authorize(action: string, target: Record<string, unknown>, context: RequestContext): void
}

/** Where the data of images lies. */
export interface ImageFiles {
  /** Removes the data of an image; none is fine. */
  remove(id: string): Promise<void>
}

/** A page of a list. */
export interface ImageList {
  images: Image[]
  /** Ids of the page before policy took images out: where the next page begins. */
  ids: string[]
}

/** How often a change is computed again because the image changed under it. */
const saveAttempts = 5

/** The rules of images. */
export class Images {
  readonly #store: ImageStore
  readonly #policy: ImagePolicy
  readonly #files: ImageFiles
  readonly #randomUUID: () => string

  constructor(parts: {
    store: ImageStore
    policy: ImagePolicy
    files: ImageFiles
    randomUUID: () => string
  }) {
    this.#store = parts.store
    this.#policy = parts.policy
    this.#files = parts.files
    this.#randomUUID = parts.randomUUID
  }

  /** Makes an image without data. @throws ApiError 409 `image_exists`, 403, 400 as `setAttribute` */
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
    for (const [name, value] of request.attributes) setAttribute(draft, name, value)
    const target = {
      project_id: owner ?? undefined,
      owner: draft.owner ?? undefined,
      visibility: draft.visibility,
    }
    this.#policy.authorize('add_image', target, context)
    this.#authorizeOwner(context, owner, draft.owner)
    this.#authorizeVisibility(context, 'shared', draft)
    const id = request.id ?? this.#randomUUID()
    const image = await this.#store.insert(id, draft)
    if (!image) throw conflict(`Image ID ${id} already exists!`, { code: 'image_exists' })
    return image
  }

  /** The image, if the caller sees it. @throws ApiError 404 `image_not_found` */
  async show(context: RequestContext, id: string): Promise<Image> {
    const image = isImageId(id) ? await this.#store.get(id) : undefined
    if (!image || !this.#visible(context, image)) throw missing(id)
    return image
  }

  /** A page of the images that the caller sees. @throws ApiError 400 `marker_not_found` */
  async list(context: RequestContext, query: ListQuery): Promise<ImageList> {
    this.#policy.authorize('get_images', { project_id: context.projectId }, context)
    const audience = this.#isAdmin(context)
      ? ({ all: true } as const)
      : ({ all: false, projectId: context.projectId } as const)
    const images = await this.#store.list(query, audience)
    if (!images) throw badRequest('Invalid marker: no such image', { code: 'marker_not_found' })
    return {
      images: images.filter((image) => this.#visible(context, image)),
      ids: images.map(({ id }) => id),
    }
  }

  /** Applies a patch. @throws ApiError 403, 404, 409 `image_changed`, and as `applyPatch` */
  async patch(context: RequestContext, id: string, changes: readonly Change[]): Promise<Image> {
    return await this.#change(context, id, (image) => applyPatch(image, changes))
  }

  /** Sets or takes away one tag. @throws ApiError 403, 404 `tag_not_found`, 409 `image_changed`, 400 `invalid_body` */
  async tag(context: RequestContext, id: string, tag: string, isSet: boolean): Promise<void> {
    await this.#change(context, id, (image) => {
      if (!isSet && !image.tags.includes(tag))
        throw notFound(`Could not find tag ${tag}.`, { code: 'tag_not_found' })
      const others = image.tags.filter((other) => other !== tag)
      return applyPatch(image, [{ op: 'replace', name: 'tags', value: isSet ? [...others, tag] : others }])
    })
  }

  /** Deletes an image and its data. @throws ApiError 403 `image_protected`, 404, 409 `image_changed` */
  async delete(context: RequestContext, id: string): Promise<void> {
    const image = await this.authorized(context, id, 'delete_image')
    if (image.protected) {
      throw forbidden(`Image ${id} is protected and cannot be deleted.`, { code: 'image_protected' })
    }
    if (!(await this.#store.transition(id, 'delete'))) {
      if (!(await this.#store.get(id))) throw missing(id)
      throw conflict(`Image ${id} is being changed by others, try again.`, { code: 'image_changed' })
    }
    await this.#files.remove(id)
  }

  /** Forbids or allows the download. @throws ApiError 403 `image_status`, 404 */
  async setActive(context: RequestContext, id: string, action: 'deactivate' | 'reactivate'): Promise<void> {
    const image = await this.authorized(context, id, action)
    if (!(await this.#store.transition(id, action))) {
      throw forbidden(`Not allowed to ${action} image in status '${image.status}'`, { code: 'image_status' })
    }
  }

  /** The image, if the caller sees it and may do that to it. @throws ApiError 403, 404 `image_not_found` */
  async authorized(context: RequestContext, id: string, action: string): Promise<Image> {
    const image = await this.show(context, id)
    this.#policy.authorize(action, imageTarget(image), context)
    if (action === 'download_image' && image.status === 'deactivated' && !this.#isAdmin(context)) {
      throw forbidden('The requested image has been deactivated. Image data download is forbidden.', {
        code: 'image_deactivated',
      })
    }
    return image
  }

  /** Computes new attributes from the image as it is and stores them, again if it has changed meanwhile. */
  async #change(
    context: RequestContext,
    id: string,
    compute: (image: Image) => ImageAttributes,
  ): Promise<Image> {
    for (let attempt = 0; attempt < saveAttempts; attempt++) {
      const image = await this.authorized(context, id, 'modify_image')
      const wanted = compute(image)
      this.#authorizeOwner(context, image.owner, wanted.owner)
      this.#authorizeVisibility(context, image.visibility, wanted)
      const saved = await this.#store.save(image, wanted)
      if (saved) return saved
    }
    throw conflict(`Image ${id} is being changed by others, try again.`, { code: 'image_changed' })
  }

  /** Policy may narrow what the database's rule of visibility shows, and never widen it. */
  #visible(context: RequestContext, image: Image): boolean {
    const inSight =
      this.#isAdmin(context) ||
      image.visibility === 'public' ||
      image.visibility === 'community' ||
      (image.owner !== null && image.owner === context.projectId)
    return inSight && this.#policy.check('get_image', imageTarget(image), policyCredentials(context))
  }

  #isAdmin(context: RequestContext): boolean {
    return this.#policy.check('context_is_admin', {}, policyCredentials(context))
  }

  #authorizeOwner(context: RequestContext, from: string | null, to: string | null): void {
    if (from !== to && !this.#isAdmin(context)) {
      throw forbidden('You are not permitted to give images to another project.', { code: 'owner_forbidden' })
    }
  }

  #authorizeVisibility(context: RequestContext, from: string, wanted: ImageAttributes): void {
    if (wanted.visibility === from) return
    const action = visibilityActions[wanted.visibility]
    if (action)
      this.#policy.authorize(
        action,
        { project_id: wanted.owner ?? undefined, owner: wanted.owner ?? undefined },
        context,
      )
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
