import { discoverVersions, type ApiVersion } from './discovery.ts'
import { DiscoveryFailure, HttpError, isRetriable } from './errors.ts'
import type { PluginSession } from './plugin-session.ts'

interface Kept {
  versions: Promise<readonly ApiVersion[] | undefined>
  until: number
}

const keptForMilliseconds = 300_000
const mostKept = 100
const kept = new WeakMap<PluginSession, Map<string, Kept>>()

/**
 * The versions that a URL tells of, asked once by all who want to know, and kept for five minutes; a hundred URLs a session.
 * Passing failures, and refusals of the one who asks, are not kept.
 *
 * @param headers for a service that tells its versions only to those it knows
 * @returns undefined when there is no version document
 * @throws ConnectFailure and its like
 */
export async function versionsAt(
  session: PluginSession,
  url: string,
  headers: Record<string, string>,
): Promise<readonly ApiVersion[] | undefined> {
  const known = kept.get(session) ?? new Map<string, Kept>()
  kept.set(session, known)
  const now = session.now().getTime()
  const found = known.get(url)
  if (found && now < found.until) return found.versions
  const entry: Kept = { versions: ask(session, url, headers, forget), until: now + keptForMilliseconds }
  known.delete(url)
  known.set(url, entry)
  if (known.size > mostKept) known.delete(known.keys().next().value!)
  return entry.versions

  function forget(): void {
    if (known.get(url) === entry) known.delete(url)
  }
}

async function ask(
  session: PluginSession,
  url: string,
  headers: Record<string, string>,
  forget: () => void,
): Promise<readonly ApiVersion[] | undefined> {
  try {
    return await discoverVersions(session, url, headers)
  } catch (error) {
    if (!(error instanceof DiscoveryFailure)) {
      forget()
      throw error
    }
    const { cause } = error
    const refused = cause instanceof HttpError && [401, 403].includes(cause.status)
    if (refused || isRetriable(error)) forget()
    return undefined
  }
}
