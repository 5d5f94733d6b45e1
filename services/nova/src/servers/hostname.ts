/** Longest label of a host. @see RFC 1123 */
const longest = 63

/**
 * The hostname that follows from a server's name.
 *
 * @param id for a name without any character that a hostname may have
 * @param index place among the servers of one request; undefined: it is the only one
 * @see openstack/nova nova/utils.py, sanitize_hostname
 */
export function hostnameOf(name: string, id: string, index?: number): string {
  const label = name
    // Only letters of Latin-1 are kept.
    .replaceAll(/[^\0-\xff]/gu, '')
    .slice(0, longest)
    .replaceAll(/[ _.]/g, '-')
    .replaceAll(/[^\p{L}\p{N}.-]+/gu, '')
    .toLowerCase()
    .replaceAll(/^[.-]+|[.-]+$/g, '')
  if (label === '') return `Server-${id}`
  return index === undefined ? label : `${label}-${index + 1}`
}
