import { requestTooLarge } from '@longhaul/oslo/api'

/** How much an image may carry; a negative number is no limit. */
export interface ImageQuotas {
  /** `image_property_quota` */
  properties: number
  /** `image_tag_quota` */
  tags: number
}

/**
 * @param before what the image had; only more of it is refused, so that a quota that was lowered lets an image be changed
 * @throws ApiError 413 `property_quota_exceeded`, `tag_quota_exceeded`
 * @see openstack/glance glance/quota/__init__.py
 */
export function assertWithinQuotas(
  quotas: ImageQuotas,
  wanted: { properties: ReadonlyMap<string, string>; tags: readonly string[] },
  before?: { properties: ReadonlyMap<string, string>; tags: readonly string[] },
): void {
  const addsProperty = [...wanted.properties.keys()].some((name) => !before?.properties.has(name))
  if (addsProperty)
    assertAtMost(quotas.properties, wanted.properties.size, 'property_quota_exceeded', 'image properties')
  const addsTag = wanted.tags.some((tag) => !before?.tags.includes(tag))
  if (addsTag) assertAtMost(quotas.tags, wanted.tags.length, 'tag_quota_exceeded', 'image tags')
}

function assertAtMost(maximum: number, attempted: number, code: string, what: string): void {
  if (maximum < 0 || attempted <= maximum) return
  throw requestTooLarge(
    `The limit has been exceeded on the number of allowed ${what}. Attempted: ${attempted}, Maximum: ${maximum}`,
    { code },
  )
}
