import type { deviations } from '@longhaul/keystonemiddleware'
import type { Combination, OptionSet } from './combinations.ts'

/** What a client and the application behind auth_token see of one request. */
export interface Sight {
  status: number
  challenge: string | undefined
  /** Of a rejection. */
  body: string | undefined
  /** Identity headers that the application saw, by lower-case name; undefined: it was not called, or for HEAD. */
  saw: Record<string, string> | undefined
}

type Code = keyof typeof deviations

const scope = 'openstack-system-scope'

/** What ours has to answer. */
export interface Due {
  codes: Code[]
  /** undefined: access rules refuse the user, whatever the original says; see {@link isRefused}. */
  sight: Sight | undefined
}

/** The original's answer, changed to what ours has to be by the table of deviations. */
export function dueOf(combination: Combination, options: OptionSet, theirs: Sight): Due {
  const code = accessRulesCode(combination, options, theirs)
  if (code) return { codes: [code], sight: undefined }
  if (!theirs.saw) return { codes: [], sight: theirs }
  const confirmed = theirs.saw['x-identity-status'] === 'Confirmed'
  const due = confirmed && combination.user.data?.system?.all ? 'all' : undefined
  if (theirs.saw[scope] === due) return { codes: [], sight: theirs }
  const { [scope]: _theirs, ...saw } = theirs.saw
  return { codes: ['D4'], sight: { ...theirs, saw: due ? { ...saw, [scope]: due } : saw } }
}

/** Whether an application was not called, or was told that the user is nobody. */
export function isRefused({ status, saw }: Sight, { delay_auth_decision: delay }: OptionSet): boolean {
  if (delay !== 'true') return status === 401
  return (
    status === 200 && (!saw || (saw['x-identity-status'] === 'Invalid' && saw['x-user-id'] === undefined))
  )
}

/** Whether access rules are what both see differently: ours refuses, the original confirms or fails. */
function accessRulesCode(
  { user, service, method, path }: Combination,
  options: OptionSet,
  theirs: Sight,
): Code | undefined {
  const rules = user.data?.application_credential?.access_rules
  if (!rules || !options['service_type']) return undefined
  if (theirs.status === 500) return options['include_service_catalog'] === 'false' ? 'D6' : undefined
  if (theirs.saw ? theirs.saw['x-identity-status'] !== 'Confirmed' : theirs.status !== 200) return undefined
  const roles = options['service_token_roles']!.split(',')
  const now = Date.now()
  const byRole =
    service.data !== undefined &&
    Date.parse(service.data.expires_at) > now &&
    service.data.roles!.some(({ name }) => roles.includes(name)) &&
    (theirs.saw?.['x-service-identity-status'] ?? 'Confirmed') === 'Confirmed'
  if (byRole) return undefined
  const covered = rules.some(
    (rule) =>
      rule.method === method && coversLiterally(rule.path, path.split('?', 1)[0]!.replace('%73', 's')),
  )
  if (covered) return undefined
  return service.sent?.trim() ? 'D5' : 'D6'
}

// Enough for the patterns of the combinations.
function coversLiterally(pattern: string, path: string): boolean {
  if (pattern === '/**') return true
  if (pattern.endsWith('/*'))
    return /^[^/]+$/.test(path.slice(pattern.length - 1)) && path.startsWith(pattern.slice(0, -1))
  return pattern === path
}
