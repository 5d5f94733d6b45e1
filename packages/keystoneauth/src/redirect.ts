import { RedirectRefused } from './errors.ts'
import { withoutSecrets, type Response } from './response.ts'

const redirects = new Set([301, 302, 303, 305, 307, 308])

/**
 * Where a redirect leads, within the origin of the request. The method and the body go along with every status.
 *
 * @param replayable whether the body can be sent again
 * @returns undefined when the answer is no redirect or names no place
 * @throws RedirectRefused when it leads to another origin: what the request carries is not for it; when the body is gone
 */
export function nextHop(response: Response, from: string, replayable: boolean): string | undefined {
  const location = response.headers['location']
  if (!redirects.has(response.status) || !location || !URL.canParse(location, from)) return undefined
  const target = new URL(location, from)
  const place = withoutSecrets(from)
  if (target.origin !== new URL(from).origin) {
    throw new RedirectRefused(`${place} redirects to another origin, ${target.origin}: not followed`)
  }
  if (!replayable) throw new RedirectRefused(`${place} redirects, but the body cannot be sent again`)
  return target.href
}
